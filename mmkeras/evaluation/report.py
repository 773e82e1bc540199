"""The figures of one evaluation."""

from __future__ import annotations

import dataclasses
from typing import Any

from mmkeras import _checks
from mmkeras._tables import Table, to_html, to_text

# Beyond this many classes a confusion matrix no longer fits a terminal.
_WIDEST_CONFUSION = 24


@dataclasses.dataclass(frozen=True)
class Report:
    """Figures of a model on one split; prints as tables, in Jupyter as HTML.

    Args:
        name: of the data set.
        split: its split.
        rows: rows evaluated.
        loss: the sum of the tasks' losses.
        tasks: for each task its figures, plain numbers, lists and dicts.
        classes: for each task its classes' names; none for a regression.
    """

    name: str
    split: str
    rows: int
    loss: float
    tasks: dict[str, dict[str, Any]]
    classes: dict[str, tuple[str, ...]]

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, fit for JSON."""
        return {
            **dataclasses.asdict(self),
            "classes": {name: list(classes) for name, classes in self.classes.items()},
        }

    def __getitem__(self, task: str) -> dict[str, Any]:
        if task not in self.tasks:
            raise KeyError(
                f"`Report`: there is no task {task!r}. "
                f"{_checks.did_you_mean(task, self.tasks)}"
            )
        return self.tasks[task]

    def _title(self) -> str:
        return (
            f"{self.name}, split '{self.split}': "
            f"{self.rows:,} rows, loss {self.loss:.4f}"
        )

    def __str__(self) -> str:
        return to_text(self._title(), self._tables())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return to_html(self._title(), self._tables())

    def _tables(self) -> list[Table]:
        tables = []
        for name, figures in self.tasks.items():
            scalars = {k: v for k, v in figures.items() if isinstance(v, float)}
            tables.append(
                Table(
                    name,
                    [key.replace("_", " ") for key in scalars],
                    [[f"{value:.4f}" for value in scalars.values()]],
                )
            )
            if "per_class" in figures:
                tables.append(_per_class_table(name, figures["per_class"]))
            classes = self.classes[name]
            if "confusion" in figures and len(classes) <= _WIDEST_CONFUSION:
                tables.append(_confusion_table(name, classes, figures["confusion"]))
        return tables


def _per_class_table(name: str, figures: dict[str, dict[str, float]]) -> Table:
    rows = [
        [
            label,
            *(f"{row[key]:.3f}" for key in ("precision", "recall", "f1")),
            f"{row['support']:g}",
        ]
        for label, row in figures.items()
    ]
    header = ["class", "precision", "recall", "F1", "rows"]
    return Table(f"{name}: by class", header, rows)


def _confusion_table(
    name: str, classes: tuple[str, ...], confusion: list[list[float]]
) -> Table:
    rows = [
        [label, *(f"{count:g}" if count else "." for count in counts)]
        for label, counts in zip(classes, confusion, strict=True)
    ]
    title = f"{name}: confusion (rows are the truth, columns the answers)"
    return Table(title, ["", *classes], rows)
