"""Pictures rotated, zoomed, sheared and shifted at once."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._affine import FILLS, resample, to_source
from mmkeras.layers._image import ImageAugmentation, check_within


@keras.saving.register_keras_serializable("mmkeras")
class RandomAffine(ImageAugmentation):
    """Rotates, zooms, shears and shifts each picture about its centre, in training.

    A place `p` goes to `R S z p + t`, in pixels from the centre: by an angle in
    `R`, by `S = [[1, k], [l, 1]]`, a factor `z` and a shift `t`, all drawn uniformly
    for each picture. One bilinear resampling does it all, so a picture is blurred
    once, not four times.

    Args:
        rotation: largest angle in degrees, to either side.
        zoom: largest share by which it grows or shrinks.
        shear: largest shear, pixels a pixel, in x and y by themselves.
        translation: largest shift, as a share of the height and of the width.
        fill: what there is outside the picture: `"constant"`, `"nearest"` (the
            outermost pixel) or `"reflect"` (mirrored, without that pixel).
        fill_value: of `"constant"`.
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`, integers or floats, 1 or 3 channels.

    Output shape:
        The same; float32 of integers, whose range it keeps.

    Raises:
        ValueError: for an argument out of its range, or inputs that are no
            pictures.
        TypeError: for an argument of another type.

    Example:
        >>> x = np.array([[[[7.0], [8.0], [9.0]]]], "float32")
        >>> turn = {"rotation": [180.0], "zoom": [1.0]}
        >>> stay = {"shear": [[0.0, 0.0]], "translation": [[0.0, 0.0]]}
        >>> RandomAffine().apply(x, turn | stay).numpy().ravel().round(3).tolist()
        [9.0, 8.0, 7.0]

    Reference:
        Jaderberg et al., "Spatial Transformer Networks", 2015, arXiv:1506.02025
        (bilinear sampling at the places of an affine map).
    """

    def __init__(
        self,
        rotation=15.0,
        zoom=0.1,
        shear=0.1,
        translation=0.1,
        fill="constant",
        fill_value=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        check_within("RandomAffine", "rotation", rotation, 0, 180)
        _checks.check_fraction("RandomAffine", "zoom", zoom)
        _checks.check_fraction("RandomAffine", "shear", shear)
        check_within("RandomAffine", "translation", translation, 0, 1)
        _checks.check_choice("RandomAffine", "fill", fill, FILLS)
        check_within("RandomAffine", "fill_value", fill_value, -1e9, 1e9)
        self.rotation = rotation
        self.zoom = zoom
        self.shear = shear
        self.translation = translation
        self.fill = fill
        self.fill_value = fill_value

    def draw(self, inputs):
        drawn = self._uniform((ops.shape(inputs)[0], 6), -1.0, 1.0)
        return {
            "rotation": self.rotation * drawn[:, 0],
            "zoom": 1 + self.zoom * drawn[:, 1],
            "shear": self.shear * drawn[:, 2:4],
            "translation": self.translation * drawn[:, 4:],
        }

    def apply(self, inputs, drawn):
        names = ("rotation", "zoom", "shear", "translation")
        rotation, zoom, shear, translation = (
            ops.convert_to_tensor(drawn[name], "float32") for name in names
        )
        height, width = inputs.shape[1:3]
        matrix = to_source(
            rotation,
            zoom,
            shear[:, 0],
            shear[:, 1],
            width * translation[:, 0],
            height * translation[:, 1],
        )
        return resample(inputs, matrix, self.fill, self.fill_value)
