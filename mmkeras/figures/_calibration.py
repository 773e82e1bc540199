"""Whether probabilities are as often right as they say."""

from __future__ import annotations

import numpy as np

from mmkeras.figures._weighted import incidence, ratio

# As many as in Guo et al., 2017.
BINS = 15
_EDGES = np.linspace(0, 1, BINS + 1)


def _bins(confidence: np.ndarray) -> np.ndarray:
    """Bin `m` is `(m / 15, (m + 1) / 15]`; 0 falls into the first."""
    return np.searchsorted(_EDGES[1:-1], confidence, side="left")


def calibration(
    confidence: np.ndarray, correct: np.ndarray, weights: np.ndarray
) -> list[dict[str, float]]:
    """The bins that hold something, each with its means and its weight.

    Args:
        confidence: `(cells,)` probabilities.
        correct: `(cells,)`, 1 where the event came true.
        weights: `(cells,)`.
    """
    bins = _bins(confidence)
    weight, sure, right = (
        np.bincount(bins, weights * x, BINS) for x in (1, confidence, correct)
    )
    return [
        {
            "low": _EDGES[m],
            "high": _EDGES[m + 1],
            "confidence": sure[m] / weight[m],
            "accuracy": right[m] / weight[m],
            "weight": weight[m],
        }
        for m in np.flatnonzero(weight)
    ]


def calibration_error(bins: list[dict[str, float]]) -> float:
    """`sum_m w_m |accuracy_m - confidence_m| / sum_m w_m`."""
    gaps = [b["weight"] * abs(b["accuracy"] - b["confidence"]) for b in bins]
    return sum(gaps) / sum(b["weight"] for b in bins)


def calibration_errors(
    confidence: np.ndarray, correct: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """The same of `(rows, cells)` for each of `(rows, repeats)` weights."""
    rows, cells = confidence.shape
    places = np.repeat(np.arange(rows), cells)
    gaps = (correct - confidence).ravel()
    bins = _bins(confidence).ravel()
    sums = incidence(bins, places, (BINS, rows), gaps) @ weights  # (bins, repeats)
    return ratio(np.abs(sums).sum(0), cells * weights.sum(0))
