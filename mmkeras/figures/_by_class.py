"""Precision, recall, F1 and areas under curves, by class and averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmkeras.figures._weighted import curve_areas, incidence_of, ratio

_NAMES = ("precision", "recall", "f1")

Found = dict[str, np.ndarray]


class ByClass:
    """Each class against the others.

    Args:
        truth: `(rows, classes)` bools: the class is true.
        answered: `(rows, classes)` bools: the class is answered.
        probabilities: `(rows, classes)`.
        classes: their names.
    """

    def __init__(
        self,
        truth: np.ndarray,
        answered: np.ndarray,
        probabilities: np.ndarray,
        classes: Sequence[str],
    ):
        self.truth = truth
        self.answered = answered
        self.probabilities = probabilities
        self.classes = classes

    def point(self, kept: np.ndarray, weights: np.ndarray) -> tuple[Found, Found]:
        """Averages (macro, micro, weighted); then by figure `(classes,)`.

        A class that nothing answers has the precision 0, one that is never true
        the recall 0.
        """
        from sklearn import metrics

        truth, answered = self.truth[kept].astype(int), self.answered[kept].astype(int)
        one = len(self.classes) == 1

        def scores(average: str | None) -> Any:
            return metrics.precision_recall_fscore_support(
                truth,
                answered,
                # One column is no table to scikit-learn, but the classes 0 and 1.
                labels=[1] if one else None,
                average=average,
                sample_weight=weights,
                zero_division=0.0,
            )[:3]

        averages = {
            f"{average}_{name}": value
            for average in ("macro", "micro", "weighted")
            for name, value in zip(_NAMES, scores(average), strict=True)
        }
        columns = dict(zip(_NAMES, scores(None), strict=True))
        columns["support"] = weights @ truth
        areas = [self._areas(i, kept, weights) for i in range(len(self.classes))]
        columns["roc_auc"], columns["pr_auc"] = np.transpose(areas)
        return averages, columns

    def replicates(self, weights: np.ndarray) -> tuple[Found, Found]:
        """The same for `(rows, repeats)` weights: `(repeats,)`, `(classes, repeats)`.

        A replicate without a row has no averages: NaN.
        """
        tables = (self.truth, self.answered, self.truth & self.answered)
        support, answers, hits = (incidence_of(table) @ weights for table in tables)
        columns = _scores(support, answers, hits)
        averages = {f"macro_{name}": x.mean(0) for name, x in columns.items()}
        micro = _scores(support.sum(0), answers.sum(0), hits.sum(0))
        averages |= {f"micro_{name}": x for name, x in micro.items()}
        for name, x in columns.items():
            total = (x * support).sum(0)
            averages[f"weighted_{name}"] = ratio(total, support.sum(0), undefined=0)
        rows = weights.sum(0)
        averages = {k: np.where(rows > 0, x, np.nan) for k, x in averages.items()}
        areas = [
            curve_areas(self.truth[:, i], self.probabilities[:, i], weights)
            for i in range(len(self.classes))
        ]
        columns |= {
            "support": support,
            "roc_auc": np.stack([roc for roc, _ in areas]),
            "pr_auc": np.stack([precision for _, precision in areas]),
        }
        return averages, columns

    def table(self, columns: Found) -> dict[str, dict[str, float]]:
        """The columns of `point` by the name of the class."""
        return {
            name: {key: values[i] for key, values in columns.items()}
            for i, name in enumerate(self.classes)
        }

    def _areas(
        self, index: int, kept: np.ndarray, weights: np.ndarray
    ) -> tuple[float, float]:
        from sklearn import metrics

        truth = self.truth[kept, index]
        scores = self.probabilities[kept, index]
        given = {"sample_weight": weights}
        if not truth.any():
            return np.nan, np.nan
        precision = metrics.average_precision_score(truth, scores, **given)
        if truth.all():
            return np.nan, precision
        return metrics.roc_auc_score(truth, scores, **given), precision


def _scores(
    support: np.ndarray, answers: np.ndarray, hits: np.ndarray
) -> dict[str, np.ndarray]:
    return {
        "precision": ratio(hits, answers, undefined=0),
        "recall": ratio(hits, support, undefined=0),
        "f1": ratio(2 * hits, support + answers, undefined=0),
    }
