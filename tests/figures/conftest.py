"""What the tests of figures share."""

import numpy as np
import pytest


def weightings(rows, seed, repeats=4):
    """Random weights above 0, and counts of resampled rows, with zeros."""
    random = np.random.default_rng(seed)
    counts = random.multinomial(rows, np.full(rows, 1 / rows), repeats)
    return np.concatenate([random.uniform(0.1, 3, (repeats, rows)), counts])


@pytest.fixture
def assert_replicates_are_points():
    """Every number of `point` is that of `replicates`; what is undefined is NaN."""

    def compare(figures, seed, without=()):
        weights = weightings(figures.num_rows, seed)
        replicates = figures.replicates(weights)
        for row, row_weights in enumerate(weights):
            point = figures.point(row_weights)
            numbers = {k for k, v in point.items() if isinstance(v, float)}
            assert numbers <= {*replicates, *without}
            for key, values in replicates.items():
                # float64 sums in another order.
                expected = pytest.approx(point.get(key, np.nan), abs=1e-9, nan_ok=True)
                assert values[row] == expected, key

    return compare


@pytest.fixture
def assert_resampling_is_repeating():
    """A row of the weight 2 is a row that is there twice."""

    def compare(make, rows, seed, without=()):
        random = np.random.default_rng(seed)
        counts = random.multinomial(rows, np.full(rows, 1 / rows))
        weighted = make(np.arange(rows)).point(counts)
        repeated = make(np.repeat(np.arange(rows), counts)).point(np.ones(rows))
        assert weighted.keys() == repeated.keys()
        for key, value in repeated.items():
            if isinstance(value, float) and key not in without:
                # float64 sums in another order.
                assert weighted[key] == pytest.approx(value, abs=1e-9), key

    return compare
