"""Pictures changed by random operations of one strength."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers import _tone
from mmkeras.layers._affine import resample, to_source
from mmkeras.layers._color import luma
from mmkeras.layers._image import (
    ImageAugmentation,
    check_interval,
    check_within,
    per_example,
)

# The paper's, in the order of their numbers.
OPERATIONS = (
    "identity",
    "auto_contrast",
    "equalize",
    "rotate",
    "solarize",
    "color",
    "posterize",
    "contrast",
    "brightness",
    "sharpness",
    "shear_x",
    "shear_y",
    "translate_x",
    "translate_y",
)
STRONGEST = 30  # The paper's scale of magnitudes.
# At the strongest; AutoAugment's (2019, arXiv:1805.09501, table 6).
DEGREES = 30.0
SHEAR = 0.3
SHIFT = 150 / 331  # Of its pictures' side.
ENHANCE = 0.9
BITS_LOST = 4
GREY = 128.0  # What there is outside, as in the paper's code.


@keras.saving.register_keras_serializable("mmkeras")
class RandAugment(ImageAugmentation):
    """Changes each picture by its own few random operations, in training.

    Of 14, each picture draws `num_ops`, with repetition: identity, auto contrast,
    equalise, rotate, solarise, colour, posterise, contrast, brightness, sharpness,
    shear and translate in x and y. All have one strength: two numbers to tune, and
    a strong default for photos.

    With `m = magnitude / 30`: rotation by 30 m degrees, shear by 0.3 m, translation
    by 0.45 m of the side, blends with black, grey, mean grey or the smoothed
    picture by `1 + 0.9 m`, each to either side; posterised to `8 - round(4 m)`
    bits; inverted from `256 (1 - m)` on. Outside the picture it is grey (128).

    What differs from the paper's code: the changes of place are done together, in
    one resampling after those of values, so that no picture is blurred twice; blends
    go both ways; values are not rounded in between; and a magnitude is a share of
    the strongest, where the code goes on beyond it from 10.

    Args:
        num_ops: operations a picture.
        magnitude: strength, 0 to 30.
        value_range: of the pixels, black and white.
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`, integers or floats in `value_range`, RGB
        or grey, which `color` leaves as it is.

    Output shape:
        The same; float32 of integers, whose range it keeps.

    Raises:
        ValueError: for an argument out of its range, or inputs that are no
            pictures.
        TypeError: for an argument of another type.

    Example:
        >>> x = np.full((1, 1, 1, 1), 250.0, "float32")
        >>> solarize = {"operation": [[4, 0]], "sign": [[1.0, 1.0]]}
        >>> float(RandAugment().apply(x, solarize)[0, 0, 0, 0])
        5.0

    Reference:
        Cubuk et al., "RandAugment", 2020, NeurIPS, arXiv:1909.13719.
    """

    def __init__(
        self, num_ops=2, magnitude=9.0, value_range=(0, 255), seed=None, **kwargs
    ):
        super().__init__(seed=seed, **kwargs)
        _checks.check_positive_int("RandAugment", "num_ops", num_ops)
        check_within("RandAugment", "magnitude", magnitude, 0, STRONGEST)
        check_interval("RandAugment", "value_range", value_range)
        self.num_ops = num_ops
        self.magnitude = magnitude
        self.value_range = value_range

    def draw(self, inputs):
        drawn = self._uniform((ops.shape(inputs)[0], 2, self.num_ops))
        number = ops.floor(drawn[:, 0] * len(OPERATIONS))
        number = ops.minimum(number, len(OPERATIONS) - 1)
        sign = ops.where(drawn[:, 1] < 0.5, -1.0, 1.0)
        return {"operation": ops.cast(number, "int32"), "sign": sign}

    def apply(self, inputs, drawn):
        operations = ops.convert_to_tensor(drawn["operation"], "int32")
        signs = ops.convert_to_tensor(drawn["sign"], "float32")
        low, high = self.value_range
        scale = _tone.WHITE / (high - low)
        plain = (low, scale) == (0, 1)
        x = inputs if plain else (inputs - low) * scale
        matrix = None
        for i in range(self.num_ops):
            operation, sign = operations[:, i], signs[:, i]
            x = self._recolored(x, operation, sign)
            step = self._moved(x.shape[1:3], operation, sign)
            # The last step's places are looked up in the first one's result.
            matrix = step if matrix is None else ops.matmul(matrix, step)
        x = resample(x, matrix, fill_value=GREY)
        return x if plain else x / scale + low

    def _recolored(self, x, operation, sign):
        """Each picture by its operation, if that changes values."""
        m = self.magnitude / STRONGEST

        def drawn(name):
            return per_example(ops.equal(operation, OPERATIONS.index(name)))

        grey = luma(x)
        base = ops.where(drawn("color"), grey, ops.zeros_like(grey))
        mean = ops.mean(grey, axis=(1, 2), keepdims=True)
        base = ops.where(drawn("contrast"), mean, base)
        factor = 1 + ENHANCE * m * per_example(sign)
        blends = ops.logical_or(drawn("brightness"), drawn("contrast"))
        if x.shape[-1] > 1:
            blends = ops.logical_or(blends, drawn("color"))
        x = _tone.blend(x, base, ops.where(blends, factor, 1.0))
        x = _tone.sharpen(x, ops.where(drawn("sharpness"), factor, 1.0))
        x = _tone.stretch(x, drawn("auto_contrast"))
        quantum = float(2 ** round(BITS_LOST * m))
        x = _tone.posterize(x, ops.where(drawn("posterize"), quantum, 0.0))
        threshold = _tone.LEVELS * (1 - m)
        x = _tone.solarize(x, ops.where(drawn("solarize"), threshold, _tone.LEVELS))
        return _tone.equalize(x, drawn("equalize"))

    def _moved(self, size, operation, sign):
        """Each picture's matrix: that of no change unless it is to be moved."""
        height, width = size
        level = sign * (self.magnitude / STRONGEST)

        def amount(name, strongest):
            chosen = ops.equal(operation, OPERATIONS.index(name))
            return ops.where(chosen, strongest * level, ops.zeros_like(level))

        return to_source(
            amount("rotate", DEGREES),
            ops.ones_like(level),
            amount("shear_x", SHEAR),
            amount("shear_y", SHEAR),
            amount("translate_x", SHIFT * width),
            amount("translate_y", SHIFT * height),
        )
