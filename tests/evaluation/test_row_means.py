"""Means of row scores, and how a headline figure is read."""

import numpy as np
import pytest

from mmkeras.evaluation._row_means import Headline, RowMeans

ACCURACY = Headline("accuracy", False, "points")
PRICE = Headline("mae", True, "EUR")


def test_value_is_the_weighted_mean():
    random = np.random.default_rng(0)
    scores, weights = random.normal(size=50), random.uniform(0.1, 3, 50)
    found = RowMeans(weights, 0)(scores)
    assert found["value"] == pytest.approx(np.average(scores, weights=weights))


def test_interval_is_that_of_normal_means():
    scores = np.random.default_rng(1).normal(size=2000)
    found = RowMeans(np.ones(2000), 0)(scores)
    half = 1.96 * scores.std() / np.sqrt(2000)
    # 1,000 draws: an edge is off by some 4 % of the half width (1 sigma).
    assert found["high"] - found["value"] == pytest.approx(half, rel=0.15)
    assert found["value"] - found["low"] == pytest.approx(half, rel=0.15)


def test_differences_are_paired():
    """Rows that differ by a constant leave nothing to chance."""
    scores = np.random.default_rng(1).normal(size=100)
    found = RowMeans(np.ones(100), 0)(scores - (scores + 0.5))
    assert found["low"] == pytest.approx(found["high"]) == pytest.approx(-0.5)


def test_one_row_is_its_own_interval():
    found = RowMeans(np.array([0.3]), 0)(np.array([2.0]))
    assert found == {"value": 2.0, "low": 2.0, "high": 2.0}


def test_points_are_hundredths():
    assert ACCURACY.amount(-0.0612) == "6.1 points"
    assert ACCURACY.number(0.0612) == "0.0612"


def test_other_figures_have_their_unit():
    assert PRICE.amount(0.31234) == "0.312 EUR"
    assert PRICE._replace(unit="").amount(0.31234) == "0.312"


def test_names_are_read_as_written():
    assert PRICE.label == "MAE"
    assert Headline("sample_f1", False, "points").label == "sample f1"
