"""Pixels in 0..255 as floats that a network likes."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers import imagenet_preprocessing
from mmkeras.layers._color import luma
from mmkeras.layers._image import check_pictures

WHITE = 255.0
MODES = ("grey", "imagenet", "signed", "standardize", "unit")


@keras.saving.register_keras_serializable("mmkeras")
class ImageNormalize(keras.layers.Layer):
    """Maps pixels in 0..255 to small float32 numbers.

    The first layer behind decoded pictures, and after their augmentation. By mode:

    - `"unit"`: `x / 255`, in [0, 1];
    - `"signed"`: `x / 127.5 - 1`, in [-1, 1];
    - `"standardize"`: `(x - mean) / std`, of each channel over the training split;
    - `"imagenet"`: the same with the mean and standard deviation of ImageNet;
    - `"grey"`: one channel `(0.299 R + 0.587 G + 0.114 B) / 255`, in [0, 1].

    `ImagenetPreprocessing` goes before a network of `keras.applications` instead:
    it takes pixels in [0, 1], and does to them what those weights were trained
    with, which is `"imagenet"` for some of them only (its mode `"torch"`).

    The output is float32 under every dtype policy, unless `dtype` is given.

    Args:
        mode: `"unit"`, `"signed"`, `"standardize"`, `"imagenet"` or `"grey"`.
        mean: per channel in 0..255, for `"standardize"` alone.
        std: per channel in 0..255, above 0, for `"standardize"` alone.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`, uint8 or floats in 0..255, RGB or grey.

    Output shape:
        The same, float32. `"grey"` has one channel, `"imagenet"` three: a grey
        picture is taken as one of three equal channels.

    Raises:
        ValueError: for an unknown mode, statistics that are missing, not asked for
            or of other channels, or inputs that are no pictures.
        TypeError: for statistics that are no numbers.

    Example:
        >>> white = np.full((1, 2, 2, 3), 255, "uint8")
        >>> float(ImageNormalize("signed")(white)[0, 0, 0, 0])
        1.0
        >>> ImageNormalize("grey")(white).shape
        TensorShape([1, 2, 2, 1])

    Reference:
        ITU-R Recommendation BT.601 (the weights of grey); Deng et al., "ImageNet",
        2009, CVPR.
    """

    def __init__(self, mode="unit", mean=None, std=None, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.autocast = False  # float16 holds 255 to an eighth of a level only.
        _checks.check_choice("ImageNormalize", "mode", mode, MODES)
        for name, values in (("mean", mean), ("std", std)):
            _check_statistics(name, values, mode)
        self.mode = mode
        self.mean = mean
        self.std = std

    def build(self, input_shape):
        check_pictures("ImageNormalize", input_shape)
        channels = input_shape[-1]
        for name in ("mean", "std"):
            values = getattr(self, name)
            if values is not None and len(values) != channels:
                raise _checks.bad_value(
                    "ImageNormalize",
                    name,
                    f"one number for each of the {channels} channels",
                    values,
                    "Learn it from pictures of the same channels.",
                )
        self.built = True

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        if self.mode == "grey":
            x = luma(x)
        shift, scale = self._shift_and_scale()
        x = (x - ops.convert_to_tensor(shift, "float32")) / ops.convert_to_tensor(
            scale, "float32"
        )
        return ops.cast(x, self.compute_dtype)

    def _shift_and_scale(self):
        if self.mode == "standardize":
            return self.mean, self.std
        if self.mode == "imagenet":
            mean, std = imagenet_preprocessing.MEAN, imagenet_preprocessing.DEVIATION
            return [WHITE * m for m in mean], [WHITE * s for s in std]
        if self.mode == "signed":
            return [WHITE / 2], [WHITE / 2]
        return [0.0], [WHITE]

    def compute_output_shape(self, input_shape):
        channels = {"grey": 1, "imagenet": 3}.get(self.mode, input_shape[-1])
        return (*input_shape[:-1], channels)


def _check_statistics(name, values, mode):
    if (values is not None) != (mode == "standardize"):
        raise _checks.bad_value(
            "ImageNormalize",
            name,
            f"{'given' if values is None else 'left out'} with mode='{mode}'",
            values,
            "Pass the training split's with mode='standardize', and only then.",
        )
    if values is None:
        return
    if not isinstance(values, list | tuple):
        raise _checks.bad_type(
            "ImageNormalize", name, "a list of numbers, one a channel", values
        )
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _checks.bad_type("ImageNormalize", name, "numbers", values)
        if name == "std":
            _checks.check_positive("ImageNormalize", name, value)
