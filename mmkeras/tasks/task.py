"""What every task has: labels, a head, a loss, metrics, answers, figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import keras
import numpy as np
from pydantic import Field

from mmkeras._frozen import Frozen
from mmkeras.figures import Figures

if TYPE_CHECKING:
    import tensorflow as tf


class Task(Frozen):
    """One thing that is learned.

    A subclass gives `type`, `columns`, `encode`, `head`, `loss`, `metrics`,
    `answers`, `serve` and `figures`; where it has to learn from the training
    split's labels, `fit`.

    Args:
        optional: whether a row may lack this label; such a row then weighs zero
            for this task. Otherwise it is quarantined.
        weight_column: a column of row weights, at least 0.
        weight: what the task's loss counts beside those of other tasks, above 0.
    """

    optional: bool = False
    weight_column: str | None = None
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0

    #: Whether an input that read the columns would read the answer.
    secret: ClassVar[bool] = True
    #: What stands for the label of a row that has none.
    no_label: ClassVar[int] = 0
    #: Whether such a row weighs 0.
    needs_label: ClassVar[bool] = True
    #: Whether the loss of an example is its own, so that examples may be mixed.
    mixable: ClassVar[bool] = True

    @property
    def weighted(self) -> bool:
        """Whether batches carry a weight for each row of this task."""
        return self.optional or self.weight_column is not None

    @property
    def label_dtype(self) -> str:
        """Dtype of an encoded label."""
        raise NotImplementedError

    @property
    def label_shape(self) -> tuple[int, ...]:
        """Shape of one encoded label."""
        return ()

    def columns(self) -> tuple[str, ...]:
        """The columns that a label is made of; none if each row is its own."""
        raise NotImplementedError

    def inputs(self) -> tuple[str, ...]:
        """The inputs whose embeddings the head reads; none for the fused one."""
        return ()

    def fit(self, cells: Iterable[Any]) -> Self:
        """A copy that has learned from the training split's labels."""
        return self

    def encode(self, cell: Any) -> Any:
        """One label as a number or an array.

        Args:
            cell: of the task's column; a tuple of cells if there are several
                columns, the row's id if there are none.

        Raises:
            RowError: if the cell is no label of this task.
        """
        raise NotImplementedError

    def head(self, name: str) -> keras.Layer:
        """Fused embedding `(batch, dim)` to this task's predictions.

        Of a task that has `inputs()`, a dict of their embeddings.
        """
        raise NotImplementedError

    def loss(self) -> keras.losses.Loss | None:
        """A new loss for `compile`; `None` if nothing is learned."""
        raise NotImplementedError

    def metrics(self) -> list[keras.metrics.Metric]:
        """New metrics for `compile`."""
        raise NotImplementedError

    def answers(self, predictions: np.ndarray) -> np.ndarray:
        """Predictions as the names or numbers that people use."""
        raise NotImplementedError

    def serve(self, name: str, predictions: tf.Tensor) -> dict[str, tf.Tensor]:
        """The served outputs, as TensorFlow tensors."""
        raise NotImplementedError

    def figures(self, labels: np.ndarray, predictions: np.ndarray) -> Figures:
        """What an evaluation says of predictions, a row each."""
        raise NotImplementedError

    def confusion_classes(self) -> tuple[str, ...]:
        """Names of a confusion matrix's rows and columns; none for most tasks."""
        return ()


class HeadTask(Task):
    """A task whose head is dropout, a hidden layer and output layers.

    Args:
        optional: whether a row may lack this label; such a row then weighs zero
            for this task. Otherwise it is quarantined.
        weight_column: a column of row weights, at least 0.
        weight: what the task's loss counts beside those of other tasks, above 0.
        hidden_units: units of the head's hidden layer; 0 for none.
        dropout: fraction of the fused embedding dropped in training.
    """

    hidden_units: Annotated[int, Field(ge=0)] = 64
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0

    def head(self, name: str) -> keras.Model:
        """Fused embedding `(batch, dim)` to this task's predictions."""
        layers: list[keras.Layer] = []
        if self.dropout:
            layers.append(keras.layers.Dropout(self.dropout))
        if self.hidden_units:
            layers.append(keras.layers.Dense(self.hidden_units, activation="relu"))
        return keras.Sequential([*layers, *self._output_layers()], name=name)

    def _output_layers(self) -> Sequence[keras.Layer]:
        raise NotImplementedError
