"""RandAugment: each operation as Pillow's or as RandomAffine's."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from mmkeras.layers import RandAugment, RandomAffine
from mmkeras.layers.rand_augment import OPERATIONS

NOISE = np.random.default_rng(0).integers(20, 230, (40, 44, 3)).astype("uint8")
PICTURE = cv2.GaussianBlur(NOISE, (0, 0), 1.5)
MAGNITUDE = 15.0  # m = 1/2
PILLOWS = {
    "identity": lambda image, sign: image,
    "auto_contrast": lambda image, sign: ImageOps.autocontrast(image),
    "equalize": lambda image, sign: ImageOps.equalize(image),
    "solarize": lambda image, sign: ImageOps.solarize(image, 128),
    "posterize": lambda image, sign: ImageOps.posterize(image, 6),
    "color": lambda image, sign: ImageEnhance.Color(image).enhance(1 + 0.45 * sign),
    "contrast": lambda image, sign: ImageEnhance.Contrast(image).enhance(
        1 + 0.45 * sign
    ),
    "brightness": lambda image, sign: ImageEnhance.Brightness(image).enhance(
        1 + 0.45 * sign
    ),
    "sharpness": lambda image, sign: ImageEnhance.Sharpness(image).enhance(
        1 + 0.45 * sign
    ),
}
DEGREES, SHEAR, SHIFT = 15.0, 0.15, 75 / 331
AFFINES = {
    "rotate": {"rotation": [DEGREES]},
    "shear_x": {"shear": [[SHEAR, 0.0]]},
    "shear_y": {"shear": [[0.0, SHEAR]]},
    "translate_x": {"translation": [[SHIFT, 0.0]]},
    "translate_y": {"translation": [[0.0, SHIFT]]},
}
STAY = {"rotation": [0.0], "zoom": [1.0]}
STAY |= {"shear": [[0.0, 0.0]], "translation": [[0.0, 0.0]]}


def applied(names, signs, picture=PICTURE):
    layer = RandAugment(len(names), MAGNITUDE)
    numbers = [OPERATIONS.index(name) for name in names]
    drawn = {"operation": np.array([numbers]), "sign": np.array([signs], "float32")}
    return np.asarray(layer.apply(picture[None].astype("float32"), drawn))[0]


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("name", PILLOWS)
def test_operation_equals_pillows(name, sign):
    expected = np.asarray(PILLOWS[name](Image.fromarray(PICTURE), sign), "float32")
    found = applied([name], [sign])
    # Pillow rounds or cuts to bytes, the base of a blend too.
    limit = 1.5 if name in ("color", "contrast", "sharpness") else 1.01
    assert np.abs(found - expected).max() < limit


@pytest.mark.parametrize("name", AFFINES)
def test_operation_equals_random_affines(name):
    layer = RandomAffine(fill_value=128.0)
    expected = layer.apply(PICTURE[None].astype("float32"), STAY | AFFINES[name])
    # The angle is computed in another order: places differ by 1e-5 pixels.
    np.testing.assert_allclose(applied([name], [1]), expected[0], atol=0.01)


def test_every_operation_is_tested():
    assert set(PILLOWS) | set(AFFINES) == set(OPERATIONS)


def test_first_operation_comes_first():
    both = STAY | AFFINES["rotate"] | AFFINES["translate_x"]  # Rotates, then shifts.
    layer = RandomAffine(fill_value=128.0)
    expected = layer.apply(PICTURE[None].astype("float32"), both)
    found = applied(["rotate", "translate_x"], [1, 1])
    np.testing.assert_allclose(found, expected[0], atol=0.01)


def test_values_go_through_both_operations():
    first = ImageOps.solarize(Image.fromarray(PICTURE), 128)
    expected = np.asarray(ImageOps.posterize(first, 6), "float32")
    np.testing.assert_array_equal(applied(["solarize", "posterize"], [1, 1]), expected)


def test_each_picture_has_its_own_operations():
    layer = RandAugment(1, MAGNITUDE)
    drawn = {
        "operation": np.arange(len(OPERATIONS))[:, None],
        "sign": np.ones((len(OPERATIONS), 1), "float32"),
    }
    together = layer.apply(np.stack([PICTURE.astype("float32")] * 14), drawn)
    alone = np.stack([applied([name], [1]) for name in OPERATIONS])
    np.testing.assert_allclose(together, alone, atol=1e-3)


@pytest.mark.parametrize("name", ["equalize", "auto_contrast"])
def test_plain_picture_stays(name):
    plain = np.full((8, 8, 3), 90, "uint8")
    np.testing.assert_array_equal(applied([name], [1], plain), plain)


def test_grey_picture_has_no_colour():
    grey = PICTURE[..., :1]
    np.testing.assert_array_equal(applied(["color"], [1], grey), grey)


def test_all_operations_are_as_likely():
    drawn = RandAugment(2, seed=1).draw(np.zeros((7000, 1, 1, 1)))
    counts = np.bincount(np.asarray(drawn["operation"]).ravel(), minlength=14)
    # Five standard errors of a count of 1,000.
    assert np.abs(counts - 1000).max() < 155
    assert abs(np.mean(drawn["sign"])) < 0.04


@pytest.mark.parametrize(
    ("arguments", "error", "fix"),
    [
        ({"num_ops": 0}, ValueError, "`num_ops` must be at least 1"),
        ({"magnitude": 31}, ValueError, r"`magnitude` must be in \[0, 30\]"),
        ({"value_range": (0, 0)}, ValueError, "the smaller one first"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, fix):
    with pytest.raises(error, match=f"^`RandAugment`: .*{fix}"):
        RandAugment(**arguments)
