"""OrderedThresholds: the proportional odds model."""

import numpy as np
import pytest

import mmkeras as mm


def test_it_is_the_formula():
    layer = mm.layers.OrderedThresholds(4)
    x = np.random.default_rng(0).normal(size=(7, 1)).astype("float32")
    layer(x)
    layer.first.assign([-0.7])
    layer.steps.assign([0.3, -1.2])
    steps = np.log1p(np.exp([0.3, -1.2]))
    thresholds = -0.7 + np.concatenate([[0], np.cumsum(steps)])
    expected = 1 / (1 + np.exp(-(x.astype("float64") - thresholds)))
    # float32 against float64.
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5)


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_thresholds_start_a_unit_apart_around_0(classes):
    found = np.array(mm.layers.OrderedThresholds(classes)(np.zeros((1, 1))))[0]
    thresholds = -np.log(found / (1 - found))
    np.testing.assert_allclose(np.diff(thresholds), 1, rtol=1e-4)
    assert thresholds.mean() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(
    ("classes", "error", "message"),
    [
        (1, ValueError, "`classes` must be at least 2"),
        (2.0, TypeError, "`classes` must be a whole number"),
    ],
)
def test_wrong_number_of_classes_is_refused(classes, error, message):
    with pytest.raises(error, match=f"^`OrderedThresholds`: {message}"):
        mm.layers.OrderedThresholds(classes)


def test_more_than_one_score_is_refused():
    with pytest.raises(ValueError, match=r"\(batch, 1\).*Put a `Dense\(1\)`"):
        mm.layers.OrderedThresholds(3)(np.zeros((2, 2)))
