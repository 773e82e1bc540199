"""Figures of one class of several."""

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
from mmkeras.figures._weighted import mean, mean_of_defined, ratio
from mmkeras.figures.figures import Figures

# Probabilities are float32 softmaxes, at worst of half precision.
_SUM_TOLERANCE = 1e-2


class ClassificationFigures(Figures):
    """Figures of one class of several, from probabilities.

    Keys: `accuracy`; `balanced_accuracy`, the mean recall of the classes that are
    true somewhere; `macro_`, `weighted_precision`, `_recall` and `_f1` over all
    classes (0 for one that is never answered), and `micro_f1`, which equals the
    accuracy; `roc_auc`, of the positive class for two classes, else the mean of
    each class against the others; `pr_auc`, the mean average precision of the
    classes that are true somewhere; `log_loss` in nats; `brier`,
    `sum_k (p_k - y_k)^2`, half of it for two classes; `ece`, the expected
    calibration error `sum_m w_m / w |accuracy_m - confidence_m|` over 15 equal
    bins of the answer's probability. For two classes also the positive class's
    `precision`, `recall` and `f1`. Beside these `per_class`, `confusion` (a row a
    true class) and `calibration` (the bins that hold a row).

    An area under a curve is undefined for a class that is never true; `roc_auc`
    also for one that always is. Such a class is left out of the mean.

    Args:
        labels: `(rows,)` indices of the true classes.
        probabilities: `(rows, classes)`.
        classes: their names, two or more.
        positive: for two classes, the name of the positive one; the second if not
            given.
        chosen: `(rows,)` indices of the answers; the most probable classes if not
            given.

    Raises:
        ValueError: if shapes do not agree, an index is no class, or a row's
            probabilities are not a distribution.

    Example:
        >>> from mmkeras.figures import ClassificationFigures
        >>> labels, p = np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [1, 0]])
        >>> figures = ClassificationFigures(labels, p, ("cat", "dog"))
        >>> figures.point(np.ones(3))["recall"]
        0.5
        >>> figures.replicates(np.array([[1, 1, 1], [0, 2, 0]]))["recall"].tolist()
        [0.5, 1.0]

    Reference:
        Guo et al., "On Calibration of Modern Neural Networks", 2017,
        arXiv:1706.04599 (ECE); Brier, 1950, Monthly Weather Review 78(1).
    """

    headline: ClassVar[str] = "accuracy"

    def __init__(
        self,
        labels: np.ndarray,
        probabilities: np.ndarray,
        classes: Sequence[str],
        positive: str | None = None,
        chosen: np.ndarray | None = None,
    ):
        super().__init__(len(labels))
        self.classes = tuple(classes)
        #: `(rows,)` indices of classes, as `chosen`; a column of `probabilities` each.
        self.labels = self._indices("labels", labels)
        self.probabilities = self._distributions(np.asarray(probabilities))
        if chosen is None:
            chosen = self.probabilities.argmax(-1)
        self.chosen = self._indices("chosen", chosen)
        self.positive = self._positive(positive)
        kinds = np.arange(len(self.classes))
        truth = self.labels[:, None] == kinds
        answered = self.chosen[:, None] == kinds
        self._by_class = ByClass(truth, answered, self.probabilities, self.classes)
        # Not for the curves: rounding would break their ties.
        exact = self.probabilities.astype("float64")
        self._exact = exact / exact.sum(-1, keepdims=True)
        self._right = self.labels == self.chosen
        rows = np.arange(len(self.labels))
        self._confidence = exact[rows, self.chosen]
        brier = np.square(self._exact - truth).sum(-1)
        self._brier = brier / 2 if len(self.classes) == 2 else brier
        # Clipped as scikit-learn does it: 0 would be an endless loss.
        likely = np.maximum(self._exact[rows, self.labels], np.finfo("float64").eps)
        self._nats = -np.log(likely)

    def _indices(self, argument: str, values: np.ndarray) -> np.ndarray:
        indices = np.asarray(values)
        shape, size = (self.num_rows,), len(self.classes)
        if indices.shape != shape or not np.isin(indices, range(size)).all():
            fix = f"One index below {size} for each of the {self.num_rows} rows."
            raise self._bad(argument, "indices of classes", values, fix)
        return indices.astype("int64")

    def _distributions(self, values: np.ndarray) -> np.ndarray:
        shape = (self.num_rows, len(self.classes))
        if values.shape != shape or shape[1] < 2:
            fix = "A column a class, two or more of them."
            raise self._bad("probabilities", f"of the shape {shape}", values, fix)
        sums = values.sum(-1, dtype="float64")
        # Differences of cumulative probabilities may fall below 0 by rounding.
        near = (values >= -_SUM_TOLERANCE).all(-1) & (abs(sums - 1) <= _SUM_TOLERANCE)
        if not near.all():
            fix = "Apply a softmax to scores first."
            raise self._bad("probabilities", "distributions", values, fix)
        return np.maximum(values, 0)

    def _positive(self, name: str | None) -> int | None:
        if len(self.classes) == 2 and name in (None, *self.classes):
            return 1 if name is None else self.classes.index(name)
        if name is not None:
            fix = "Only a task of two classes has a positive one."
            raise self._bad("positive", f"of two classes, {self.classes}", name, fix)
        return None

    def _point(self, kept: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
        from sklearn import metrics

        labels, chosen = self.labels[kept], self.chosen[kept]
        kinds = list(range(len(self.classes)))
        given = {"sample_weight": weights}
        averages, columns = self._by_class.point(kept, weights)
        bins = calibration(self._confidence[kept], self._right[kept], weights)
        return {
            "accuracy": metrics.accuracy_score(labels, chosen, **given),
            **self._summary(averages, columns),
            "log_loss": metrics.log_loss(
                labels, self._exact[kept], labels=kinds, **given
            ),
            "ece": calibration_error(bins),
            "brier": np.average(self._brier[kept], weights=weights),
            "per_class": self._by_class.table(columns),
            "confusion": metrics.confusion_matrix(
                labels, chosen, labels=kinds, **given
            ),
            "calibration": bins,
        }

    def _replicates(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        confidence, right = self._confidence[:, None], self._right[:, None]
        return {
            "accuracy": mean(self._right, weights),
            **self._summary(*self._by_class.replicates(weights)),
            "log_loss": mean(self._nats, weights),
            "ece": calibration_errors(confidence, right, weights),
            "brier": mean(self._brier, weights),
        }

    def _summary(
        self, averages: dict[str, np.ndarray], columns: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """What follows from the figures of each class, for one weighting or many."""
        there = columns["support"] > 0
        recalls = np.where(there, columns["recall"], 0)
        summary = {
            "balanced_accuracy": ratio(recalls.sum(0), there.sum(0)),
            **averages,
            "roc_auc": mean_of_defined(columns["roc_auc"]),
            "pr_auc": mean_of_defined(columns["pr_auc"]),
        }
        # Both equal the accuracy, as `micro_f1` does.
        del summary["micro_precision"], summary["micro_recall"]
        if self.positive is not None:
            keys = ("precision", "recall", "f1", "roc_auc")
            summary |= {key: columns[key][self.positive] for key in keys}
        return summary

    def rows(self) -> np.ndarray:
        """1 where the answer is right, else 0."""
        return self._right.astype("float64")
