"""Figures of any number of labels a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from mmkeras.figures._by_class import ByClass
from mmkeras.figures._calibration import (
    calibration,
    calibration_error,
    calibration_errors,
)
from mmkeras.figures._weighted import mean, mean_of_defined
from mmkeras.figures.figures import Figures


class MultiLabelFigures(Figures):
    """Figures of any number of labels a row, from a probability of each.

    Keys: `sample_f1`, the mean of each row's `2 hits / (true + answered)`, which is
    1 where both are none; `macro_`, `micro_`, `weighted_precision`, `_recall` and
    `_f1` of the classes (0 for one that is never answered or never true);
    `subset_accuracy`, the share of rows without an error; `hamming_loss`, the share
    of wrong cells; `roc_auc` and `mean_average_precision`, means over the classes
    that define them; `ece`, the expected calibration error over all cells, in 15
    equal bins of the label's probability. Beside these `per_class`.

    Args:
        labels: `(rows, classes)`, 1 for each true class, else 0.
        probabilities: `(rows, classes)` in [0, 1].
        classes: their names.
        threshold: a class is answered above this probability.

    Raises:
        ValueError: if shapes do not agree, or a number is out of its range.

    Example:
        >>> from mmkeras.figures import MultiLabelFigures
        >>> labels, p = np.array([[1, 0], [1, 1]]), np.array([[0.9, 0.1], [0.7, 0.2]])
        >>> figures = MultiLabelFigures(labels, p, ("cat", "dog"))
        >>> figures.point(np.ones(2))["hamming_loss"]
        0.25

    Reference:
        Tsoumakas and Katakis, 2007, IJDWM 3(3); Guo et al., 2017, arXiv:1706.04599
        (ECE).
    """

    headline: ClassVar[str] = "sample_f1"

    def __init__(
        self,
        labels: np.ndarray,
        probabilities: np.ndarray,
        classes: Sequence[str],
        threshold: float = 0.5,
    ):
        super().__init__(len(labels))
        self.classes = tuple(classes)
        self.labels = self._table("labels", labels)
        if not np.isin(self.labels, (0, 1)).all():
            raise self._bad("labels", "0 or 1", labels, "1 for each true class.")
        self.probabilities = self._table("probabilities", probabilities)
        truth, answered = self.labels > 0, self.probabilities > threshold
        self._by_class = ByClass(truth, answered, self.probabilities, self.classes)
        self._errors = (truth != answered).mean(-1)
        total = truth.sum(-1) + answered.sum(-1)
        hits = (truth & answered).sum(-1)
        self._f1 = np.where(total > 0, 2 * hits / np.maximum(total, 1), 1.0)

    def _table(self, argument: str, values: np.ndarray) -> np.ndarray:
        table = np.asarray(values)
        shape = (self.num_rows, len(self.classes))
        if table.shape != shape or not ((table >= 0) & (table <= 1)).all():
            expected = f"in [0, 1] and of the shape {shape}"
            raise self._bad(argument, expected, values, "A column a class.")
        return table

    def _point(self, kept: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
        averages, columns = self._by_class.point(kept, weights)
        bins = calibration(
            self.probabilities[kept].ravel().astype("float64"),
            self.labels[kept].ravel(),
            np.repeat(weights, len(self.classes)),
        )
        return {
            # Not scikit-learn's, which knows no table of one column.
            "sample_f1": np.average(self._f1[kept], weights=weights),
            **averages,
            "subset_accuracy": np.average(self._errors[kept] == 0, weights=weights),
            "hamming_loss": np.average(self._errors[kept], weights=weights),
            "roc_auc": mean_of_defined(columns["roc_auc"]),
            "mean_average_precision": mean_of_defined(columns["pr_auc"]),
            "ece": calibration_error(bins),
            "per_class": self._by_class.table(columns),
        }

    def _replicates(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        averages, columns = self._by_class.replicates(weights)
        return {
            "sample_f1": mean(self._f1, weights),
            **averages,
            "subset_accuracy": mean(self._errors == 0, weights),
            "hamming_loss": mean(self._errors, weights),
            "roc_auc": mean_of_defined(columns["roc_auc"]),
            "mean_average_precision": mean_of_defined(columns["pr_auc"]),
            "ece": calibration_errors(
                self.probabilities.astype("float64"), self.labels, weights
            ),
        }

    def rows(self) -> np.ndarray:
        """Each row's F1."""
        return self._f1
