"""What tasks with one class a row share: the names, their order, their serving."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import field_validator

from mmkeras._cells import as_text, is_missing
from mmkeras._checks import did_you_mean
from mmkeras._frozen import not_learned, wrong
from mmkeras._row_error import RowError
from mmkeras.tasks.task import HeadTask

if TYPE_CHECKING:
    import tensorflow as tf


class ClassTask(HeadTask):
    """A task whose label is one of several names.

    Args:
        column: the column of class names.
        optional: whether a row may lack its label.
        weight_column: a column of row weights.
        weight: what the task's loss counts beside those of other tasks.
        hidden_units: units of the head's hidden layer; 0 for none.
        dropout: fraction of the fused embedding dropped in training.
        classes: the names in order.
    """

    column: str
    classes: tuple[str, ...] | None = None

    @field_validator("classes")
    @classmethod
    def _at_least_two(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value is not None and len(set(value)) < max(2, len(value)):
            raise wrong("two or more different names", value, "Remove repeated names.")
        return value

    @property
    def label_dtype(self) -> str:
        """`int32` index into `classes`."""
        return "int32"

    def columns(self) -> tuple[str, ...]:
        """The label's column."""
        return (self.column,)

    def known_classes(self) -> tuple[str, ...]:
        """The classes, or an error that says how to get them."""
        return known_classes(self)

    def fit(self, cells: Iterable[Any]) -> Self:
        """Take the training split's classes, in order, if none are given.

        Raises:
            SpecError: if a given class is on no training row, or there are fewer
                than two.
        """
        found = {as_text(cell) for cell in cells if not is_missing(cell)}
        return self.replace(classes=self._choose(found))

    def _choose(self, found: set[str]) -> tuple[str, ...]:
        return choose_classes(self, found)

    def encode(self, cell: Any) -> int:
        """The index of a class name."""
        return class_index(as_text(cell), self.known_classes())

    def confusion_classes(self) -> tuple[str, ...]:
        """The classes."""
        return self.known_classes()

    def _serve(
        self, name: str, chosen: tf.Tensor, probabilities: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        import tensorflow as tf

        names = tf.constant(self.known_classes(), tf.string)
        return {
            name: tf.gather(names, chosen),
            f"{name}_probabilities": probabilities,
        }

    def _names(self, chosen: np.ndarray) -> np.ndarray:
        return np.array(self.known_classes())[chosen]


def known_classes(task: Any) -> tuple[str, ...]:
    """The task's classes, or an error that says how to get them."""
    if task.classes is None:
        raise not_learned(type(task).__name__, "classes", "labels are encoded")
    return task.classes


def choose_classes(task: Any, found: set[str]) -> tuple[str, ...]:
    """The given classes if all were found, else those found in code point order."""
    if task.classes is None:
        return tuple(sorted(found))
    unseen = [name for name in task.classes if name not in found]
    if unseen:
        raise wrong(
            "found in the training split, each of them",
            unseen,
            "No training row has these: remove them, or check their spelling. "
            f"The column '{task.column}' holds: {', '.join(sorted(found)[:20])}.",
            ("classes",),
        )
    return task.classes


def class_index(name: str, classes: Sequence[str]) -> int:
    """The index of a name, or an error for the row."""
    if name not in classes:
        raise RowError(f"{name!r} is not a class. {did_you_mean(name, classes)}")
    return classes.index(name)
