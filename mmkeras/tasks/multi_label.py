"""Any number of several labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import keras
import numpy as np
from pydantic import Field

from mmkeras._cells import as_text, is_missing
from mmkeras._row_error import RowError
from mmkeras.figures import MultiLabelFigures
from mmkeras.tasks._classes import NamedTask

if TYPE_CHECKING:
    import tensorflow as tf


class MultiLabel(NamedTask):
    """Any number of several labels, none included, by a sigmoid each.

    Args:
        type: `"multi_label"`.
        column: the column of labels: text with `separator` between them, or lists.
        optional: whether a row may lack its labels. An empty text is no missing
            one: it says that there is none of them.
        weight_column: a column of row weights.
        weight: what the task's loss counts beside those of other tasks.
        hidden_units: units of the head's hidden layer; 0 for none.
        dropout: fraction of the fused embedding dropped in training.
        classes: the labels in order; those of the training split, sorted, if not
            given.
        separator: between two labels of a cell, and of an answer.
        threshold: probability from which a label is in the answer, in (0, 1).

    Example:
        >>> task = MultiLabel(column="tags", classes=("cat", "dog", "owl"))
        >>> task.encode("owl|cat").tolist()
        [1.0, 0.0, 1.0]
        >>> task.answers(np.array([[0.9, 0.1, 0.7]])).tolist()
        ['cat|owl']
    """

    type: Literal["multi_label"] = "multi_label"
    separator: Annotated[str, Field(min_length=1)] = "|"
    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5

    @property
    def label_dtype(self) -> str:
        """`float32`: 1 where a label is there, else 0."""
        return "float32"

    @property
    def label_shape(self) -> tuple[int, ...]:
        """`(classes,)`."""
        return (len(self.known_classes()),)

    def fit(self, cells: Iterable[Any]) -> Self:
        """Take the training split's labels, in code point order, if none are given.

        Raises:
            SpecError: if a given label is on no training row, or there are none.
        """
        found = {x for cell in cells if not is_missing(cell) for x in self._split(cell)}
        return self.replace(classes=self._choose(found))

    def _split(self, cell: Any) -> list[str]:
        if isinstance(cell, list | tuple | np.ndarray):
            return [as_text(part) for part in cell]
        parts = as_text(cell).split(self.separator)
        return [part.strip() for part in parts if part.strip()]

    def encode(self, cell: Any) -> np.ndarray:
        """1 for each label of the cell, 0 for the others."""
        values = np.zeros(self.label_shape, "float32")
        for name in self._split(cell):
            index = self._index(name)
            if values[index]:
                raise RowError(f"{name!r} is there more than once")
            values[index] = 1.0
        return values

    def _output_layers(self) -> Sequence[keras.Layer]:
        units = len(self.known_classes())
        return [keras.layers.Dense(units, activation="sigmoid", dtype="float32")]

    def loss(self) -> keras.losses.Loss:
        """Mean binary cross-entropy of the labels, in nats."""
        return keras.losses.BinaryCrossentropy()

    def metrics(self) -> list[keras.metrics.Metric]:
        """F1 of all cells together."""
        return [
            keras.metrics.F1Score(
                average="micro", threshold=self.threshold, name="micro_f1"
            )
        ]

    def answers(self, predictions: np.ndarray) -> np.ndarray:
        """`(batch, classes)` probabilities to `(batch,)` joined names."""
        names = self.known_classes()
        return np.array(
            [
                self.separator.join(n for n, p in zip(names, row, strict=True) if p)
                for row in predictions > self.threshold
            ]
        )

    def serve(self, name: str, predictions: tf.Tensor) -> dict[str, tf.Tensor]:
        """`<name>`: the labels, joined; `<name>_probabilities`: of every label."""
        import tensorflow as tf

        names = tf.constant(self.known_classes(), tf.string)
        # Each label with its separator before it; the first one's is cut off.
        marked = tf.where(
            predictions > self.threshold, tf.strings.join([self.separator, names]), ""
        )
        joined = tf.strings.reduce_join(marked, axis=-1)
        length = tf.strings.length(joined)
        cut = tf.minimum(len(self.separator.encode()), length)
        answer = tf.strings.substr(joined, cut, length - cut)
        return {name: answer, f"{name}_probabilities": predictions}

    def figures(self, labels: np.ndarray, predictions: np.ndarray) -> MultiLabelFigures:
        """F1 of rows and labels, precision, recall, AUC, Hamming loss."""
        return MultiLabelFigures(
            labels, predictions, self.known_classes(), threshold=self.threshold
        )
