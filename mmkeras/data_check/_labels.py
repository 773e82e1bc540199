"""Findings about labels: how they are distributed, and what is missing."""

from __future__ import annotations

import collections
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mmkeras._cells import as_text, is_missing
from mmkeras.data_check._checked import (
    Checked,
    are,
    histogram,
    listed,
    number_of,
    percent,
)
from mmkeras.data_check.finding import NOTE, PROBLEM, WARNING
from mmkeras.dataset import Split
from mmkeras.evaluation._card_data import class_counts, task_classes
from mmkeras.split_rule import TRAIN

# Rows of a class below which its scores, and what is learned of it, say little.
_FEW = 10
# Total variation between two splits that is worth a word, and how many times what
# chance makes of it on average.
_VARIATION = 0.1
_OF_CHANCE = 2.0
# Standard deviations between the means of two splits.
_SHIFT = 0.5


def check_labels(checked: Checked, name: str) -> dict[str, Any]:
    """One task's labels.

    Args:
        checked: the data set.
        name: of the task.

    Returns:
        Figures by split; of classes the counts, of numbers a histogram.
    """
    data = checked.data
    task: Any = data.spec.tasks[name]
    splits = {split: data[split] for split in data.splits}
    figures: dict[str, Any] = {"type": task.type, "splits": {}}
    for split, of in splits.items():
        # A row of weight 0 teaches nothing either.
        lacking = int((of.weights(name) == 0).sum())
        figures["splits"][split] = {"rows": len(of), "rows without label": lacking}
        if lacking == len(of):
            severity = PROBLEM if split == TRAIN else WARNING
            checked.add(
                severity,
                "no_labels",
                name,
                f"No row of '{split}' has a label of '{name}': add labels, or remove "
                "the task.",
            )
    if task_classes(task):
        counts = {split: class_counts(of, name) for split, of in splits.items()}
        _classes(checked, name, counts, figures)
        _unknown_classes(checked, name)
    elif task.type == "regression":
        _numbers(checked, name, splits, figures)
    return figures


def _classes(
    checked: Checked,
    name: str,
    counts: Mapping[str, np.ndarray],
    figures: dict[str, Any],
) -> None:
    task: Any = checked.data.spec.tasks[name]
    classes = task_classes(task)
    figures["classes"] = {
        split: dict(zip(classes, map(int, found), strict=True))
        for split, found in counts.items()
    }
    train = counts[TRAIN]
    alone = task.type != "multi_label"
    for split, found in counts.items():
        mine = figures["splits"][split]
        mine["classes without rows"] = int((found == 0).sum())
        if found.sum():
            top = int(np.argmax(found))
            mine["most frequent class"] = classes[top]
            total = found.sum() if alone else mine["rows"] - mine["rows without label"]
            mine["share of the most frequent"] = float(found[top] / total)
        _rare(checked, name, split, dict(zip(classes, found, strict=True)))
        if split != TRAIN and found.sum() and train.sum():
            mine["difference to train"] = _difference(
                checked, name, split, found, train
            )
    most = {s: f for s, f in figures["splits"].items() if "most frequent class" in f}
    if alone and TRAIN in most:
        answer = most[TRAIN]["most frequent class"]
        rows = {s: figures["classes"][s] for s in most}
        shares = ", ".join(
            f"{percent(found[answer] / sum(found.values()))} of '{split}'"
            for split, found in rows.items()
        )
        checked.add(
            NOTE,
            "majority",
            name,
            f"Always answering '{answer}' is right for {shares}: what a model of "
            f"'{name}' has to beat.",
        )


def _rare(checked: Checked, name: str, split: str, found: Mapping[str, int]) -> None:
    none = [c for c, n in found.items() if n == 0]
    few = [c for c, n in found.items() if 0 < n < _FEW]
    if none:
        checked.add(
            PROBLEM if split == TRAIN else WARNING,
            "class_missing",
            name,
            f"{listed(none)} of '{name}' {'has' if len(none) == 1 else 'have'} no row "
            f"in '{split}': nothing is "
            f"{'learned' if split == TRAIN else 'measured'} of "
            f"{'it' if len(none) == 1 else 'them'}; move or add rows.",
        )
    if few:
        lowest = min(few, key=lambda c: found[c])
        checked.add(
            WARNING if split == TRAIN else NOTE,
            "class_rare",
            name,
            f"{listed(few)} of '{name}' {'has' if len(few) == 1 else 'have'} fewer "
            f"than {_FEW} rows in '{split}', down to {found[lowest]} of '{lowest}': "
            + (
                "add rows, join classes, or weigh them by `class_weights: balanced`."
                if split == TRAIN
                else "scores of single classes say little there."
            ),
        )


def _difference(
    checked: Checked, name: str, split: str, found: np.ndarray, train: np.ndarray
) -> float:
    """Total variation: half the sum of absolute differences of the shares."""
    one, other = found / found.sum(), train / train.sum()
    variation = float(np.abs(one - other).sum() / 2)
    # What two samples of one distribution differ by on average: a normal one's mean
    # absolute value is sqrt(2 / pi) standard deviations.
    pooled = (found + train) / (found + train).sum()
    spread = np.sqrt(pooled * (1 - pooled) * (1 / found.sum() + 1 / train.sum()))
    chance = float(spread.sum() * math.sqrt(2 / math.pi) / 2)
    if variation > max(_VARIATION, _OF_CHANCE * chance):
        worst = int(np.argmax(np.abs(one - other)))
        label = task_classes(checked.data.spec.tasks[name])[worst]
        checked.add(
            WARNING,
            "label_shift",
            name,
            f"Labels of '{name}' are distributed otherwise in '{split}' than in "
            f"'{TRAIN}' (total variation {variation:.2f}, by chance {chance:.2f}): "
            f"'{label}' is {percent(one[worst])} and {percent(other[worst])}; draw "
            "the splits from the same rows, or say that they differ.",
        )
    return variation


def _unknown_classes(checked: Checked, name: str) -> None:
    """Labels that no training row has: their rows are quarantined."""
    data = checked.data
    task: Any = data.spec.tasks[name]
    (column,) = task.columns()
    cells, known = data.cells(column), set(task_classes(task))
    homes: dict[str, collections.Counter[str]] = collections.defaultdict(
        collections.Counter
    )
    rows = []
    for row, split in enumerate(np.asarray(data.columns["row.split"]).tolist()):
        if is_missing(cells[row]):
            continue
        labels = [as_text(cells[row])]
        if task.type == "multi_label":
            labels = task._split(cells[row])
        unknown = [label for label in labels if label not in known]
        for label in unknown:
            homes[label][split] += 1
        rows += [row] * bool(unknown)
    if homes:
        label, where = next(iter(homes.items()))
        places = ", ".join(f"{n:,} of '{split}'" for split, n in where.items())
        checked.add(
            PROBLEM,
            "class_not_in_train",
            name,
            f"{listed(list(homes))} of '{name}' {are(homes)} on no "
            f"row of '{TRAIN}', so {number_of(len(rows), 'row')} ('{label}': {places}) "
            f"{are(rows)} left out: split so that each class is in training, or "
            "mend the labels.",
            rows,
        )


def _numbers(
    checked: Checked, name: str, splits: Mapping[str, Split], figures: dict[str, Any]
) -> None:
    task: Any = checked.data.spec.tasks[name]
    titles = task.value_names()
    values = {}
    for split, of in splits.items():
        labels = of.labels(name)[of.weights(name) > 0].astype(float)
        values[split] = labels.reshape(len(labels), len(titles))
    train = values[TRAIN]
    for i, title in enumerate(titles):
        prefix = f"{title}: " if len(titles) > 1 else ""
        for split, found in values.items():
            if not len(found):
                continue
            column, mine = found[:, i], figures["splits"][split]
            for key, how in (
                ("lowest", np.min),
                ("mean", np.mean),
                ("highest", np.max),
                ("standard deviation", np.std),
            ):
                mine[prefix + key] = float(how(column))
            if split != TRAIN and len(train):
                _shifted(checked, name, split, column, train[:, i])
        if len(train) and np.ptp(train[:, i]) == 0:
            checked.add(
                PROBLEM,
                "constant_label",
                name,
                f"'{title}' is {train[0, i]:g} on every row of '{TRAIN}': there is "
                "nothing to learn; remove the task, or mend the column.",
            )
    unit = task.unit if isinstance(task.unit, str) else ""
    said = f"{titles[0]} ({unit})" if unit else titles[0]
    figures["histogram"] = histogram(said, {s: v[:, 0] for s, v in values.items()})


def _shifted(
    checked: Checked, name: str, split: str, found: np.ndarray, train: np.ndarray
) -> None:
    spread = train.std() or 1.0
    shift = abs(found.mean() - train.mean()) / spread
    if shift > max(_SHIFT, _OF_CHANCE * math.sqrt(1 / len(found) + 1 / len(train))):
        checked.add(
            WARNING,
            "label_shift",
            name,
            f"The mean of '{name}' is {found.mean():.4g} in '{split}' and "
            f"{train.mean():.4g} in '{TRAIN}', {shift:.1f} standard deviations apart: "
            "draw the splits from the same rows, or say that they differ.",
        )
