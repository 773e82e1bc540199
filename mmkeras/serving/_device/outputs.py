"""What the predictions of a model are, where no task turns them into names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from mmkeras.tasks import (
    BoundingBox,
    Classification,
    Clustering,
    MultiLabel,
    Ordinal,
    Regression,
    Retrieval,
    Task,
)


class Meaning(NamedTuple):
    """Of one output.

    Args:
        sentence: what its numbers are, and how they become an answer.
        code: the answer in Python, of `values`, one row's, and `classes`.
    """

    sentence: str
    code: str = "values"


def output_meaning(task: Task) -> Meaning:
    """Of a task's predictions."""
    return _MEANINGS[type(task)](task)


def _classification(task: Any) -> Meaning:
    return Meaning(
        "the probability of each class; the answer is the likeliest",
        "classes[values.argmax()]",
    )


def _ordinal(task: Any) -> Meaning:
    return Meaning(
        "for each class but the last, the probability that the answer is above it; "
        "the answer's place is the number of those above 0.5",
        "classes[(values > 0.5).sum()]",
    )


def _multi_label(task: Any) -> Meaning:
    return Meaning(
        f"the probability of each label; the answers are those above {task.threshold}",
        f"[c for c, p in zip(classes, values) if p > {task.threshold}]",
    )


def _regression(task: Any) -> Meaning:
    units = (task.unit,) if isinstance(task.unit, str) else task.unit
    said = ", ".join(unit for unit in units if unit)
    names = ", ".join(f"`{name}`" for name in task.value_names())
    return Meaning(f"{names}{f', in {said}' if said else ''}")


def _bounding_box(task: Any) -> Meaning:
    return Meaning(
        "left, top, right and bottom of the box, as parts of the picture's width and "
        "height"
    )


def _clustering(task: Any) -> Meaning:
    return Meaning("the embedding of the row")


def _retrieval(task: Any) -> Meaning:
    left, right = task.pair
    return Meaning(
        f"two vectors, of `{left}` and of `{right}`; divided by their lengths, their "
        "product is how well they match"
    )


_MEANINGS: dict[type[Task], Callable[[Any], Meaning]] = {
    BoundingBox: _bounding_box,
    Classification: _classification,
    Clustering: _clustering,
    MultiLabel: _multi_label,
    Ordinal: _ordinal,
    Regression: _regression,
    Retrieval: _retrieval,
}
