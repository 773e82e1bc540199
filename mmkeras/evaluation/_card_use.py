"""What a model card says of a model's use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mmkeras._markdown import bullets, code, escape
from mmkeras.evaluation._modality_sentences import listed
from mmkeras.split_rule import TRAIN

if TYPE_CHECKING:
    from mmkeras.dataset import Split
    from mmkeras.evaluation.report import Report
    from mmkeras.spec import Spec


def use(spec: Spec, split: Split, intended_use: str) -> list[str]:
    """What it is for, and what it is not.

    Args:
        spec: of the data.
        split: that it was evaluated on.
        intended_use: what its author says.
    """
    required = [name for name, m in spec.inputs.items() if not m.optional]
    optional = [name for name, m in spec.inputs.items() if m.optional]
    found = [
        f"It answers {code(spec.tasks)} for inputs like those of "
        f"`{escape(spec.name)}`, described below; for others nothing is known."
    ]
    if required:
        found.append(f"{code(required)} must be there.")
    if optional:
        found.append(f"{code(optional)} may be absent.")
    paragraphs = [escape(intended_use)] if intended_use else []
    paragraphs.append(" ".join(found))
    beyond = _beyond(spec, split)
    if beyond:
        paragraphs += ["Out of scope:", bullets(beyond)]
    return paragraphs


def _beyond(spec: Spec, split: Split) -> list[str]:
    """What the tasks cannot say."""
    tasks: dict[str, Any] = spec.tasks
    found = []
    closed = [n for n, t in tasks.items() if t.type in ("classification", "ordinal")]
    if closed:
        always = (
            "always gets one of its" if len(closed) == 1 else "always get one of their"
        )
        found.append(
            f"{code(closed)} {always} classes, also where an input shows none of them: "
            "what else may come has to be kept out before"
        )
    for name, task in tasks.items():
        if task.type == "regression":
            low, high = _range(split, name)
            values = zip(task.value_names(), low, high, strict=True)
            ranges = [f"{a:.4g} to {b:.4g} ({value})" for value, a, b in values]
            if len(ranges) == 1:
                ranges = [f"{low[0]:.4g} to {high[0]:.4g}"]
            found.append(
                f"`{name}` was learned from values of {listed(ranges)}: answers beyond "
                "are extrapolations"
            )
        elif task.type == "bounding_box":
            found.append(f"`{name}` gives one box, also where there is nothing or more")
    return found


def _range(split: Split, task: str) -> tuple[np.ndarray, np.ndarray]:
    train = split.data[TRAIN]
    labels = train.labels(task)[train.weights(task) > 0]
    labels = labels.reshape(len(labels), -1)
    return labels.min(0), labels.max(0)


def factors(report: Report) -> list[str]:
    """What scores are told apart by."""
    told = []
    if any("per_class" in figures for figures in report.tasks.values()):
        told.append("class")
    if report.modalities is not None:
        told.append("which inputs there are")
    if report.robustness is not None:
        told.append("how much worse an input gets")
    apart = f"Scores are told apart by {listed(told)}." if told else ""
    return [
        f"{apart} They are not told apart by device, place, or groups of people: the "
        "spec names no such column.".strip()
    ]


def ethics(spec: Spec) -> list[str]:
    """What is known of the people in the data: little."""
    inputs: dict[str, Any] = spec.inputs
    personal = [
        name for name, m in inputs.items() if m.type in ("image", "audio", "text")
    ]
    texts = [
        "The data names no groups of people, so this card cannot say whether the "
        "model serves all of them alike."
    ]
    if personal:
        texts.append(
            f"{code(personal)} can show, name or be spoken by persons: their consent "
            "and the law of the place are to be looked after where the model is used."
        )
    if not spec.about.licence:
        texts.append("The spec gives no licence of the data.")
    return [" ".join(texts)]
