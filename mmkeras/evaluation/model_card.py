"""What one should know of a model before using it, as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from mmkeras import _checks
from mmkeras._markdown import bullets, escape, sentence, table
from mmkeras.dataset import Split
from mmkeras.evaluation._card_data import (
    about_sentences,
    label_table,
    missing_rate,
    rows_table,
    split_sentence,
)
from mmkeras.evaluation._card_limits import limits
from mmkeras.evaluation._card_model import (
    history_table,
    input_table,
    layer_table,
    model_sentences,
    task_sentence,
    training_sentences,
)
from mmkeras.evaluation._card_scores import metrics, scores, summary
from mmkeras.evaluation._card_use import ethics, factors, use
from mmkeras.evaluation._modality_sentences import listed
from mmkeras.evaluation.report import Report
from mmkeras.spec import Spec

_FILE = "model_card.md"


def model_card(
    report: Report,
    path: str | Path | None = None,
    *,
    model: keras.Model | None = None,
    history: Any = None,
    author: str = "",
    intended_use: str = "",
    training: str = "",
) -> str:
    """Write a model card, in the sections of Mitchell et al., from what is known.

    Everything follows from the report, its data's spec, and what is given besides:
    what goes in and out, data, licence and splits, training, scores with intervals,
    what each input is worth, and the limits that the numbers show. Evaluate with
    `modalities=True, robustness=True` for a card that has all of it.

    Args:
        report: from `evaluate`, of the split to be judged by.
        path: of the file to write; of an existing folder, `model_card.md` in it.
        model: for its parts, parameters and optimizer.
        history: what `model.fit` returned, or its `.history`.
        author: who answers for the model, and how they are reached.
        intended_use: what it is for, in your words; it comes first.
        training: how it was trained, in your words.

    Returns:
        The card, in Markdown.

    Raises:
        ValueError: if the report does not hold its split, or curves of the history
            have no or unequal epochs.
        TypeError: if `report` is no report.

    Example:
        >>> card = mm.evaluation.model_card(mm.evaluate(model, data["test"]))
        >>> card.splitlines()[0]
        '# Model card: digits'

    Reference:
        Mitchell et al., "Model Cards for Model Reporting", 2019, arXiv:1810.03993.
    """
    if not isinstance(report, Report):
        fix = "Pass what `mm.evaluate` returns."
        raise _checks.bad_type("model_card", "report", "a Report", report, fix)
    if report.of is None:
        raise _checks.bad_value(
            "model_card",
            "report",
            "one that holds its split",
            f"{report.name}, split '{report.split}'",
            "Take it from `mm.evaluate`: data and tasks are described from there.",
        )
    split, curves = report.of, _curves(history)
    spec = split.spec
    sections = {
        f"# Model card: {escape(spec.name)}": [summary(report, spec)],
        "## Model details": _details(spec, model, author),
        "## Intended use": use(spec, split, intended_use),
        "## Factors": factors(report),
        "## Metrics": metrics(report),
        "## Evaluation data": _evaluation_data(report, split),
        "## Training data": _training_data(split, model, curves, training),
        "## Quantitative analyses": scores(report),
        "## Ethical considerations": ethics(spec),
        "## Caveats and recommendations": [bullets(limits(report, split))],
    }
    parts = [
        [heading, *(part for part in x if part)] for heading, x in sections.items()
    ]
    card = "\n\n".join(part for section in parts for part in section) + "\n"
    if path is not None:
        path = Path(path)
        path = path / _FILE if path.is_dir() else path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(card, encoding="utf-8")
    return card


def _curves(history: Any) -> dict[str, Sequence[float]]:
    curves = getattr(history, "history", history) or {}
    if not isinstance(curves, Mapping):
        fix = "Pass what `model.fit` returns."
        raise _checks.bad_type("model_card", "history", "a history", history, fix)
    lengths = {len(values) for values in curves.values()}
    if curves and (len(lengths) > 1 or 0 in lengths):
        raise _checks.bad_value(
            "model_card",
            "history",
            "curves of as many epochs, one or more",
            sorted(lengths),
            "Pass what one `model.fit` returns.",
        )
    return {key: [float(x) for x in values] for key, values in curves.items()}


def _details(spec: Spec, model: keras.Model | None, author: str) -> list[str]:
    found = [f"Answerable: {escape(author).rstrip('.')}."] if author else []
    found.append(" ".join(model_sentences(model)))
    found.append(table(input_table(spec)))
    tasks = [task_sentence(n, task) for n, task in spec.tasks.items()]
    found.append(bullets(tasks))
    if model is not None:
        found.append(table(layer_table(model, spec.tasks)))
    return found


def _evaluation_data(report: Report, split: Split) -> list[str]:
    rule = split_sentence(split.data)
    found = [
        f"{report.rows:,} rows, split '{escape(report.split)}'. {rule}.",
        table(rows_table(split.data)),
    ]
    unused = split.data.counts.get("unused", 0)
    if unused:
        found.append(f"{unused:,} rows of the source are in no split.")
    gone = [
        f"{100 * missing_rate(split, name):.0f} % of the rows without `{name}`"
        for name in split.without
    ]
    if gone:
        found.append(f"For this evaluation inputs were taken away: {listed(gone)}.")
    return found


def _training_data(
    split: Split,
    model: keras.Model | None,
    curves: Mapping[str, Sequence[float]],
    training: str,
) -> list[str]:
    spec, data = split.spec, split.data
    about = map(sentence, about_sentences(spec.about))
    found = [" ".join(about)]
    if not spec.about.description:
        found.append("The spec does not describe the data.")
    for task in spec.tasks:
        labels = label_table(data, task)
        if labels is not None:
            found += [f"Labels of `{task}`:", table(labels)]
    sentences = training_sentences(model, curves)
    if training or sentences:
        found.append("### Training")
        found.append(" ".join(filter(None, [escape(training), *sentences])))
    if curves:
        found.append(table(history_table(curves)))
    return found
