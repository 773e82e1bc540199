"""ImagenetPreprocessing: what `keras.applications` does to pixels in [0, 255]."""

import keras
import numpy as np
import pytest

from mmkeras.layers import ImagenetPreprocessing

PIXELS = np.random.default_rng(0).random((2, 4, 5, 3)).astype("float32")
MODES = ["caffe", "scale", "tf", "torch"]


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_equals_keras(mode):
    expected = keras.applications.imagenet_utils.preprocess_input(
        255 * PIXELS, mode=mode
    )
    # float32 of numbers up to 255.
    np.testing.assert_allclose(ImagenetPreprocessing(mode)(PIXELS), expected, atol=1e-4)


def test_scale_gives_the_range_of_bytes():
    np.testing.assert_array_equal(ImagenetPreprocessing("scale")(PIXELS), 255 * PIXELS)


@pytest.mark.parametrize("mode", MODES)
def test_grey_is_three_equal_channels(mode):
    layer, grey = ImagenetPreprocessing(mode), PIXELS[..., :1]
    np.testing.assert_array_equal(layer(grey), layer(np.repeat(grey, 3, axis=-1)))
    assert layer(keras.Input((4, 5, 1))).shape == (None, 4, 5, 3)


def test_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="Did you mean 'caffe'"):
        ImagenetPreprocessing("cafe")


@pytest.mark.parametrize("shape", [(4, 5, 3), (2, 4, 5, 2), (2, 4, 5, None)])
def test_other_channels_are_refused(shape):
    with pytest.raises(ValueError, match="Make the pictures RGB or grey"):
        ImagenetPreprocessing("tf").build(shape)
