"""Examples blended in pairs."""

import keras

from mmkeras.layers._mixing import Mixing


@keras.saving.register_keras_serializable("mmkeras")
class MixUp(Mixing):
    """Mixes examples of the batch in training: blends each with another, labels too.

    `y[i] = s[i] x[i] + (1 - s[i]) x[p[i]]` for every tensor alike, of a permutation
    `p` of the batch and shares `s` from Beta(alpha, alpha). With a small alpha most
    are nearly whole. For any modality that is numbers, and for one-hot labels or
    targets; train with a loss that takes soft labels.

    Where several inputs of an example are mixed, they must be by the same draws:
    pass them as one dict, or call `draw` once, and `mix` for each.

    Args:
        alpha: above 0; 0.2 is the paper's for photos.
        keep_main: whether the larger share is always the example's own
            (`max(s, 1 - s)`; the pairs are the same ones), so that what is not
            mixed, like `present`, goes with it.
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, ...)` tensors, floats or integers of 8 or 16 bits.

    Output shape:
        The same dict; float32 of integers, whose range it keeps.

    Raises:
        ValueError: for an alpha of 0 or less.
        TypeError: for an argument of another type, inputs that are no dict, or ids
            among them.

    Example:
        >>> layer = MixUp()
        >>> drawn = {"partner": [1, 0], "share": [0.75, 1.0]}
        >>> layer.mix(np.array([[0.0], [8.0]]), drawn).numpy().tolist()
        [[2.0], [8.0]]

    Reference:
        Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018, ICLR,
        arXiv:1710.09412.
    """

    def __init__(self, alpha=0.2, keep_main=True, seed=None, **kwargs):
        super().__init__(alpha, keep_main, seed, **kwargs)
