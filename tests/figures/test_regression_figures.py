"""RegressionFigures: each is scikit-learn's, for any weights."""

import numpy as np
import pytest
from sklearn import metrics

from mmkeras.figures import RegressionFigures

NAMES = ("width", "height", "depth")


def predictions(seed, rows=25, values=3):
    """Large and small numbers; labels with ties, so that resamples are constant."""
    random = np.random.default_rng(seed)
    scale = np.array([1.0, 1e4, 1e-3])[:values]
    labels = random.integers(0, 4, (rows, values)) * scale + 100 * scale
    return labels, labels + random.normal(size=(rows, values)) * scale


def make(seed, rows=25, values=3):
    return RegressionFigures(*predictions(seed, rows, values), NAMES[:values])


FIGURES = {
    "mae": metrics.mean_absolute_error,
    "rmse": metrics.root_mean_squared_error,
    "r2": metrics.r2_score,
    "bias": lambda y, p, sample_weight: np.average(
        p - y, axis=0, weights=sample_weight
    ).mean(),
}


@pytest.mark.parametrize("values", [1, 3])
@pytest.mark.parametrize("key", FIGURES)
def test_figure_is_scikit_learns(key, values):
    labels, p = predictions(0, values=values)
    weights = np.random.default_rng(1).uniform(0.1, 3, len(labels))
    expected = FIGURES[key](labels, p, sample_weight=weights)
    assert make(0, values=values).point(weights)[key] == pytest.approx(expected)


@pytest.mark.parametrize("index", range(3))
def test_each_value_has_figures_of_its_own(index):
    labels, p = predictions(0)
    found = make(0).point(np.ones(25))["per_value"][NAMES[index]]
    alone = RegressionFigures(labels[:, index], p[:, index], ["it"])
    assert found == pytest.approx(alone.point(np.ones(25)))


def test_one_value_has_no_table():
    assert set(make(0, values=1).point(np.ones(25))) == set(FIGURES)


@pytest.mark.parametrize("values", [1, 3])
@pytest.mark.parametrize("rows", [1, 2, 4, 25])
@pytest.mark.parametrize("seed", range(4))
def test_replicates_are_points(values, rows, seed, assert_replicates_are_points):
    assert_replicates_are_points(make(seed, rows, values), seed)


def test_resampling_is_repeating(assert_resampling_is_repeating):
    labels, p = predictions(0)

    def of(rows):
        return RegressionFigures(labels[rows], p[rows], NAMES)

    assert_resampling_is_repeating(of, len(labels), seed=1)


def test_constant_value_has_no_r2():
    labels = np.array([[1.1, 2], [1.1, 3], [1.1, 5]])
    figures = RegressionFigures(labels, labels + np.array([0.1, 1]), ["same", "other"])
    point = figures.point(np.ones(3))
    assert "r2" not in point
    assert point["per_value"]["same"]["r2"] is None
    assert point["per_value"]["other"]["r2"] == pytest.approx(1 - 3 / (14 / 3))
    assert np.isnan(figures.replicates(np.ones((1, 3)))["r2"]).all()


@pytest.mark.parametrize("values", [1, 3])
def test_row_scores_average_to_the_headline(values):
    figures = make(1, values=values)
    weights = np.random.default_rng(0).uniform(size=25)
    mean = np.average(figures.rows(), weights=weights)
    assert mean == pytest.approx(figures.point(weights)[figures.headline])
    assert figures.lower_is_better


@pytest.mark.parametrize(
    ("labels", "predictions", "text"),
    [
        ([1.0, np.nan], [1.0, 2.0], r"`labels` must be finite"),
        ([1.0, 2.0], [1.0, np.inf], r"`predictions` must be finite"),
        ([1.0, 2.0], [1.0], r"`predictions`.*shape \(2, 1\).*A row for each label"),
        ([1.0, 2.0], np.ones((2, 2)), r"`predictions`.*a column for each name"),
    ],
)
def test_wrong_arguments_are_refused(labels, predictions, text):
    with pytest.raises(ValueError, match=f"`RegressionFigures`: .*{text}"):
        RegressionFigures(labels, predictions, ["size"])
