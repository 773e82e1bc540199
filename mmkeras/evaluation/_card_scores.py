"""What a model card says of scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mmkeras._markdown import bullets, code, escape, sentence, table
from mmkeras.evaluation._modality_sentences import listed
from mmkeras.evaluation._report_text import (
    figure_name,
    headline_of,
    interval_text,
    named_table,
    robustness_sentences,
    value_text,
)

if TYPE_CHECKING:
    from mmkeras.evaluation.report import Report
    from mmkeras.spec import Spec

# Scores of more tasks are a list.
_IN_A_SENTENCE = 2


def summary(report: Report, spec: Spec) -> str:
    """What it is, and how good, in a paragraph."""
    scores = [text for task in report.tasks if (text := _score(report, task))]
    found = (
        f"A model that reads {code(spec.inputs)} and answers {code(spec.tasks)}, "
        f"evaluated on {report.rows:,} rows of {escape(spec.name)}, split "
        f"'{escape(report.split)}'."
    )
    if len(scores) > _IN_A_SENTENCE:
        return f"{found}\n\n{bullets(scores)}"
    return f"{found} {sentence(listed(scores))}" if scores else found


def _score(report: Report, task: str) -> str:
    headline = headline_of(report, task)
    value = report.tasks[task].get(headline.name)
    if value is None:
        return ""
    ends = report.intervals.get(task, {}).get(headline.name)
    interval = interval_text(headline, ends)
    between = f" ({interval})" if interval else ""
    text = value_text(headline, value)
    return f"its {figure_name(headline.name)} on `{task}` is {text}{between}"


def metrics(report: Report) -> list[str]:
    """Which figure each task is judged by, and what its interval is."""
    found = []
    for task in report.tasks:
        headline = headline_of(report, task)
        better = "lower" if headline.lower_is_better else "higher"
        found.append(
            f"`{task}` is judged by {figure_name(headline.name)}, {better} is better"
        )
    texts = [bullets(found)]
    if any(report.intervals.values()):
        texts.append(
            "Intervals are 95 % percentile bootstrap intervals over rows. Rows count "
            "by their weight, where the data gives them one."
        )
    return texts


def scores(report: Report) -> list[str]:
    """Figures by task, which input matters, what degraded inputs cost."""
    found = []
    for task in report.tasks:
        found.append(f"### {escape(task)}")
        for one in report.task_tables(task):
            found.append(table(named_table(one)))
        if report.modalities is not None and task in report.modalities.tasks:
            shares = report.modalities.tasks[task]
            sentences = [*shares["sentences"], *_gain(shares)]
            found += [
                "Which input matters:",
                _told(sentences),
            ]
        if report.robustness is not None and task in report.robustness.tasks:
            sentences = robustness_sentences(report.robustness, task)
            found += ["What costs most:", _told(sentences)]
    return found


def _told(sentences: Sequence[str]) -> str:
    return bullets([escape(text) for text in sentences])


def _gain(shares: dict[str, Any]) -> list[str]:
    """How the gain over no input at all is shared out."""
    parts = {name: part["share"] for name, part in shares["shapley"].items()}
    if len(parts) < 2 or None in parts.values():
        return []
    told = [f"{name} {100 * share:.0f} %" for name, share in parts.items()]
    return [f"of the gain over no input at all, the Shapley shares are {listed(told)}"]
