"""What a model is worth as its inputs get worse."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from mmkeras import _checks
from mmkeras._tables import Table
from mmkeras.evaluation._corruptions import Step, corrupted, plan
from mmkeras.evaluation._printed import Printed
from mmkeras.evaluation._row_means import Headline, RowMeans
from mmkeras.evaluation._rows import Rows
from mmkeras.evaluation.corruption import Corruption
from mmkeras.evaluation.effective_robustness import effective_weights
from mmkeras.evaluation.relative_robustness import trapezoid_weights

Scores = dict[tuple[str, str], np.ndarray]


@dataclasses.dataclass(frozen=True, repr=False)
class Robustness(Printed):
    """Performance against severity; prints as tables, in Jupyter as HTML.

    `result["digit"]["curves"]["image"]["jpeg"]` is a curve, with a number for each
    severity from 0, the clean one, on: `severities`, `strengths` (`None` at 0) and
    their `unit`, `value`, `low` and `high` of the task's `headline` figure; and its
    `relative_robustness`, with an interval. All intervals are 95 % percentile
    bootstrap intervals over rows.

    Args:
        name: of the data set.
        split: its split.
        rows: rows evaluated.
        severities: the highest severity.
        tasks: by task: `headline`, `lower_is_better`, `unit`, `clean` and `curves`.
        baseline: of `compare`, what this is compared with.
        scores: by task and curve, each row's score at each severity, and the rows'
            ids and weights; to compare with. Not part of `to_dict`.
    """

    name: str
    split: str
    rows: int
    severities: int
    tasks: dict[str, dict[str, Any]]
    baseline: str | None = None
    scores: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, fit for JSON; without the rows' scores."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        del fields["scores"]
        return copy.deepcopy(fields)

    def compare(self, baseline: Robustness, name: str = "baseline") -> Robustness:
        """This result with the effective robustness against another model's.

        Each curve that both have gets `effective_robustness`, `value`, `low` and
        `high` of `mm.effective_robustness`, above 0 where this model loses less than
        the other does; rows are paired.

        Args:
            baseline: of another model on the same rows, say one with late fusion.
            name: what to call it.

        Raises:
            ValueError: if the rows are not the same, or no curve is.
        """
        tasks, found = copy.deepcopy(self.tasks), 0
        for task in tasks:
            mine, other = self.scores.get(task), baseline.scores.get(task)
            if mine is None or other is None:
                continue
            if not np.array_equal(mine["ids"], other["ids"]):
                raise _checks.bad_value(
                    "Robustness.compare",
                    "baseline",
                    "a result on the same rows",
                    f"{baseline.rows} rows of {baseline.split}",
                    "Call `robustness` with the same split, `max_rows` and `seed`.",
                )
            means = RowMeans(mine["weights"], mine["seed"])
            sign = -1 if tasks[task]["lower_is_better"] else 1
            for key, rows in mine["curves"].items():
                others = other["curves"].get(key)
                if others is None or len(others) != len(rows):
                    continue
                gain = sign * effective_weights(len(rows)) @ (rows - others)
                curve = tasks[task]["curves"][key[0]][key[1]]
                curve["effective_robustness"] = means(gain)
                found += 1
        if not found:
            raise _checks.bad_value(
                "Robustness.compare",
                "baseline",
                "a result with a curve that this one has",
                sorted(baseline.tasks),
                "Call `robustness` with the same inputs and severities.",
            )
        return dataclasses.replace(self, tasks=tasks, baseline=name)

    def _title(self) -> str:
        return f"Robustness on {self.name}, split '{self.split}': {self.rows:,} rows"

    def _tables(self) -> list[Table]:
        tables = []
        for task, figures in self.tasks.items():
            tables.append(_curve_table(task, figures, self.severities))
            if self.baseline is not None:
                tables.append(_comparison_table(task, figures, self.baseline))
        return tables


def _curve_table(task: str, figures: dict[str, Any], severities: int) -> Table:
    headline = Headline.from_dict(figures)
    levels = [str(severity) for severity in range(1, severities + 1)]
    rows = [
        [
            name,
            label.replace("_", " "),
            *map(headline.number, curve["value"]),
            headline.number(curve["relative_robustness"]["value"]),
        ]
        for name, curves in figures["curves"].items()
        for label, curve in curves.items()
    ]
    title = f"{task}: {headline.label} by severity, and relative robustness"
    header = ["input", "corruption", "clean", *levels, "relative"]
    return Table(title, header, rows, words=2)


def _comparison_table(task: str, figures: dict[str, Any], baseline: str) -> Table:
    headline = Headline.from_dict(figures)
    rows = [
        [name, label.replace("_", " "), headline.number(gain["value"]), span]
        for name, curves in figures["curves"].items()
        for label, curve in curves.items()
        for gain in [curve.get("effective_robustness")]
        if gain
        for span in [headline.span(gain)]
    ]
    title = f"{task}: effective robustness in {headline.label}, against {baseline}"
    header = ["input", "corruption", "effective", "95 % interval"]
    return Table(title, header, rows, words=2)


def robustness(
    model: keras.Model,
    split: Any,
    *,
    corruptions: Mapping[str, Sequence[str | Corruption]] | None = None,
    severities: int = 5,
    max_rows: int | None = None,
    seed: int = 0,
) -> Robustness:
    """Evaluate a model on data that gets worse step by step, input by input.

    Every input is corrupted by itself, then all at once (`"all inputs"`: each by
    the first of its corruptions). What a row gets follows from the seed and its id:
    the same whatever the batch, and at a higher severity the same and more.

    | corruption | severity 1 to 5 |
    | --- | --- |
    | image `gaussian_noise` | std of 20, 31, 46, 66, 97 grey levels |
    | image `gaussian_blur` | std of 1, 1.5, 2, 3, 4 % of the shorter side |
    | image `occlusion` | grey box on 5, 10, 20, 30, 50 % of the area |
    | image `jpeg` | quality 25, 18, 15, 10, 7 |
    | audio `noise` | signal-to-noise ratio of 20, 15, 10, 5, 0 dB |
    | audio `clipping` | the highest 50, 70, 80, 90, 95 % of the peak cut |
    | audio `dropout` | 10, 20, 30, 40, 50 % of 20 ms frames silenced |
    | text `typos`, `deletions`, `swaps` | 5, 10, 20, 30, 40 % of the characters |
    | number `gaussian_noise` | std of 0.25, 0.5, 1, 1.5, 2 training stds |
    | category `replacement` | 10, 20, 30, 40, 50 % of the rows |
    | any optional input `missing` | 20, 40, 60, 80, 100 % of the rows |

    Args:
        model: from `build_model`, trained or reloaded; it need not be compiled.
        split: `data["test"]`; its rows are held in memory as decoded.
        corruptions: by input, names of the table or `Corruption`s of your own;
            inputs that are left out stay clean. All that there are if `None`.
        severities: the highest severity.
        max_rows: evaluate at most as many rows, drawn by the seed.
        seed: of the corruptions, the rows drawn and the intervals.

    Returns:
        A `Robustness`, with the tasks whose headline figure is a mean over rows.

    Raises:
        ValueError: if the model does not fit, for an unknown corruption, more
            severities than a corruption has strengths, or a function that gives
            another shape or dtype than it gets.
        TypeError: if `split` is no split.

    Example:
        >>> result = robustness(
        ...     model, data["test"], corruptions={"image": ["jpeg"]}, severities=2
        ... )
        >>> len(result["digit"]["curves"]["image"]["jpeg"]["value"])
        3

    Reference:
        Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common
        Corruptions and Perturbations", ICLR 2019, arXiv:1903.12261, for corruptions
        in five severities. Liang et al., "MultiBench", 2021, arXiv:2107.07502, for
        noise in one modality and in all.
    """
    _checks.check_positive_int("robustness", "severities", severities)
    rows = Rows("robustness", split, max_rows, seed)
    rows.check(model)
    steps = plan(rows, corruptions, severities)
    clean, headlines = rows.clean(model)
    found: dict[str, Scores] = {task: {} for task in clean}
    for name, drawn in steps.items():
        for step in drawn:
            levels = [clean]
            for severity in range(1, severities + 1):
                changed = _changed(rows, step, severity, seed)
                levels.append(rows.scores(model, changed, clean))
            for task in found:
                found[task][name, step.label] = np.stack([s[task] for s in levels])
    tasks, scores = {}, {}
    for task, curves in found.items():
        means = RowMeans(rows.weights(task), seed)
        headline = headlines[task]
        tasks[task] = {
            "headline": headline.name,
            "lower_is_better": headline.lower_is_better,
            "unit": headline.unit,
            "clean": means(clean[task]),
            "curves": {
                name: {
                    step.label: _curve(step, curves[name, step.label], means)
                    for step in drawn
                }
                for name, drawn in steps.items()
            },
        }
        scores[task] = {
            "ids": rows.split.ids[rows.counted[task]],
            "weights": rows.weights(task),
            "seed": seed,
            "curves": curves,
        }
    return Robustness(
        name=rows.spec.name,
        split=split.name,
        rows=len(rows),
        severities=severities,
        tasks=tasks,
        scores=scores,
    )


def _changed(rows: Rows, step: Step, severity: int, seed: int) -> dict[str, np.ndarray]:
    changed: dict[str, np.ndarray] = {}
    for name, corruption in step.parts:
        changed |= corrupted(rows, name, corruption, severity, seed)
    return changed


def _curve(step: Step, scores: np.ndarray, means: RowMeans) -> dict[str, Any]:
    """One curve as plain values, from `(severities, rows)` scores."""
    points = [means(level) for level in scores]
    weights = trapezoid_weights("robustness", len(scores), None)
    (_, first), *others = step.parts
    # Those of several corruptions have no common unit.
    strengths = None if others else first.strengths[: len(scores) - 1]
    return {
        "severities": list(range(len(scores))),
        "strengths": strengths and [None, *strengths],
        "unit": "" if others else first.unit,
        **{key: [p[key] for p in points] for key in ("value", "low", "high")},
        "relative_robustness": means(weights @ scores),
    }
