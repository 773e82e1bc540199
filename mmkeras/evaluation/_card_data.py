"""What a model card says of the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mmkeras._markdown import escape
from mmkeras._tables import Table
from mmkeras.tasks import Task

if TYPE_CHECKING:
    from mmkeras.dataset import Dataset, Split

# Of more classes the most frequent are listed.
_MOST_CLASSES = 24


def about_sentences(about: Any) -> list[str]:
    """Where the data comes from, what one may do with it; what is not said."""
    found = [escape(about.description).rstrip(".")] if about.description else []
    if about.licence:
        found.append(f"Its licence is {escape(about.licence)}")
    if about.citation:
        found.append(f"To be cited as: {escape(about.citation)}")
    if about.homepage:
        found.append(f"More at <{about.homepage}>")
    return found


def split_sentence(data: Dataset) -> str:
    """How rows were assigned to splits."""
    rule: Any = data.spec.split
    if rule.by == "hash":
        key = " and ".join(f"`{name}`" for name in rule.key)
        return (
            f"Splits follow from a hash of {key}, seed {rule.seed}: rows that agree "
            "in it are in one split"
        )
    return f"Splits are those of the column `{rule.column}`"


def rows_table(data: Dataset) -> Table:
    """Rows of each split, those left out, and the share that lacks each input."""
    left_out = data.quarantine[data.quarantine["left_out"] == "row"]
    names = list(data.splits)
    bad = [left_out[left_out["split"] == name]["id"].nunique() for name in names]
    splits = [data[name] for name in names]
    rows = [["rows", *(f"{len(split):,}" for split in splits)]]
    rows.append(["left out as unusable", *(f"{count:,}" for count in bad)])
    for name in data.spec.inputs:
        rows.append([f"without {name}", *(_missing(split, name) for split in splits)])
    return Table("", ["", *names], rows)


def _missing(split: Split, name: str) -> str:
    if not len(split):
        return ""
    share = missing_rate(split, name)
    return f"{100 * share:.1f} %" if share else "none"


def missing_rate(split: Split, name: str) -> float:
    """The share of a split's rows that lack an input."""
    return float(1 - split.present_column(name)[split.positions].mean())


def label_table(data: Dataset, task: str) -> Table | None:
    """How a task's labels are distributed, by split; `None` if they are no values."""
    kind: Any = data.spec.tasks[task]
    splits = [data[name] for name in data.splits]
    labels = [_labels(split, task) for split in splits]
    classes = task_classes(kind)
    if classes:
        return _class_table(splits, labels, classes)
    if kind.type != "regression":
        return None
    names: Sequence[str] = kind.value_names()
    rows = []
    for i, value in enumerate(names):
        columns = [found.reshape(len(found), -1)[:, i] for found in labels]
        title = value if len(names) > 1 else ""
        for key, how in (("lowest", np.min), ("mean", np.mean), ("highest", np.max)):
            cells = [f"{how(column):.4g}" if len(column) else "" for column in columns]
            rows.append([f"{title} {key}".strip(), *cells])
    return Table("", ["", *data.splits], rows)


def _labels(split: Split, task: str) -> np.ndarray:
    """Of the rows that have one."""
    return split.labels(task)[split.weights(task) > 0]


def task_classes(task: Task) -> tuple[str, ...]:
    """The classes of a task that has them."""
    known = getattr(task, "known_classes", None)
    return known() if known else ()


def class_counts(split: Split, task: str) -> np.ndarray:
    """Rows of each class."""
    classes = task_classes(split.spec.tasks[task])
    return _counts(_labels(split, task), len(classes))


def _counts(labels: np.ndarray, classes: int) -> np.ndarray:
    # Of any number of labels a row, a column each.
    if labels.ndim == 2:
        return labels.sum(0).astype(int)
    return np.bincount(labels.astype(int), minlength=classes)


def _class_table(
    splits: Sequence[Split], labels: Sequence[np.ndarray], classes: Sequence[str]
) -> Table:
    counts = np.stack([_counts(found, len(classes)) for found in labels], axis=1)
    totals = np.array([max(1, len(found)) for found in labels])
    order = range(len(classes))
    if len(classes) > _MOST_CLASSES:
        order = np.argsort(-counts.sum(1), kind="stable")[:_MOST_CLASSES].tolist()
    rows = [[classes[i], *map(_share, counts[i], totals)] for i in order]
    rest = np.delete(counts, list(order), axis=0)
    if len(rest):
        rows.append([f"{len(rest)} others", *map(_share, rest.sum(0), totals)])
    return Table("", ["class", *(split.name for split in splits)], rows)


def _share(count: int, total: int) -> str:
    return f"{count:,} ({100 * count / total:.1f} %)"
