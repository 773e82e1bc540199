"""Where in a picture something is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import keras
import numpy as np
from pydantic import field_validator

from mmkeras._frozen import wrong
from mmkeras._row_error import RowError
from mmkeras.figures import BoxFigures
from mmkeras.tasks._boxes import CornersFromCenter, GIoULoss, box_iou
from mmkeras.tasks._numbers import read_numbers
from mmkeras.tasks.task import HeadTask

if TYPE_CHECKING:
    import tensorflow as tf

# Rounding of what people write, as a part of the picture's side.
_TOLERANCE = 1e-3


class BoundingBox(HeadTask):
    """One box in each row's picture, in parts of the picture's width and height.

    The picture has to be stretched to its size (`resize: stretch`), so that parts
    stay what they are, and nothing may move its pixels in training. Encoders that
    average over positions (`image_resnet`) do not know where things are:
    `image_cnn` and `image_vit` with their defaults do.

    Args:
        type: `"bounding_box"`.
        column: the columns of the four numbers, or one column of lists of four.
        picture: the name of the input that the box is in.
        optional: whether a row may lack its box.
        weight_column: a column of row weights.
        weight: what the task's loss counts beside those of other tasks.
        hidden_units: units of the head's hidden layer; 0 for none.
        dropout: fraction of the fused embedding dropped in training.
        format: what the four are: `"xyxy"` corners, `"xywh"` corner and size,
            `"cxcywh"` centre and size.
        size_columns: columns of the picture's width and height, if boxes are in
            pixels of it; if not given they are parts, 0 to 1. Answers are parts.

    Example:
        >>> task = BoundingBox(column="box", picture="photo", format="xywh")
        >>> task.encode("0.25 0.5 0.5 0.25").tolist()
        [0.25, 0.5, 0.75, 0.75]
    """

    type: Literal["bounding_box"] = "bounding_box"
    column: str | tuple[str, str, str, str]
    picture: str
    format: Literal["xyxy", "xywh", "cxcywh"] = "xyxy"
    size_columns: tuple[str, str] | None = None

    mixable: ClassVar[bool] = False

    @field_validator("size_columns")
    @classmethod
    def _are_two(cls, value: Any) -> Any:
        if value is not None and value[0] == value[1]:
            raise wrong("two different columns", value, "Name width, then height.")
        return value

    @property
    def label_dtype(self) -> str:
        """`float32`: parts of the picture's width and height."""
        return "float32"

    @property
    def label_shape(self) -> tuple[int, ...]:
        """`(4,)`: the corners `x0 y0 x1 y1`."""
        return (4,)

    def columns(self) -> tuple[str, ...]:
        """The box's, and those of the picture's size."""
        box = (self.column,) if isinstance(self.column, str) else self.column
        return (*box, *(self.size_columns or ()))

    def encode(self, cell: Any) -> np.ndarray:
        """The corners, as parts of the picture."""
        if isinstance(self.column, str):
            box, rest = (cell, ()) if self.size_columns is None else (cell[0], cell[1:])
            numbers = read_numbers(box, self.columns()[:1])
        else:
            numbers, rest = read_numbers(cell[:4], self.columns()[:4]), cell[4:]
        if len(numbers) != 4:
            raise RowError(f"{len(numbers)} numbers where a box has 4")
        if self.size_columns is not None:
            size = read_numbers(tuple(rest), self.size_columns)
            if not (size > 0).all():
                raise RowError(f"a picture of {size[0]:g} by {size[1]:g} pixels")
            numbers = numbers / np.tile(size, 2)
        corners = self._to_corners(numbers)
        low, high = corners[:2], corners[2:]
        if not (high > low).all():
            raise RowError(f"the box {numbers.tolist()} has no area")
        if (low < -_TOLERANCE).any() or (high > 1 + _TOLERANCE).any():
            raise RowError(f"the box {numbers.tolist()} leaves the picture")
        return corners.clip(0, 1)

    def _to_corners(self, numbers: np.ndarray) -> np.ndarray:
        first, second = numbers[:2], numbers[2:]
        if self.format == "xyxy":
            return numbers
        low = first if self.format == "xywh" else first - second / 2
        return np.concatenate([low, low + second])

    def _output_layers(self) -> Sequence[keras.Layer]:
        return [
            keras.layers.Dense(4, dtype="float32"),
            CornersFromCenter(dtype="float32"),
        ]

    def loss(self) -> keras.losses.Loss:
        """`1 - GIoU`, in [0, 2]."""
        return GIoULoss()

    def metrics(self) -> list[keras.metrics.Metric]:
        """Mean intersection over union."""
        return [keras.metrics.MeanMetricWrapper(box_iou, name="mean_iou")]

    def answers(self, predictions: np.ndarray) -> np.ndarray:
        """`(batch, 4)` corners to boxes in the column's format, in parts."""
        low, high = predictions[..., :2], predictions[..., 2:]
        if self.format == "xyxy":
            return predictions
        first = low if self.format == "xywh" else (low + high) / 2
        return np.concatenate([first, high - low], -1)

    def serve(self, name: str, predictions: tf.Tensor) -> dict[str, tf.Tensor]:
        """`<name>`: `(batch, 4)`, the box in the column's format, in parts."""
        import tensorflow as tf

        low, high = predictions[..., :2], predictions[..., 2:]
        if self.format == "xyxy":
            return {name: predictions}
        first = low if self.format == "xywh" else (low + high) / 2
        return {name: tf.concat([first, high - low], -1)}

    def figures(self, labels: np.ndarray, predictions: np.ndarray) -> BoxFigures:
        """Intersection over union, and the share of rows above 1/2 and 3/4."""
        return BoxFigures(labels, predictions)
