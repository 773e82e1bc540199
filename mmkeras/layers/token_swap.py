"""Neighbouring tokens that change places in training."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._augmentation import Augmentation


@keras.saving.register_keras_serializable("mmkeras")
class TokenSwap(Augmentation):
    """Swaps neighbouring tokens in training, so that their exact order counts less.

    Each row is cut into pairs, from its first or from its second token on with even
    odds, and each pair is swapped with probability `rate`. So a token moves with
    that probability, by one place, and never twice. Padding (id 0) stays, and its
    neighbour with it.

    Args:
        rate: probability of each pair, in [0, 1).
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, tokens)`, integer ids; 0 is padding.

    Output shape:
        That of the input, in its dtype.

    Raises:
        ValueError: for a rate out of its range, or an input that is not
            `(batch, tokens)`.
        TypeError: for an argument of another type.

    Example:
        >>> ids = np.array([[5, 6, 7, 8, 0]])
        >>> first = np.array([[False, True, False, True, False]])
        >>> TokenSwap().apply(ids, {"first": first}).numpy().tolist()
        [[5, 7, 6, 8, 0]]

    Reference:
        Artetxe et al., "Unsupervised Neural Machine Translation", 2018, ICLR,
        arXiv:1710.11041 (swaps of neighbours as noise).
    """

    moves_values = True

    def __init__(self, rate=0.1, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        _checks.check_fraction("TokenSwap", "rate", rate)
        self.rate = rate

    def build(self, input_shape):
        self._check_rank(input_shape, 2, "(batch, tokens)")
        self.built = True

    def draw(self, inputs):
        """`first`: which places swap with the next one, bool `(batch, tokens)`."""
        batch, tokens = ops.shape(inputs)
        odd = self._uniform((batch, 1)) < 0.5
        position = ops.arange(tokens, dtype="int32")[None]
        first = ops.equal(ops.mod(position, 2), ops.cast(odd, "int32"))
        chosen = self._uniform((batch, tokens)) < self.rate
        return {"first": ops.logical_and(first, chosen)}

    def apply(self, inputs, drawn):
        """Swap the pairs of two tokens."""
        # Beyond the ends is padding, with which nothing swaps.
        none = ops.zeros_like(inputs[:, :1])
        after = ops.concatenate([inputs[:, 1:], none], axis=1)
        before = ops.concatenate([none, inputs[:, :-1]], axis=1)
        tokens = ops.logical_and(ops.not_equal(inputs, 0), ops.not_equal(after, 0))
        first = ops.logical_and(drawn["first"], tokens)
        second = ops.concatenate([ops.zeros_like(first[:, :1]), first[:, :-1]], axis=1)
        return ops.where(first, after, ops.where(second, before, inputs))
