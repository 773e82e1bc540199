"""Figures of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from mmkeras.figures._weighted import mean, ratio
from mmkeras.figures.figures import Figures


class RegressionFigures(Figures):
    """Figures of one number or several, in their units.

    Keys: `mae`, the mean of `|prediction - label|`; `rmse`, the root of the mean
    squared error; `r2 = 1 - sum (label - prediction)^2 / sum (label - mean)^2`;
    `bias`, the mean of `prediction - label`. Of several values each figure is the
    plain mean of the values' figures, and `per_value` has them by name. `r2` is
    undefined where a value's labels are all the same.

    Args:
        labels: `(rows, values)`, or `(rows,)` for one value.
        predictions: of the same number of values.
        names: of the values.

    Raises:
        ValueError: if shapes do not agree, or a number is not finite.

    Example:
        >>> from mmkeras.figures import RegressionFigures
        >>> figures = RegressionFigures(np.array([1, 3]), np.array([2, 3]), ["size"])
        >>> figures.point(np.ones(2))["mae"]
        0.5
    """

    headline: ClassVar[str] = "mae"
    lower_is_better: ClassVar[bool] = True

    def __init__(
        self, labels: np.ndarray, predictions: np.ndarray, names: Sequence[str]
    ):
        super().__init__(len(labels))
        self.names = tuple(names)
        self.labels = self._numbers("labels", labels)
        self.predictions = self._numbers("predictions", predictions)
        self._errors = self.predictions - self.labels

    def _numbers(self, argument: str, values: np.ndarray) -> np.ndarray:
        shape = (self.num_rows, len(self.names))
        numbers = np.asarray(values, "float64")
        if numbers.ndim == 1:
            numbers = numbers[:, None]
        if numbers.shape != shape or not np.isfinite(numbers).all():
            fix = "A row for each label, a column for each name."
            raise self._bad(argument, f"finite and of the shape {shape}", values, fix)
        return numbers

    def _point(self, kept: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
        from sklearn import metrics

        labels, predictions = self.labels[kept], self.predictions[kept]
        given = {"sample_weight": weights, "multioutput": "raw_values"}
        errors = metrics.mean_absolute_error(labels, predictions, **given)
        squared = metrics.root_mean_squared_error(labels, predictions, **given)
        shares = np.full(len(self.names), np.nan)
        varied = np.ptp(labels, axis=0) > 0
        if varied.any():
            columns = labels[:, varied], predictions[:, varied]
            shares[varied] = metrics.r2_score(*columns, **given)
        bias = np.average(self._errors[kept], axis=0, weights=weights)
        values = {"mae": errors, "rmse": squared, "r2": shares, "bias": bias}
        figures: dict[str, Any] = {key: x.mean() for key, x in values.items()}
        if len(self.names) > 1:
            figures["per_value"] = {
                name: {key: x[i] for key, x in values.items()}
                for i, name in enumerate(self.names)
            }
        return figures

    def _replicates(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        values = [self._of_value(i, weights) for i in range(len(self.names))]
        return {key: np.mean([v[key] for v in values], axis=0) for key in values[0]}

    def _of_value(self, index: int, weights: np.ndarray) -> dict[str, np.ndarray]:
        error, labels = self._errors[:, index], self.labels[:, index, None]
        squared = mean(error**2, weights)
        # About each replicate's own mean: a difference of sums of squares would
        # cancel.
        spread = weights * np.square(labels - mean(labels[:, 0], weights))
        low = np.where(weights > 0, labels, np.inf).min(0)
        high = np.where(weights > 0, labels, -np.inf).max(0)
        total = np.where(low < high, spread.sum(0), 0)
        return {
            "mae": mean(abs(error), weights),
            "rmse": np.sqrt(squared),
            "r2": 1 - ratio(squared * weights.sum(0), total),
            "bias": mean(error, weights),
        }

    def rows(self) -> np.ndarray:
        """Each row's mean absolute error over its values."""
        return abs(self._errors).mean(-1)
