"""ImageNormalize: pixels in 0..255 to float32, by mode."""

import keras
import numpy as np
import PIL.Image
import pytest

from mmkeras.layers import ImageNormalize

PIXELS = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3)).astype("uint8")
# float32 of numbers up to 3.
TOLERANCE = 1e-6


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize(
    ("mode", "expected"),
    [("unit", PIXELS / 255), ("signed", PIXELS / 127.5 - 1)],
)
def test_range_is_that_of_the_mode(mode, expected, dtype):
    found = ImageNormalize(mode)(PIXELS.astype(dtype))
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_standardize_equals_keras():
    mean, std = [100.0, 120.0, 90.0], [50.0, 60.0, 70.0]
    expected = keras.layers.Normalization(
        mean=mean, variance=np.square(std), dtype="float32"
    )
    np.testing.assert_allclose(
        ImageNormalize("standardize", mean, std)(PIXELS),
        expected(PIXELS),
        atol=TOLERANCE,
    )


def test_imagenet_equals_keras():
    expected = keras.applications.imagenet_utils.preprocess_input(
        PIXELS.astype("float32"), mode="torch"
    )
    np.testing.assert_allclose(
        ImageNormalize("imagenet")(PIXELS), expected, atol=TOLERANCE
    )


def test_imagenet_takes_grey_as_three_equal_channels():
    layer, grey = ImageNormalize("imagenet"), PIXELS[..., :1]
    np.testing.assert_array_equal(layer(grey), layer(np.repeat(grey, 3, axis=-1)))


def test_grey_equals_pillows():
    expected = [np.asarray(PIL.Image.fromarray(x).convert("L")) for x in PIXELS]
    found = 255 * np.asarray(ImageNormalize("grey")(PIXELS))[..., 0]
    # Pillow rounds to bytes.
    assert np.abs(found - np.array(expected)).max() <= 0.51


@pytest.mark.parametrize("policy", ["mixed_float16", "bfloat16"])
def test_output_is_float32_under_every_policy(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        found = ImageNormalize()(PIXELS)
    finally:
        keras.config.set_dtype_policy(before)
    np.testing.assert_array_equal(found, ImageNormalize()(PIXELS))
    assert keras.backend.standardize_dtype(found.dtype) == "float32"


@pytest.mark.parametrize(
    ("arguments", "error", "fix"),
    [
        (("units",), ValueError, "Did you mean 'unit'"),
        (("unit", [1.0]), ValueError, "mode='standardize', and only then"),
        (("standardize",), ValueError, "Pass the training split's"),
        (("standardize", [1.0], None), ValueError, "Pass the training split's"),
        (("standardize", 1.0, 1.0), TypeError, "a list of numbers, one a channel"),
        (("standardize", ["1"], [1.0]), TypeError, "must be numbers"),
        (("standardize", [1.0], [0.0]), ValueError, "`std` must be above 0"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, fix):
    with pytest.raises(error, match=f"^`ImageNormalize`: .*{fix}"):
        ImageNormalize(*arguments)


def test_statistics_of_other_channels_are_refused():
    with pytest.raises(ValueError, match="each of the 3 channels"):
        ImageNormalize("standardize", [1.0], [1.0])(PIXELS)


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="Make the pictures RGB or grey"):
        ImageNormalize()(PIXELS[..., :2])
