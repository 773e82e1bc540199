"""What the numbers of a report warn of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mmkeras._markdown import escape
from mmkeras.evaluation._card_data import class_counts, missing_rate, task_classes
from mmkeras.evaluation._modality_sentences import listed
from mmkeras.evaluation._report_text import value_text
from mmkeras.evaluation._row_means import Headline
from mmkeras.split_rule import TRAIN

if TYPE_CHECKING:
    from mmkeras.dataset import Split
    from mmkeras.evaluation.report import Report

# Of fewer rows, a share has an interval of 30 points and more.
_FEW = 30
# Of the rows: a calibration error, or a share of inputs missing, that matters.
_NOTABLE = 0.05
# The most frequent class of the training split, by the rarest.
_UNBALANCED = 5
# An input that holds more of the gain is one that the model rests on.
_RESTS_ON = 0.5
# How an input was taken away.
_WAYS = {"missing": "without it", "permuted": "with that of other rows in its place"}
# Classes named in a sentence.
_NAMED = 8


def limits(report: Report, split: Split) -> list[str]:
    """Sentences of Markdown, what matters most first.

    Args:
        report: of a model.
        split: that it is of.
    """
    found = []
    if report.split == TRAIN:
        found.append(
            "The scores are of rows that the model was trained on. They say nothing "
            "of other rows: evaluate another split."
        )
    for task, figures in report.tasks.items():
        many = len(report.tasks) > 1
        before = f"`{task}`: " if many else ""
        sentences = [
            *_classes(report, split, task),
            *_calibration(figures),
            *_inputs(report, task),
        ]
        found += [f"{before}{sentence}" for sentence in sentences]
    found += _absences(split)
    if report.modalities is None:
        found.append(
            "What each input is worth was not measured "
            "(`mm.evaluate(..., modalities=True)` does)."
        )
    if report.robustness is None:
        found.append(
            "What noise, blur, typing errors and missing inputs cost was not measured "
            "(`mm.evaluate(..., robustness=True)` does)."
        )
    if not split.spec.about.licence:
        found.append(
            "The data's licence is not known: ask its owner before the data, or a "
            "model that was made of it, is passed on."
        )
    return [*found, *_of_intervals(report, split)]


def _classes(report: Report, split: Split, task: str) -> list[str]:
    per_class = report.tasks[task].get("per_class")
    if not per_class:
        return []
    classes = task_classes(split.spec.tasks[task])
    found = []
    there = {name: row for name, row in per_class.items() if row["support"] > 0}
    if there:
        name, row = min(there.items(), key=lambda item: item[1]["f1"])
        found.append(
            f"The weakest class is {escape(name)}: F1 {row['f1']:.2f}, precision "
            f"{row['precision']:.2f}, recall {row['recall']:.2f}"
            f"{_taken_for(report, task, name)}."
        )
    counts = dict(zip(classes, class_counts(split, task).tolist(), strict=True))
    few = [name for name in classes if 0 < counts[name] < _FEW]
    if few:
        found.append(
            f"Fewer than {_FEW} rows of the split are of {_names(few)}: the figures "
            "of such a class are hardly more than a guess."
        )
    none = [name for name in classes if counts[name] == 0]
    if none:
        found.append(f"No row of the split is of {_names(none)}: nothing is known.")
    learned = class_counts(split.data[TRAIN], task)
    if learned.min() > 0 and learned.max() > _UNBALANCED * learned.min():
        most, least = classes[learned.argmax()], classes[learned.argmin()]
        times = learned.max() / learned.min()
        found.append(
            f"Training had {times:.0f} times as many rows of {escape(most)} as of "
            f"{escape(least)}: the model is used to answering what is frequent."
        )
    return found


def _names(names: Sequence[str]) -> str:
    shown, more = [escape(name) for name in names[:_NAMED]], len(names) - _NAMED
    return listed([*shown, f"{more} more classes"] if more > 0 else shown)


def _taken_for(report: Report, task: str, name: str) -> str:
    """What a class is most often mistaken for."""
    confusion = report.tasks[task].get("confusion")
    if not confusion:
        return ""
    classes = report.classes[task]
    own = classes.index(name)
    counts = np.array(confusion[own])
    counts[own] = 0
    if not counts.any():
        return ""
    other = classes[int(counts.argmax())]
    return f"; most often it is taken for {escape(other)}"


def _calibration(figures: Mapping[str, Any]) -> list[str]:
    error = figures.get("ece")
    if error is None or error < _NOTABLE:
        return []
    sentence = (
        f"Its confidences are {100 * error:.1f} points off on average (expected "
        "calibration error)"
    )
    bins = figures.get("calibration")
    if bins:
        gaps = [b["weight"] * (b["confidence"] - b["accuracy"]) for b in bins]
        side = "surer" if sum(gaps) > 0 else "less sure"
        sentence += f", and the model is {side} than it is right"
    return [f"{sentence}: calibrate them before deciding by them."]


def _inputs(report: Report, task: str) -> list[str]:
    """Inputs that the model rests on, by those that it was evaluated without."""
    if report.modalities is None or task not in report.modalities.tasks:
        return []
    figures = report.modalities.tasks[task]
    headline = Headline.from_dict(figures)
    names = list(figures["adds"])
    ways = report.modalities.absent
    whole = value_text(headline, figures["subsets"][tuple(names)]["value"])
    found = []
    for name, adds in figures["adds"].items():
        gain = figures["gain"]
        if gain["low"] <= 0 or adds["value"] < _RESTS_ON * gain["value"]:
            continue
        others = tuple(other for other in names if other != name)
        left = figures["subsets"].get(others)
        if left is not None:
            value = value_text(headline, left["value"])
            found.append(
                f"It rests on `{name}`: {_WAYS[ways[name]]} {headline.label} goes from "
                f"{whole} to {value}. Where `{name}` may fail, so may the answer."
            )
    return found


def _absences(split: Split) -> list[str]:
    """Inputs that are missing more or less often than in training."""
    found = []
    train = split.data[TRAIN]
    for name, modality in split.spec.inputs.items():
        if not modality.optional or not len(train):
            continue
        here, there = missing_rate(split, name), missing_rate(train, name)
        if abs(here - there) >= _NOTABLE:
            found.append(
                f"`{name}` is missing in {100 * here:.0f} % of these rows, but was in "
                f"{100 * there:.0f} % of the training rows."
            )
    return found


def _of_intervals(report: Report, split: Split) -> list[str]:
    found = []
    if report.intervals and any(report.intervals.values()):
        found.append(
            f"The intervals are of {report.rows:,} rows, resampled as they are. They "
            "cover the chance of which rows were drawn; not that of another training, "
            "not labels that are wrong, not data from elsewhere; and they are too "
            "narrow if rows belong together (one speaker, one patient) and were not "
            "resampled together."
        )
    elif report.rows:
        found.append("The scores have no intervals: none were computed.")
    bad = split.data.quarantine
    bad = bad[(bad["split"] == report.split) & (bad["left_out"] == "row")]
    count = bad["id"].nunique()
    if count:
        found.append(
            f"{count:,} rows of the split could not be used and are in no score. In "
            "use, such inputs will come, too."
        )
    return found
