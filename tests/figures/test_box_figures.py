"""BoxFigures: how much of a box is found."""

import numpy as np
import pytest

from mmkeras.figures import BoxFigures


def boxes(seed, rows=20):
    """Boxes whose corners are whole numbers from 0 to 12, each with an area."""
    random = np.random.default_rng(seed)
    low = random.integers(0, 6, (rows, 2))
    return np.concatenate([low, low + random.integers(1, 7, (rows, 2))], -1)


def cells(box):
    """The unit squares of a box of whole corners, to be counted."""
    picture = np.zeros((16, 16), bool)
    picture[box[1] : box[3], box[0] : box[2]] = True
    return picture


def make(seed):
    return BoxFigures(boxes(seed), boxes(seed + 100))


def of_one(label, prediction):
    return BoxFigures(np.array([label]), np.array([prediction])).point(np.ones(1))


@pytest.mark.parametrize("seed", range(3))
def test_iou_is_a_count_of_cells(seed):
    expected = []
    for label, prediction in zip(boxes(seed), boxes(seed + 100), strict=True):
        one, other = cells(label), cells(prediction)
        expected.append((one & other).sum() / (one | other).sum())
    figures = make(seed)
    np.testing.assert_allclose(figures.rows(), expected)
    weights = np.random.default_rng(seed).uniform(size=20)
    point = figures.point(weights)
    assert point["mean_iou"] == pytest.approx(np.average(expected, weights=weights))
    for percent in (50, 75):
        share = np.average(np.array(expected) >= percent / 100, weights=weights)
        assert point[f"iou_at_{percent}"] == pytest.approx(share)


@pytest.mark.parametrize("seed", range(3))
def test_giou_is_a_count_of_cells(seed):
    expected = []
    for label, prediction in zip(boxes(seed), boxes(seed + 100), strict=True):
        one, other = cells(label), cells(prediction)
        union = (one | other).sum()
        lines, columns = np.nonzero(one | other)
        hull = (np.ptp(lines) + 1) * (np.ptp(columns) + 1)
        expected.append((one & other).sum() / union - (hull - union) / hull)
    assert make(seed).point(np.ones(20))["giou"] == pytest.approx(np.mean(expected))


@pytest.mark.parametrize("seed", range(3))
def test_replicates_are_points(seed, assert_replicates_are_points):
    assert_replicates_are_points(make(seed), seed)


def test_threshold_is_reached_at_it():
    point = of_one([0, 0, 4, 1], [0, 0, 3, 1])
    assert (point["iou_at_50"], point["iou_at_75"]) == (1, 1)
    assert of_one([0, 0, 4, 1], [0, 0, 2, 1])["iou_at_50"] == 1


@pytest.mark.parametrize(
    ("label", "prediction", "giou"),
    [
        ([0, 0, 1, 1], [3, 0, 4, 1], -0.5),
        ([0, 0, 2, 2], [1, 1, 1, 1], 0),
        ([0, 0, 1, 1], [3, 1, 2, 0], -2 / 3),
        ([1, 1, 1, 1], [1, 1, 1, 1], -1),
        ([1, 1, 1, 1], [2, 2, 2, 2], -1),
        ([0, 0, 1, 0], [0, 0, 1, 0], -1),
    ],
)
def test_boxes_apart_or_without_area_have_no_iou(label, prediction, giou):
    point = of_one(label, prediction)
    assert (point["mean_iou"], point["giou"]) == (0, pytest.approx(giou))


@pytest.mark.parametrize(
    ("labels", "predictions", "text"),
    [
        (np.zeros((2, 4)), np.zeros((1, 4)), r"`predictions`.*\(2, 4\).*Four corners"),
        (np.zeros((2, 5)), np.zeros((2, 5)), r"`labels`.*\(2, 4\).*Four corners"),
        (np.zeros((1, 4)), np.full((1, 4), np.nan), "`predictions` must be finite"),
    ],
)
def test_wrong_arguments_are_refused(labels, predictions, text):
    with pytest.raises(ValueError, match=f"`BoxFigures`: .*{text}"):
        BoxFigures(labels, predictions)
