"""Figures of one class of several that have an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmkeras.figures._weighted import incidence_of, mean, ratio
from mmkeras.figures.classification_figures import ClassificationFigures


class OrdinalFigures(ClassificationFigures):
    """A classification's figures, and how far answers are off in ranks.

    Keys beside those of `ClassificationFigures`: `mae`, the mean of
    `|answer - truth|` in ranks; `within_one`, the share of rows at most one rank
    off; `quadratic_kappa = 1 - sum_ij d_ij O_ij / sum_ij d_ij E_ij` with
    `d_ij = (i - j)^2`, the confusion matrix `O` and the one expected of chance,
    `E_ij = row_i column_j / total`: undefined where truth and answers are all of
    one class. The answer is given: for an order it is best the median and not the
    most probable class. `ece` is of the answer's probability.

    Args:
        labels: `(rows,)` indices of the true classes.
        probabilities: `(rows, classes)`.
        classes: their names in their order, two or more.
        chosen: `(rows,)` indices of the answers.

    Raises:
        ValueError: as in `ClassificationFigures`.

    Example:
        >>> from mmkeras.figures import OrdinalFigures
        >>> p = np.array([[0.4, 0.3, 0.3], [0, 0, 1]])
        >>> figures = OrdinalFigures([2, 2], p, ("low", "mid", "high"), chosen=[1, 2])
        >>> figures.point(np.ones(2))["mae"]
        0.5

    Reference:
        Cohen, 1968, Psychological Bulletin 70(4) (weighted kappa).
    """

    def __init__(
        self,
        labels: np.ndarray,
        probabilities: np.ndarray,
        classes: Sequence[str],
        chosen: np.ndarray,
    ):
        super().__init__(labels, probabilities, classes, chosen=chosen)
        self._distance = abs(self.labels - self.chosen)

    def _point(self, kept: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
        from sklearn import metrics

        labels, chosen = self.labels[kept], self.chosen[kept]
        given = {"sample_weight": weights}
        kappa = np.nan
        if len({*labels, *chosen}) > 1:
            kinds = list(range(len(self.classes)))
            kappa = metrics.cohen_kappa_score(
                labels, chosen, labels=kinds, weights="quadratic", **given
            )
        near = self._distance[kept] <= 1
        return {
            **super()._point(kept, weights),
            "mae": metrics.mean_absolute_error(labels, chosen, **given),
            "within_one": np.average(near, weights=weights),
            "quadratic_kappa": kappa,
        }

    def _replicates(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        ranks = np.arange(len(self.classes))
        squares = np.square(ranks[:, None] - ranks)
        truth, answers = (
            incidence_of(of_row[:, None] == ranks) @ weights
            for of_row in (self.labels, self.chosen)
        )
        # Of marginals, not of moments: exactly 0 where all is one class.
        chance = (truth * (squares @ answers)).sum(0)
        observed = (self._distance**2) @ weights
        return {
            **super()._replicates(weights),
            "mae": mean(self._distance, weights),
            "within_one": mean(self._distance <= 1, weights),
            "quadratic_kappa": 1 - ratio(observed * weights.sum(0), chance),
        }
