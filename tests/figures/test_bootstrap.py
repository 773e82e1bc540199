"""Bootstrap: intervals hold the truth as often as they say."""

import numpy as np
import pytest

from mmkeras.figures import (
    ClassificationFigures,
    Figures,
    RegressionFigures,
    bootstrap_counts,
    bootstrap_intervals,
    mean_interval,
)


def classifier(random, rows, accuracy):
    """Two classes, answered rightly with the given probability."""
    labels = random.integers(0, 2, rows)
    right = random.uniform(size=rows) < accuracy
    chosen = np.where(right, labels, 1 - labels)
    return ClassificationFigures(labels, np.eye(2)[chosen], "ab")


def regression(rows=200, seed=0):
    random = np.random.default_rng(seed)
    labels = random.normal(size=rows)
    return RegressionFigures(labels, labels + random.normal(size=rows), ["size"])


def test_interval_of_accuracy_holds_the_true_one_in_95_of_100_data_sets():
    random = np.random.default_rng(0)
    sets, accuracy, rows = 300, 0.7, 200
    held = 0
    for seed in range(sets):
        # Of the row scores, quicker and the same: see below.
        scores = classifier(random, rows, accuracy).rows()
        low, high = mean_interval(scores, np.ones(rows), 300, seed=seed)
        held += low <= accuracy <= high
    # The standard error of 95 % in 300 sets is 1.3 points.
    assert 0.92 <= held / sets <= 0.98


def test_interval_of_a_mean_holds_the_true_one_in_95_of_100_data_sets():
    random = np.random.default_rng(1)
    sets, held = 300, 0
    for seed in range(sets):
        weights = random.uniform(0.5, 2, 150)
        low, high = mean_interval(random.normal(3, 2, 150), weights, 300, seed=seed)
        held += low <= 3 <= high
    assert 0.92 <= held / sets <= 0.98


@pytest.mark.parametrize("rows", [100, 1000])
def test_interval_of_a_mean_is_as_wide_as_the_normal_one(rows):
    scores = np.random.default_rng(rows).normal(5, 3, rows)
    low, high = mean_interval(scores, np.ones(rows), repeats=2000)
    expected = 2 * 1.96 * scores.std() / np.sqrt(rows)
    # Of 2,000 resamples the quantiles are known to about 3 % of the width.
    assert high - low == pytest.approx(expected, rel=0.1)
    assert (low + high) / 2 == pytest.approx(scores.mean(), abs=0.05 * expected)


@pytest.mark.parametrize(
    "figures", [regression(), classifier(np.random.default_rng(0), 200, 0.7)]
)
def test_mean_of_row_scores_has_the_interval_of_its_figure(figures):
    weights = np.random.default_rng(0).uniform(0.5, 2, 200)
    expected = bootstrap_intervals(figures, weights, seed=3)[figures.headline]
    found = mean_interval(figures.rows(), weights, seed=3)
    # Weights are float32 in the one and float64 in the other.
    assert found == pytest.approx(expected, rel=1e-5)


def test_point_lies_within():
    figures = regression()
    point = figures.point(np.ones(200))
    for key, (low, high) in bootstrap_intervals(figures, np.ones(200)).items():
        assert low < point[key] < high, key


def test_all_numbers_have_an_interval():
    figures = classifier(np.random.default_rng(0), 50, 0.8)
    point = figures.point(np.ones(50))
    expected = {key for key, value in point.items() if isinstance(value, float)}
    assert set(bootstrap_intervals(figures, np.ones(50), 50)) == expected


@pytest.mark.parametrize("interval", [bootstrap_intervals, mean_interval])
def test_higher_level_is_a_wider_interval(interval):
    figures = regression()
    given = figures if interval is bootstrap_intervals else figures.rows()
    found = [interval(given, np.ones(200), level=x) for x in (0.5, 0.8, 0.95, 0.99)]
    found = [x["mae"] if isinstance(x, dict) else x for x in found]
    lows, highs = zip(*found, strict=True)
    assert list(lows) == sorted(lows, reverse=True)
    assert list(highs) == sorted(highs)
    assert len({*lows, *highs}) == 8


def test_seed_decides():
    figures, weights = regression(), np.ones(200)
    one, same, other = (
        bootstrap_intervals(figures, weights, 100, seed=seed) for seed in (1, 1, 2)
    )
    assert one == same
    assert one["mae"] != other["mae"]


def test_rows_without_weight_do_not_matter():
    scores = np.random.default_rng(0).normal(size=100)
    weights = (np.arange(100) < 60).astype(float)
    expected = mean_interval(scores, weights)
    scores[60:] = 1e6
    assert mean_interval(scores, weights) == expected


def test_counts_are_multinomial():
    counts = bootstrap_counts(20, 4000, seed=0)
    assert counts.dtype == "float32"
    assert (counts.sum(1) == 20).all()
    # Standard errors of 4,000 resamples: 0.016 and about 0.02.
    np.testing.assert_allclose(counts.mean(0), 1, atol=0.07)
    np.testing.assert_allclose(counts.var(0), 1 - 1 / 20, atol=0.1)


def test_groups_are_drawn_as_a_whole():
    groups = np.array(["b", "a", "b", "c", "a", "b"])
    counts = bootstrap_counts(6, 50, seed=0, groups=groups)
    of_groups = [counts[:, groups == name] for name in "abc"]
    for columns in of_groups:
        assert (columns == columns[:, :1]).all()
    assert (sum(columns[:, 0] for columns in of_groups) == 3).all()


@pytest.mark.parametrize("interval", [bootstrap_intervals, mean_interval])
def test_dependent_rows_need_groups(interval):
    """Each row ten times is no more evidence than once: sqrt(10) wider."""
    random = np.random.default_rng(0)
    error = np.repeat(random.normal(size=60), 10)
    groups = np.repeat(np.arange(60), 10)
    figures = RegressionFigures(np.zeros(600), error, ["size"])
    given = figures if interval is bootstrap_intervals else figures.rows()
    widths = []
    for ids in (groups, None):
        found = interval(given, np.ones(600), groups=ids)
        low, high = found["mae"] if isinstance(found, dict) else found
        widths.append(high - low)
    assert widths[0] / widths[1] == pytest.approx(np.sqrt(10), rel=0.1)


class Sometimes(Figures):
    """Figures that the first row defines: in 1 - 1/e of resamples, and in 1/e."""

    def _replicates(self, weights):
        values = weights[1:].mean(0)
        drawn = weights[0] > 0
        return {
            "often": np.where(drawn, values, np.nan),
            "seldom": np.where(drawn, np.nan, values),
        }


def test_figure_that_most_resamples_do_not_define_has_no_interval():
    found = bootstrap_intervals(Sometimes(40), np.ones(40))
    assert set(found) == {"often"}
    assert np.isfinite(found["often"]).all()


def test_one_row_has_no_width():
    assert mean_interval(np.array([2.5]), np.ones(1)) == (2.5, 2.5)


def test_no_weight_at_all_has_no_interval():
    assert np.isnan(mean_interval(np.ones(3), np.zeros(3))).all()
    assert bootstrap_intervals(regression(), np.zeros(200), 10) == {}


@pytest.mark.parametrize("owner", ["bootstrap_intervals", "mean_interval"])
@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"repeats": 0}, ValueError),
        ({"repeats": 1.5}, TypeError),
        ({"level": 1.0}, ValueError),
        ({"level": "high"}, TypeError),
    ],
)
def test_wrong_arguments_are_refused(owner, change, error):
    figures = regression()
    with pytest.raises(error, match=f"`{owner}`: `{next(iter(change))}` must be"):
        if owner == "mean_interval":
            mean_interval(figures.rows(), np.ones(200), **change)
        else:
            bootstrap_intervals(figures, np.ones(200), **change)


def test_weights_of_another_number_of_rows_are_refused():
    with pytest.raises(ValueError, match=r"`mean_interval`: `weights`.*One each"):
        mean_interval(np.ones(3), np.ones(2))


@pytest.mark.parametrize("groups", [[0, 1], [0, 1, 2, 3], [[0, 1, 2]] * 2])
def test_groups_of_another_number_of_rows_are_refused(groups):
    with pytest.raises(ValueError, match="each of the 3 rows one id"):
        bootstrap_counts(3, 1, seed=0, groups=np.array(groups))
