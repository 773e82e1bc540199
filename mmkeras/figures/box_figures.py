"""Figures of one box a row."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mmkeras.figures._weighted import mean
from mmkeras.figures.figures import Figures


class BoxFigures(Figures):
    """Figures of one box a row, by how much it covers the true one.

    Keys: `mean_iou`, the mean of `IoU = intersection / union`; `iou_at_50` and
    `iou_at_75`, the share of rows with an IoU of at least 0.5 or 0.75; `giou`, the
    mean of `IoU - (hull - union) / hull` in [-1, 1], where the hull is the smallest
    box around both. A box without area has an IoU of 0 with any other, and no two
    of them are near: their GIoU is -1 if they share a point.

    Args:
        labels: `(rows, 4)` corners `x0 y0 x1 y1`.
        predictions: `(rows, 4)`; one whose corners are swapped has no area.

    Raises:
        ValueError: if a shape is another, or a number is not finite.

    Example:
        >>> from mmkeras.figures import BoxFigures
        >>> figures = BoxFigures(np.array([[0, 0, 2, 2]]), np.array([[0, 0, 2, 1]]))
        >>> figures.point(np.ones(1))["mean_iou"]
        0.5

    Reference:
        Rezatofighi et al., "Generalized Intersection over Union", 2019,
        arXiv:1902.09630.
    """

    headline: ClassVar[str] = "mean_iou"

    def __init__(self, labels: np.ndarray, predictions: np.ndarray):
        super().__init__(len(labels))
        self.labels = self._boxes("labels", labels)
        self.predictions = self._boxes("predictions", predictions)
        overlap = np.concatenate(
            [
                np.maximum(self.labels[:, :2], self.predictions[:, :2]),
                np.minimum(self.labels[:, 2:], self.predictions[:, 2:]),
            ],
            axis=-1,
        )
        hull = np.concatenate(
            [
                np.minimum(self.labels[:, :2], self.predictions[:, :2]),
                np.maximum(self.labels[:, 2:], self.predictions[:, 2:]),
            ],
            axis=-1,
        )
        shared, around = _area(overlap), _area(hull)
        union = _area(self.labels) + _area(self.predictions) - shared
        iou = shared / np.where(union > 0, union, 1)
        empty = np.where(around > 0, (around - union) / np.where(around, around, 1), 1)
        self._scores = {
            "mean_iou": iou,
            "iou_at_50": (iou >= 0.5).astype("float64"),
            "iou_at_75": (iou >= 0.75).astype("float64"),
            "giou": iou - empty,
        }

    def _boxes(self, argument: str, values: np.ndarray) -> np.ndarray:
        boxes, shape = np.asarray(values, "float64"), (self.num_rows, 4)
        if boxes.shape != shape or not np.isfinite(boxes).all():
            expected = f"finite and of the shape {shape}"
            raise self._bad(argument, expected, values, "Four corners a row.")
        # Swapped corners: no area, and no hull that is smaller than a box.
        return np.concatenate(
            [boxes[:, :2], np.maximum(boxes[:, :2], boxes[:, 2:])], axis=-1
        )

    def _point(self, kept: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
        return {
            key: np.average(scores[kept], weights=weights)
            for key, scores in self._scores.items()
        }

    def _replicates(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        return {key: mean(scores, weights) for key, scores in self._scores.items()}

    def rows(self) -> np.ndarray:
        """Each row's IoU."""
        return self._scores["mean_iou"]


def _area(boxes: np.ndarray) -> np.ndarray:
    return np.maximum(boxes[:, 2:] - boxes[:, :2], 0).prod(-1)
