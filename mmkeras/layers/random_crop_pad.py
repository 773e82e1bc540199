"""Pictures shifted by whole pixels."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._affine import FILLS, fold, take_pixels
from mmkeras.layers._image import ImageAugmentation


@keras.saving.register_keras_serializable("mmkeras")
class RandomCropPad(ImageAugmentation):
    """Pads each picture, then crops it at a random place to its size, in training.

    The usual augmentation of small pictures (CIFAR: 4 pixels of 32). Every offset
    from 0 to `2 padding` is as likely, in height and width by themselves. No value
    is computed: it is a shift by whole pixels.

    Args:
        padding: pixels added at each side.
        fill: what there is outside the picture: `"constant"` (0), `"nearest"` (the
            outermost pixel) or `"reflect"` (mirrored, without that pixel).
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`, any numbers, 1 or 3 channels.

    Output shape:
        The same, of the same dtype.

    Raises:
        ValueError: for a padding below 1, an unknown fill, or inputs that are no
            pictures.
        TypeError: for an argument of another type.

    Example:
        >>> x = np.array([[[[7], [8], [9]]]])
        >>> layer = RandomCropPad(1)
        >>> drawn = {"top": np.array([1]), "left": np.array([0])}
        >>> layer.apply(x, drawn).numpy().ravel().tolist()
        [0, 7, 8]

    Reference:
        He et al., 2015, arXiv:1512.03385, section 4.2.
    """

    moves_values = True

    def __init__(self, padding=4, fill="constant", seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        _checks.check_positive_int("RandomCropPad", "padding", padding)
        _checks.check_choice("RandomCropPad", "fill", fill, FILLS)
        self.padding = padding
        self.fill = fill

    def draw(self, inputs):
        places = 2 * self.padding + 1
        drawn = ops.floor(self._uniform((ops.shape(inputs)[0], 2)) * places)
        drawn = ops.cast(ops.minimum(drawn, places - 1), "int32")
        return {"top": drawn[:, 0], "left": drawn[:, 1]}

    def apply(self, inputs, drawn):
        inputs = ops.convert_to_tensor(inputs)
        height, width = inputs.shape[1:3]
        y = self._places(drawn["top"], height)
        x = self._places(drawn["left"], width)
        rows, columns = fold(y, height, self.fill), fold(x, width, self.fill)
        found = take_pixels(inputs, rows, columns)
        if self.fill != "constant":
            return found
        inside = ops.logical_and(
            ops.equal(y, rows)[:, :, None], ops.equal(x, columns)[:, None, :]
        )
        return ops.where(inside[..., None], found, ops.zeros_like(found))

    def _places(self, offset, size):
        offset = ops.cast(offset, "int32")[:, None]
        return offset - self.padding + ops.arange(size, dtype="int32")[None]
