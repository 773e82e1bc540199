"""Sums and means under many weightings at once: weights are `(rows, repeats)`."""

from __future__ import annotations

from typing import Any

import numpy as np


def ratio(
    numerator: np.ndarray, denominator: np.ndarray, undefined: float = np.nan
) -> np.ndarray:
    """`numerator / denominator`, and `undefined` where the denominator is 0."""
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    quotient = np.full(numerator.shape, undefined, "float64")
    return np.divide(numerator, denominator, out=quotient, where=denominator > 0)


def mean(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted mean of `(rows,)` scores: `(repeats,)`."""
    return ratio(np.asarray(scores, "float64") @ weights, weights.sum(0))


def mean_of_defined(figures: np.ndarray) -> np.ndarray:
    """Mean over the first axis of what is not NaN; NaN if nothing is left."""
    return ratio(np.nansum(figures, axis=0), (~np.isnan(figures)).sum(0))


def incidence(
    groups: np.ndarray,
    rows: np.ndarray,
    shape: tuple[int, int],
    values: np.ndarray | None = None,
) -> Any:
    """Sparse matrix of the `shape` (groups, rows): 1 where a row is in a group.

    Times `(rows, repeats)` weights it gives each group's weight in one pass, much
    faster than cumulative sums. With `values`, these instead of 1.
    """
    from scipy.sparse import csr_array

    data = np.ones(len(groups)) if values is None else values
    return csr_array((data, (groups, rows)), shape=shape)


def incidence_of(table: np.ndarray) -> Any:
    """`(rows, groups)` truth values as such a matrix."""
    rows, groups = np.nonzero(table)
    return incidence(groups, rows, table.shape[::-1])


def curve_areas(
    truth: np.ndarray, scores: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Areas under the ROC and the precision-recall curve, each `(repeats,)`.

    With `P_t` and `N_t` the weights of the positives and negatives that score at
    least `t`, and `p_t`, `n_t` of those that score exactly `t`:
    `roc = sum_t p_t (N - N_t + n_t / 2) / (P N)` (ties count half: the trapezoids
    of the curve) and `pr = sum_t p_t / P * P_t / (P_t + N_t)`, a sum of steps at
    distinct thresholds (scikit-learn's average precision). Undefined are both
    without positives, and `roc` without negatives.

    Args:
        truth: `(rows,)` bools.
        scores: `(rows,)`.
        weights: `(rows, repeats)`.
    """
    positive, negative = np.flatnonzero(truth), np.flatnonzero(~truth)
    if not len(positive):
        undefined = np.full(weights.shape[1], np.nan)
        return undefined, undefined
    # Only where positives are do the sums matter: thresholds, from high to low.
    thresholds, where = np.unique(-scores[positive], return_inverse=True)
    total = len(thresholds)
    own = incidence(where, positive, (total, len(truth))) @ weights
    positives = np.cumsum(own, axis=0)
    # Negatives by place: 2 t between the thresholds t - 1 and t, 2 t + 1 at t.
    above = np.searchsorted(thresholds, -scores[negative], side="left")
    upto = np.searchsorted(thresholds, -scores[negative], side="right")
    parts = incidence(above + upto, negative, (2 * total + 1, len(truth))) @ weights
    negatives = np.cumsum(parts, axis=0)
    higher, reached = negatives[:-1:2], negatives[1::2]
    lost = (own * (higher + reached)).sum(0) / 2
    roc = 1 - ratio(lost, positives[-1] * negatives[-1])
    precision = ratio(positives, positives + reached, undefined=0)
    return roc, ratio((own * precision).sum(0), positives[-1])


def median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted median: half of the weight on either side; `(repeats,)`.

    Between two values if the weight splits there exactly, as `numpy.median` has it.
    """
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order], axis=0)
    half = below[-1] / 2
    # A sum of equal weights is not exactly half of another: float64 rounding.
    slack = 1e-12 * half
    low = np.argmax(below >= half - slack, axis=0)
    high = np.argmax(below > half + slack, axis=0)
    middle = (values[order[low]] + values[order[high]]) / 2
    return np.where(half > 0, middle, np.nan)
