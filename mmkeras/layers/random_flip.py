"""Pictures mirrored by chance."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._affine import take_pixels
from mmkeras.layers._image import ImageAugmentation

MODES = ("both", "horizontal", "vertical")


@keras.saving.register_keras_serializable("mmkeras")
class RandomFlip(ImageAugmentation):
    """Mirrors each picture with probability 1/2, in training.

    `"horizontal"` swaps left and right: right for most photos, wrong for digits and
    letters. With `"both"` the two mirrors are drawn one by one, so a picture in
    four stays as it is.

    Args:
        mode: `"horizontal"`, `"vertical"` or `"both"`.
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`, any numbers, 1 or 3 channels.

    Output shape:
        The same, of the same dtype.

    Raises:
        ValueError: for an unknown mode, or inputs that are no pictures.
        TypeError: for a seed that is no whole number.

    Example:
        >>> x = np.arange(3).reshape(1, 1, 3, 1)
        >>> layer = RandomFlip()
        >>> flipped = layer.apply(x, {"horizontal": np.array([True])})
        >>> flipped.numpy().ravel().tolist()
        [2, 1, 0]

    Reference:
        Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural
        Networks", 2012, NeurIPS, section 4.1.
    """

    moves_values = True

    def __init__(self, mode="horizontal", seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        _checks.check_choice("RandomFlip", "mode", mode, MODES)
        self.mode = mode

    def draw(self, inputs):
        names = ["horizontal", "vertical"] if self.mode == "both" else [self.mode]
        drawn = self._uniform((ops.shape(inputs)[0], len(names)))
        return {name: drawn[:, i] < 0.5 for i, name in enumerate(names)}

    def apply(self, inputs, drawn):
        inputs = ops.convert_to_tensor(inputs)
        return take_pixels(
            inputs,
            _places(inputs.shape[1], drawn.get("vertical"), inputs),
            _places(inputs.shape[2], drawn.get("horizontal"), inputs),
        )


def _places(size, mirrored, inputs):
    """`(batch, size)`: 0 and up, or from the last one down."""
    places = ops.arange(size, dtype="int32")[None]
    if mirrored is None:
        return ops.tile(places, (ops.shape(inputs)[0], 1))
    return ops.where(
        ops.convert_to_tensor(mirrored)[:, None], size - 1 - places, places
    )
