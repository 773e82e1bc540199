"""RandomColor: each change as Keras's layer makes it, by the same numbers."""

import keras
import numpy as np
import pytest

from mmkeras.layers import RandomColor

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 6, 5, 3)).astype("float32")
PIXELS[0, 0, 0] = 7  # Grey: without a hue.
PIXELS[0, 0, 1] = 0
SAME = {"brightness": [0.0] * 3, "contrast": [1.0] * 3}
SAME |= {"saturation": [1.0] * 3, "hue": [0.0] * 3}
# float32 of bytes, there and back through HSV of [0, 1].
TOLERANCE = 1e-3


def changed(name, amounts, pixels=PIXELS, **arguments):
    none = dict.fromkeys(("brightness", "contrast", "saturation", "hue"), 0.0)
    layer = RandomColor(**{**none, name: 0.3, **arguments})
    return np.asarray(layer.apply(pixels, {**SAME, name: amounts}))


def column(numbers):
    return keras.ops.convert_to_tensor(np.reshape(numbers, (3, 1, 1, 1)), "float32")


def test_brightness_equals_kerass():
    amounts = [-0.3, 0.0, 0.2]
    expected = keras.layers.RandomBrightness(0.3).transform_images(
        PIXELS, {"rgb_delta": column(255 * np.array(amounts))}
    )
    np.testing.assert_allclose(changed("brightness", amounts), expected, atol=TOLERANCE)


def test_contrast_equals_kerass():
    amounts = [0.5, 1.0, 1.6]
    expected = keras.layers.RandomContrast(0.3).transform_images(
        keras.ops.convert_to_tensor(PIXELS), {"contrast_factor": column(amounts)}
    )
    np.testing.assert_allclose(changed("contrast", amounts), expected, atol=TOLERANCE)


def test_saturation_equals_kerass():
    amounts = [0.0, 0.7, 3.0]
    layer = keras.layers.RandomSaturation(0.3, value_range=(0, 1))
    expected = layer.transform_images(
        keras.ops.convert_to_tensor(PIXELS / 255), {"factor": np.array(amounts)}
    )
    np.testing.assert_allclose(
        changed("saturation", amounts), 255 * np.asarray(expected), atol=TOLERANCE
    )


def test_hue_equals_kerass():
    amounts = np.array([-0.3, 0.1, 0.45])
    layer = keras.layers.RandomHue(0.3, value_range=(0, 255))
    expected = layer.transform_images(PIXELS, {"factor": amounts})
    np.testing.assert_allclose(changed("hue", amounts), expected, atol=TOLERANCE)


def test_all_of_no_change_is_the_picture():
    found = RandomColor().apply(PIXELS, SAME)
    np.testing.assert_allclose(found, PIXELS, atol=TOLERANCE)


def test_range_of_pixels_does_not_matter():
    drawn = {"brightness": [0.1] * 3, "contrast": [1.2] * 3}
    drawn |= {"saturation": [0.8] * 3, "hue": [0.1] * 3}
    expected = np.asarray(RandomColor().apply(PIXELS, drawn)) / 127.5 - 1
    layer = RandomColor(value_range=(-1, 1))
    np.testing.assert_allclose(
        layer.apply(PIXELS / 127.5 - 1, drawn), expected, atol=1e-5
    )


@pytest.mark.parametrize("name", ["saturation", "hue"])
def test_grey_picture_has_no_colour(name):
    grey = PIXELS[..., :1]
    np.testing.assert_array_equal(changed(name, [0.3] * 3, grey), grey)


def test_draws_stay_in_their_ranges():
    layer = RandomColor(0.1, 0.2, 0.3, 0.4, seed=1)
    drawn = layer.draw(np.zeros((999, 1, 1, 3)))
    for name, middle, largest in (
        ("brightness", 0, 0.1),
        ("contrast", 1, 0.2),
        ("saturation", 1, 0.3),
        ("hue", 0, 0.4),
    ):
        away = np.abs(np.asarray(drawn[name]) - middle)
        assert 0.97 * largest < away.max() <= largest * 1.0001


@pytest.mark.parametrize(
    ("arguments", "error", "fix"),
    [
        ({"brightness": 1.1}, ValueError, r"`brightness` must be in \[0, 1\]"),
        ({"contrast": -0.1}, ValueError, r"`contrast` must be in \[0, 1\]"),
        ({"saturation": None}, TypeError, "`saturation` must be a number"),
        ({"hue": 0.6}, ValueError, r"`hue` must be in \[0, 0.5\]"),
        ({"value_range": 255}, TypeError, "`value_range` must be two numbers"),
        ({"value_range": (1, 0)}, ValueError, "the smaller one first"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, fix):
    with pytest.raises(error, match=f"^`RandomColor`: .*{fix}"):
        RandomColor(**arguments)
