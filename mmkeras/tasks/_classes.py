"""What tasks with one class a row share: the names, their order, their serving."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from pydantic import field_validator

from mmkeras._cells import as_text, is_missing
from mmkeras._checks import did_you_mean
from mmkeras._frozen import not_learned, wrong
from mmkeras._row_error import RowError
from mmkeras.tasks.task import HeadTask

if TYPE_CHECKING:
    import tensorflow as tf


class NamedTask(HeadTask):
    """A task whose labels are names, of a closed list.

    Args:
        column: the column of names.
        optional: whether a row may lack its label.
        weight_column: a column of row weights.
        weight: what the task's loss counts beside those of other tasks.
        hidden_units: units of the head's hidden layer; 0 for none.
        dropout: fraction of the fused embedding dropped in training.
        classes: the names in order.
    """

    column: str
    classes: tuple[str, ...] | None = None

    #: How many names there have to be.
    fewest: ClassVar[int] = 1

    @field_validator("classes")
    @classmethod
    def _are_different(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value is not None and len(set(value)) < max(cls.fewest, len(value)):
            many = "two" if cls.fewest > 1 else "one"
            fix = "Remove repeated names."
            raise wrong(f"{many} or more different names", value, fix)
        return value

    def columns(self) -> tuple[str, ...]:
        """The names' column."""
        return (self.column,)

    def known_classes(self) -> tuple[str, ...]:
        """The names, or an error that says how to get them."""
        if self.classes is None:
            raise not_learned(type(self).__name__, "classes", "labels are encoded")
        return self.classes

    def _choose(self, found: set[str]) -> tuple[str, ...]:
        """The given names if all were found, else those found in code point order."""
        if self.classes is None:
            return tuple(sorted(found))
        unseen = [name for name in self.classes if name not in found]
        if unseen:
            raise wrong(
                "found in the training split, each of them",
                unseen,
                "No training row has these: remove them, or check their spelling. "
                f"The column '{self.column}' holds: {', '.join(sorted(found)[:20])}.",
                ("classes",),
            )
        return self.classes

    def _index(self, name: str) -> int:
        """The place of a name, or an error for the row."""
        classes = self.known_classes()
        if name not in classes:
            raise RowError(f"{name!r} is not a class. {did_you_mean(name, classes)}")
        return classes.index(name)


class ClassTask(NamedTask):
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

    fewest: ClassVar[int] = 2

    @property
    def label_dtype(self) -> str:
        """`int32` index into `classes`."""
        return "int32"

    def fit(self, cells: Iterable[Any]) -> Self:
        """Take the training split's classes, in order, if none are given.

        Raises:
            SpecError: if a given class is on no training row, or there are fewer
                than two.
        """
        found = {as_text(cell) for cell in cells if not is_missing(cell)}
        return self.replace(classes=self._choose(found))

    def encode(self, cell: Any) -> int:
        """The index of a class name."""
        return self._index(as_text(cell))

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
