"""RandomErasing: a box of each picture, of its share and shape."""

import numpy as np
import pytest

from mmkeras.layers import RandomErasing

PIXELS = np.random.default_rng(0).integers(1, 200, (3, 9, 8, 3)).astype("uint8")
NOISE = np.random.default_rng(1).random(PIXELS.shape)
DRAWN = {"box": [[0, 0, 0, 0], [2, 1, 4, 5], [0, 7, 9, 1]], "noise": NOISE}
ERASED = np.zeros((3, 9, 8), bool)
ERASED[1, 2:6, 1:6] = True
ERASED[2, :, 7] = True


@pytest.mark.parametrize("fill", ["black", "mean", "noise"])
def test_only_the_box_changes(fill):
    found = np.asarray(
        RandomErasing(fill=fill, value_range=(0, 255)).apply(PIXELS, DRAWN)
    )
    assert found.dtype == "uint8"
    np.testing.assert_array_equal(found[~ERASED], PIXELS[~ERASED])


def test_black_is_the_lower_end_of_the_range():
    found = RandomErasing(fill="black", value_range=(-1, 1)).apply(
        PIXELS.astype("float32"), DRAWN
    )
    assert (np.asarray(found)[ERASED] == -1).all()


def test_mean_is_the_pictures_by_channel():
    found = np.asarray(RandomErasing(fill="mean").apply(PIXELS, DRAWN))
    mean = PIXELS[1].mean((0, 1))
    np.testing.assert_array_equal(found[1][ERASED[1]] - mean.round(), 0)


def test_noise_fills_the_range_and_each_picture_has_its_own():
    pixels = np.zeros((2, 64, 64, 3), "float32")
    layer = RandomErasing(value_range=(-1, 3), seed=1)
    whole = {**layer.draw(pixels), "box": [[0, 0, 64, 64]] * 2}
    found = np.asarray(layer.apply(pixels, whole))
    assert found.min() >= -1
    assert found.max() < 3
    # Of 12,288 uniform numbers: four standard errors of their mean and variance.
    for noise in found:
        assert abs(noise.mean() - 1) < 4 * (4 / 12**0.5) / 12288**0.5
        assert abs(noise.var() - 16 / 12) < 0.05
    assert abs(np.corrcoef(found[0].ravel(), found[1].ravel())[0, 1]) < 0.04


def boxes(shape=(2000, 40, 60, 1), **arguments):
    drawn = RandomErasing(seed=1, **arguments).draw(np.zeros(shape))
    return np.asarray(drawn["box"]).T


def test_share_of_pictures_is_the_probability():
    height = boxes(probability=0.3)[2]
    # Four standard errors of a share of 2,000.
    assert abs((height > 0).mean() - 0.3) < 0.041


def test_boxes_are_inside_and_of_their_share_and_shape():
    top, left, tall, wide = boxes(probability=1.0, area=(0.1, 0.3), aspect=(0.5, 2.0))
    assert min(top.min(), left.min()) == 0
    assert (top + tall).max() == 40
    assert (left + wide).max() == 60
    # Sides are whole: half a pixel of at least 11.
    share = tall * wide / (40 * 60)
    assert (share.min(), share.max()) == pytest.approx((0.1, 0.3), abs=0.02)
    shape = np.log(tall / wide)
    assert (shape.min(), shape.max()) == pytest.approx(np.log((0.5, 2)), abs=0.1)
    assert abs(shape.mean()) < 0.05


def test_boxes_fit_where_their_shape_hardly_can():
    top, left, tall, wide = boxes(
        (500, 8, 64, 1), probability=1.0, area=(0.3, 0.9), aspect=(1.0, 4.0)
    )
    assert (tall >= 1).all()
    assert (top + tall).max() <= 8
    assert (left + wide).max() <= 64


@pytest.mark.parametrize(
    ("arguments", "error", "fix"),
    [
        ({"probability": 1.1}, ValueError, r"`probability` must be in \[0, 1\]"),
        ({"area": 0.3}, TypeError, "`area` must be two numbers"),
        ({"area": (0.1, 1.2)}, ValueError, r"`area` must be in \[0, 1\]"),
        ({"aspect": (0, 1)}, ValueError, "`aspect` must be above 0"),
        ({"aspect": (2, 1)}, ValueError, "the smaller one first"),
        ({"fill": "white"}, ValueError, "Known: 'black', 'mean', 'noise'"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, fix):
    with pytest.raises(error, match=f"^`RandomErasing`: .*{fix}"):
        RandomErasing(**arguments)
