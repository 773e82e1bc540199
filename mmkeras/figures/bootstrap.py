"""Intervals by resampling rows."""

from __future__ import annotations

import numpy as np

from mmkeras import _checks
from mmkeras.figures.figures import Figures

# Numbers drawn at once: 2 MiB.
_DRAWN = 2**18


def bootstrap_intervals(
    figures: Figures,
    weights: np.ndarray,
    repeats: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> dict[str, tuple[float, float]]:
    """Percentile bootstrap intervals of all numbers among the figures.

    The rows are drawn again with replacement, `repeats` times, each with its
    weight; the interval lies between the `(1 - level) / 2` and `(1 + level) / 2`
    quantiles of the figures of these resamples. Resamples that do not define a
    figure are left out; it has no interval if less than half of them do. The
    interval speaks of the rows alone: another training is another model.

    Args:
        figures: of some predictions.
        weights: `(rows,)`, at least 0.
        repeats: number of resamples.
        level: share of repetitions of the experiment whose interval should hold
            the true figure.
        seed: of the resampling.
        groups: `(rows,)` ids; rows of one id are drawn together. For rows that are
            not independent, as those of one speaker: intervals of single rows are
            then too narrow.

    Returns:
        By key `(low, high)`.

    Raises:
        ValueError: if an argument is out of its range or shape.
        TypeError: if `repeats` is no whole number.

    Example:
        >>> from mmkeras.figures import RegressionFigures
        >>> labels = np.arange(100.0)
        >>> figures = RegressionFigures(labels, labels + labels % 2, ["size"])
        >>> low, high = bootstrap_intervals(figures, np.ones(100))["mae"]
        >>> 0.35 < low < 0.5 < high < 0.65
        True

    Reference:
        Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13
        (the percentile interval); Field and Welsh, 2007, JRSS B 69(3) (of groups).
    """
    _check("bootstrap_intervals", repeats, level)
    counts = bootstrap_counts(figures.num_rows, repeats, seed, groups)
    found = figures.replicates(counts * np.asarray(weights, "float32"))
    intervals = {}
    for key, replicates in found.items():
        defined = replicates[~np.isnan(replicates)]
        if len(defined) >= repeats / 2:
            intervals[key] = _percentiles(defined, level)
    return intervals


def mean_interval(
    scores: np.ndarray,
    weights: np.ndarray,
    repeats: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> tuple[float, float]:
    """Percentile bootstrap interval of the weighted mean of scores.

    For two models on the same rows, pass the differences of `figures.rows()`: the
    interval of the difference of their headlines is then a paired one.

    Args:
        scores: `(rows,)`.
        weights: `(rows,)`, at least 0.
        repeats: number of resamples.
        level: share of repetitions whose interval should hold the true mean.
        seed: of the resampling.
        groups: `(rows,)` ids; rows of one id are drawn together.

    Returns:
        `(low, high)`; NaN if no resample has a weight above 0.

    Raises:
        ValueError: if an argument is out of its range or shape.
        TypeError: if `repeats` is no whole number.

    Example:
        >>> low, high = mean_interval(np.arange(101) % 2, np.ones(101))
        >>> 0.3 < low < 0.45 < 0.55 < high < 0.7
        True

    Reference:
        Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    _check("mean_interval", repeats, level)
    scores, weights = np.asarray(scores, "float64"), np.asarray(weights, "float64")
    if scores.ndim != 1 or weights.shape != scores.shape:
        raise _checks.bad_value(
            "mean_interval", "weights", "as many as scores", weights, "One each."
        )
    counts = bootstrap_counts(len(scores), repeats, seed, groups)
    sums, totals = (counts @ np.stack([scores * weights, weights], axis=1)).T
    defined = totals > 0
    if not defined.any():
        return np.nan, np.nan
    return _percentiles(sums[defined] / totals[defined], level)


def bootstrap_counts(
    rows: int, repeats: int, seed: int, groups: np.ndarray | None = None
) -> np.ndarray:
    """How often each row is in each of many resamples with replacement.

    Args:
        rows: number of rows, as many as are drawn.
        repeats: number of resamples.
        seed: of the resampling.
        groups: `(rows,)` ids; instead of rows, as many groups are drawn as there
            are, each with all its rows.

    Returns:
        `(repeats, rows)` float32 counts.

    Raises:
        ValueError: if there is not one id a row.

    Example:
        >>> bootstrap_counts(4, 3, seed=0).sum(1).tolist()
        [4.0, 4.0, 4.0]
    """
    units, of_row = rows, np.arange(rows)
    if groups is not None:
        names, of_row = np.unique(groups, return_inverse=True)
        units = len(names)
        if of_row.shape != (rows,):
            fix = f"Give each of the {rows} rows one id."
            raise _checks.bad_value(
                "bootstrap_counts", "groups", "one id a row", groups, fix
            )
    random = np.random.default_rng(seed)
    counts = np.empty((repeats, rows), "float32")
    size = max(1, _DRAWN // max(1, units))
    for start in range(0, repeats, size):
        lines = counts[start : start + size]
        drawn = random.integers(0, units, (len(lines), units))
        places = drawn + units * np.arange(len(lines))[:, None]
        found = np.bincount(places.ravel(), minlength=units * len(lines))
        lines[:] = found.reshape(len(lines), units)[:, of_row]
    return counts


def _check(owner: str, repeats: int, level: float) -> None:
    _checks.check_positive_int(owner, "repeats", repeats)
    _checks.check_fraction(owner, "level", level)


def _percentiles(values: np.ndarray, level: float) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
