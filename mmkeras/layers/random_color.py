"""Pictures in another light."""

import keras
from keras import ops

from mmkeras.layers._color import change_color
from mmkeras.layers._image import (
    ImageAugmentation,
    check_interval,
    check_within,
    per_example,
)


@keras.saving.register_keras_serializable("mmkeras")
class RandomColor(ImageAugmentation):
    """Changes brightness, contrast, saturation and hue of each picture, in training.

    In this order, each drawn uniformly for each picture, and the result kept in the
    range:

    - `x + b (high - low)`, b in [-brightness, brightness];
    - `m + c (x - m)`, m the channel's mean, c in [1 - contrast, 1 + contrast];
    - HSV's saturation times a factor in [1 - saturation, 1 + saturation];
    - HSV's hue turned by a share of the circle in [-hue, hue].

    A grey picture has no colour: the last two leave it as it is. The order is that
    of every picture; `ColorJitter` elsewhere shuffles it.

    Args:
        brightness: largest change, as a share of the range.
        contrast: largest change of the factor.
        saturation: largest change of the factor.
        hue: largest turn, as a share of the circle, up to 0.5.
        value_range: of the pixels, black and white.
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`, integers or floats in `value_range`, RGB
        or grey.

    Output shape:
        The same; float32 of integers, whose range it keeps.

    Raises:
        ValueError: for an argument out of its range, or inputs that are no
            pictures.
        TypeError: for an argument of another type.

    Example:
        >>> red = np.array([[[[200.0, 0.0, 0.0]]]], "float32")
        >>> same = {"brightness": [0.0], "contrast": [1.0], "saturation": [1.0]}
        >>> green = RandomColor().apply(red, same | {"hue": [1 / 3]})
        >>> green.numpy().ravel().round(2).tolist()
        [0.0, 200.0, 0.0]

    Reference:
        Smith, "Color Gamut Transform Pairs", 1978, SIGGRAPH (HSV); Howard, 2013,
        arXiv:1312.5402 (colours changed in training).
    """

    moves_pixels = False

    def __init__(
        self,
        brightness=0.2,
        contrast=0.2,
        saturation=0.2,
        hue=0.02,
        value_range=(0, 255),
        seed=None,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        check_within("RandomColor", "brightness", brightness, 0, 1)
        check_within("RandomColor", "contrast", contrast, 0, 1)
        check_within("RandomColor", "saturation", saturation, 0, 1)
        check_within("RandomColor", "hue", hue, 0, 0.5)
        check_interval("RandomColor", "value_range", value_range)
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation
        self.hue = hue
        self.value_range = value_range

    def draw(self, inputs):
        drawn = self._uniform((ops.shape(inputs)[0], 4), -1.0, 1.0)
        return {
            "brightness": self.brightness * drawn[:, 0],
            "contrast": 1 + self.contrast * drawn[:, 1],
            "saturation": 1 + self.saturation * drawn[:, 2],
            "hue": self.hue * drawn[:, 3],
        }

    def apply(self, inputs, drawn):
        brightness, contrast, saturation, hue = (
            per_example(ops.convert_to_tensor(drawn[name], "float32"))
            for name in ("brightness", "contrast", "saturation", "hue")
        )
        low, high = self.value_range
        white = high - low
        x = inputs - low if low else inputs
        if self.brightness:
            x = ops.clip(x + white * brightness, 0, white)
        if self.contrast:
            mean = ops.mean(x, axis=(1, 2), keepdims=True)
            x = ops.clip(mean + contrast * (x - mean), 0, white)
        if x.shape[-1] > 1 and (self.saturation or self.hue):
            x = change_color(x, saturation, hue)
        return x + low if low else x
