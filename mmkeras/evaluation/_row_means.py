"""Weighted means of row scores, with intervals from one common resampling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from mmkeras.figures.bootstrap import bootstrap_counts

_REPEATS = 1000
# Of the 95 % interval.
_EDGES = (0.025, 0.975)
# How the names of figures are written.
_ABBREVIATIONS = {"mae": "MAE", "rmse": "RMSE", "mrr": "MRR", "mean_iou": "mean IoU"}


class RowMeans:
    """Means over the same rows, all resampled by the same draws.

    A difference of two conditions is the mean of the rows' differences, so its
    interval is that of paired rows.

    Args:
        weights: `(rows,)`, above 0.
        seed: of the draws.
    """

    def __init__(self, weights: np.ndarray, seed: int):
        self.weights = weights
        drawn = bootstrap_counts(len(weights), _REPEATS, seed) * weights
        totals = drawn.sum(1, keepdims=True)
        # One row of all the weight may be drawn by nobody.
        self.draws = (drawn / np.where(totals > 0, totals, 1))[totals[:, 0] > 0]

    def __call__(self, scores: np.ndarray) -> dict[str, float]:
        """`value`, and `low` and `high` of its 95 % percentile interval.

        Args:
            scores: `(rows,)`.
        """
        low, high = np.quantile(self.draws @ scores, _EDGES)
        value = np.average(scores, weights=self.weights)
        return {"value": float(value), "low": float(low), "high": float(high)}


class Headline(NamedTuple):
    """A task's headline figure: its name, direction and unit."""

    name: str
    lower_is_better: bool
    unit: str

    @classmethod
    def of(cls, figures: Any, task: Any) -> Headline:
        """Of a task's figures.

        Args:
            figures: a `Figures`.
            task: whose.
        """
        unit = getattr(task, "unit", "") if figures.lower_is_better else "points"
        # Several values in several units have no unit together.
        unit = unit if isinstance(unit, str) else ""
        return cls(figures.headline, figures.lower_is_better, unit)

    @classmethod
    def from_dict(cls, figures: Mapping[str, Any]) -> Headline:
        """Of a task's part of a result."""
        keys = ("headline", "lower_is_better", "unit")
        return cls(*(figures[key] for key in keys))

    @property
    def label(self) -> str:
        """The name as it is read."""
        return _ABBREVIATIONS.get(self.name, self.name.replace("_", " "))

    @property
    def sign(self) -> int:
        """What turns a difference of the figure into an improvement."""
        return -1 if self.lower_is_better else 1

    def amount(self, value: float) -> str:
        """A difference as it is read: points of a score in 0..1, else in its unit."""
        if self.unit == "points":
            return f"{abs(value) * 100:.1f} points"
        return f"{abs(value):.3g} {self.unit}".rstrip()

    def signed(self, value: float) -> str:
        """A difference as it is read, with its sign and without its unit."""
        number = self.amount(value).split(" ")[0]
        return f"-{number}" if value < 0 and float(number) else number

    def number(self, value: float) -> str:
        """A value or a difference in a table."""
        return f"{value:.4f}" if self.unit == "points" else f"{value:.4g}"

    def span(self, interval: Mapping[str, float]) -> str:
        """An interval in a table."""
        return f"{self.number(interval['low'])} to {self.number(interval['high'])}"
