"""OrdinalFigures: a classification's, and distances in ranks."""

import numpy as np
import pytest
from sklearn import metrics

from mmkeras.figures import ClassificationFigures, OrdinalFigures

CLASSES = ("low", "mid", "high", "top")


def predictions(seed, rows=30):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 4, rows)
    chosen = np.clip(labels + random.integers(-2, 3, rows), 0, 3)
    return labels, random.dirichlet(np.ones(4), rows), chosen


def make(seed, rows=30):
    labels, p, chosen = predictions(seed, rows)
    return OrdinalFigures(labels, p, CLASSES, chosen)


FIGURES = {
    "mae": lambda y, c, w: metrics.mean_absolute_error(y, c, sample_weight=w),
    "within_one": lambda y, c, w: np.average(abs(y - c) <= 1, weights=w),
    "quadratic_kappa": lambda y, c, w: metrics.cohen_kappa_score(
        y, c, weights="quadratic", sample_weight=w
    ),
}


@pytest.mark.parametrize("key", FIGURES)
@pytest.mark.parametrize("seed", range(3))
def test_figure_is_scikit_learns(key, seed):
    labels, _, chosen = predictions(seed)
    weights = np.random.default_rng(seed + 100).uniform(0.1, 3, len(labels))
    expected = FIGURES[key](labels, chosen, weights)
    assert make(seed).point(weights)[key] == pytest.approx(expected)


def test_other_figures_are_a_classifications():
    labels, p, chosen = predictions(0)
    expected = ClassificationFigures(labels, p, CLASSES, chosen=chosen)
    expected = expected.point(np.ones(30))
    found = make(0).point(np.ones(30))
    assert {k: v for k, v in found.items() if k not in FIGURES} == expected
    assert {*found} - {*expected} == {*FIGURES}


@pytest.mark.parametrize("rows", [1, 2, 6, 30])
@pytest.mark.parametrize("seed", range(5))
def test_replicates_are_points(rows, seed, assert_replicates_are_points):
    assert_replicates_are_points(make(seed, rows), seed)


def test_resampling_is_repeating(assert_resampling_is_repeating):
    labels, p, chosen = predictions(0)

    def of(rows):
        return OrdinalFigures(labels[rows], p[rows], CLASSES, chosen[rows])

    assert_resampling_is_repeating(of, len(labels), seed=1)


def test_all_of_one_class_has_no_kappa():
    p = np.full((3, 4), 0.25)
    figures = OrdinalFigures([3, 3, 3], p, CLASSES, [3, 3, 3])
    assert "quadratic_kappa" not in figures.point(np.full(3, 0.1))
    replicates = figures.replicates(np.random.default_rng(0).uniform(size=(9, 3)))
    assert np.isnan(replicates["quadratic_kappa"]).all()
