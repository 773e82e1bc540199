"""Pixels as the published networks expect them."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._image import check_pictures

# Of the RGB pixels of ImageNet in [0, 1], and of its BGR pixels in [0, 255]: the
# numbers that the published weights were trained with.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
MEAN_BGR = (103.939, 116.779, 123.68)
WHITE = 255.0

# What pixels in [0, 1] are multiplied with, and what is added then.
MODES = {
    "caffe": ((WHITE,) * 3, tuple(-mean for mean in MEAN_BGR)),
    "scale": ((WHITE,) * 3, (0.0,) * 3),
    "tf": ((2.0,) * 3, (-1.0,) * 3),
    "torch": (
        tuple(1 / deviation for deviation in DEVIATION),
        tuple(-m / d for m, d in zip(MEAN, DEVIATION, strict=True)),
    ),
}


@keras.saving.register_keras_serializable("mmkeras")
class ImagenetPreprocessing(keras.layers.Layer):
    """Maps pixels in [0, 1] to what a network of `keras.applications` expects.

    As its `preprocess_input` does with pixels in [0, 255]. By mode:

    - `"caffe"`: `255 x - mean`, the channels turned to BGR first;
    - `"tf"`: `2 x - 1`;
    - `"torch"`: `(x - mean) / deviation`, with ImageNet's by channel;
    - `"scale"`: `255 x`, for networks that have the rest inside.

    A grey picture is taken as one of three equal channels.

    Args:
        mode: `"caffe"`, `"tf"`, `"torch"` or `"scale"`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`, floats in [0, 1], RGB or grey.

    Output shape:
        `(batch, height, width, 3)`.

    Raises:
        ValueError: for an unknown mode, or pictures of other than 1 or 3 channels.

    Example:
        >>> x = ImagenetPreprocessing("tf")(np.ones((1, 8, 8, 1)))
        >>> x.shape, float(x[0, 0, 0, 2])
        (TensorShape([1, 8, 8, 3]), 1.0)

    Reference:
        Simonyan and Zisserman, 2014, arXiv:1409.1556 (of the mean); Deng et al.,
        "ImageNet", 2009, CVPR.
    """

    def __init__(self, mode, **kwargs):
        super().__init__(**kwargs)
        _checks.check_choice("ImagenetPreprocessing", "mode", mode, MODES)
        self.mode = mode

    def build(self, input_shape):
        check_pictures("ImagenetPreprocessing", input_shape)
        self.built = True

    def call(self, inputs):
        scale, offset = (
            ops.convert_to_tensor(numbers, inputs.dtype) for numbers in MODES[self.mode]
        )
        if self.mode == "caffe":
            inputs = ops.flip(inputs, axis=-1)
        return inputs * scale + offset  # One channel is spread over the three.

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 3)
