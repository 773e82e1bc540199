"""Two models on the same rows."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mmkeras import _checks
from mmkeras._tables import Table
from mmkeras.evaluation._paired_test import paired_test
from mmkeras.evaluation._printed import Printed
from mmkeras.evaluation._row_means import Headline, RowMeans

if TYPE_CHECKING:
    from mmkeras.dataset import Split
    from mmkeras.evaluation._evaluated import Evaluated
    from mmkeras.evaluation.report import Report

_OWNER = "Report.compare"
# Of the bootstrap and of the permutations.
_SEED = 0
# Below it a difference is taken for one.
_LEVEL = 0.05


@dataclasses.dataclass(frozen=True, repr=False)
class ReportComparison(Printed):
    """Two reports of the same rows; prints as tables, in Jupyter as HTML.

    `result["digit"]` holds, of the task's `headline` figure, `first`, `second` and
    `difference` (second - first), each `value`, `low` and `high` of a 95 % interval;
    that of the difference is one of paired rows. `test` and its two-sided `p`:
    McNemar's exact test where a row is right or wrong (`only_first`, `only_second`:
    rows that one alone has right), else a sign-flip permutation test of the mean
    difference. `shown`: whether `p` is below .05 and the interval without 0. And a
    `sentence` that says it.

    Rows of the weight 0 are out. The others count by their weight in values and
    intervals, but once each in the test, which knows no weights. Both take rows for
    independent, and each model for the one it is: another training is another.

    Args:
        name: of the data set.
        split: its split.
        rows: of the split.
        names: of the two.
        tasks: by task, the above; those whose headline figure is a mean over rows.
        figures: by task, each figure of both reports: `(first, second)`.

    Reference:
        McNemar, "Note on the sampling error of the difference between correlated
        proportions or percentages", 1947, Psychometrika 12(2); Dietterich, 1998,
        Neural Computation 10(7), for its use on classifiers.
    """

    name: str
    split: str
    rows: int
    names: tuple[str, str]
    tasks: dict[str, dict[str, Any]]
    figures: dict[str, dict[str, tuple[float, float]]]

    @property
    def sentences(self) -> list[str]:
        """What it says of each task."""
        return [found["sentence"] for found in self.tasks.values()]

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, fit for JSON."""
        found = copy.deepcopy(dataclasses.asdict(self))
        found["names"] = list(self.names)
        found["figures"] = {
            task: {key: list(pair) for key, pair in figures.items()}
            for task, figures in self.figures.items()
        }
        return found

    def _title(self) -> str:
        first, second = self.names
        where = f"{self.name}, split '{self.split}': {self.rows:,} rows"
        return "\n".join([f"{first} and {second} on {where}", *self.sentences])

    def _tables(self) -> list[Table]:
        tables = []
        for task, found in self.tasks.items():
            headline = Headline.from_dict(found)
            difference = f"{self.names[1]} - {self.names[0]}"
            named = zip(
                (*self.names, difference),
                (found["first"], found["second"], found["difference"]),
                strict=True,
            )
            rows = [
                [name, headline.number(x["value"]), headline.span(x)]
                for name, x in named
            ]
            header = ["", headline.label, "95 % interval"]
            tables.append(Table(f"{task}: {headline.label}", header, rows))
            tables.append(self._side_by_side(task))
        return tables

    def _side_by_side(self, task: str) -> Table:
        rows = [
            [key.replace("_", " "), *(f"{x:.4f}" for x in (*pair, pair[1] - pair[0]))]
            for key, pair in self.figures[task].items()
        ]
        return Table(
            f"{task}: all figures", ["figure", *self.names, "difference"], rows
        )


def compare_reports(
    first: Report, second: Report, names: tuple[str, str]
) -> ReportComparison:
    """Two reports of the same rows, compared.

    Args:
        first: of one model.
        second: of another.
        names: what to call them.

    Raises:
        ValueError: if the rows, labels or weights are not the same.
        TypeError: if `second` is no report.
    """
    from mmkeras.evaluation.report import Report

    if not isinstance(second, Report):
        fix = "Pass what `mm.evaluate` returns."
        raise _checks.bad_type(_OWNER, "other", "a Report", second, fix)
    if len(names) != 2 or names[0] == names[1]:
        fix = "Pass for example `names=('early', 'late')`."
        raise _checks.bad_value(_OWNER, "names", "two different names", names, fix)
    splits = _split("self", first), _split("other", second)
    _check_same_rows(*splits)
    tasks, figures = {}, {}
    for task, mine in first.evaluated.items():
        if task not in second.evaluated:
            continue
        other = second.evaluated[task]
        _check_same_labels(task, splits, (mine, other))
        one, two = mine.figures.rows(), other.figures.rows()
        if one is None or two is None:
            continue
        headline = Headline.of(mine.figures, splits[0].spec.tasks[task])
        means = RowMeans(mine.weights, _SEED)
        found = {
            "headline": headline.name,
            "lower_is_better": headline.lower_is_better,
            "unit": headline.unit,
            "first": means(one),
            "second": means(two),
            "difference": means(two - one),
            **paired_test(one, two, _SEED),
        }
        interval = found["difference"]
        without = not interval["low"] <= 0 <= interval["high"]
        found["shown"] = without and found["p"] < _LEVEL
        found["sentence"] = f"{task}: {_sentence(headline, found, names)}."
        tasks[task] = found
        figures[task] = {
            key: (value, second.tasks[task][key])
            for key, value in first.tasks[task].items()
            if isinstance(value, float) and key in second.tasks[task]
        }
    if not tasks:
        fix = "Clusterings have no figure that is a mean over rows."
        raise _checks.bad_value(
            _OWNER, "other", "of a task that can be compared", [*second.tasks], fix
        )
    return ReportComparison(
        first.name, first.split, first.rows, (names[0], names[1]), tasks, figures
    )


def _split(argument: str, report: Report) -> Split:
    if report.of is not None and report.evaluated:
        return report.of
    raise _checks.bad_value(
        _OWNER,
        argument,
        "a report that holds its rows",
        f"{report.name}, split '{report.split}'",
        "Take it from `mm.evaluate`: figures alone cannot be paired.",
    )


def _check_same_rows(first: Split, second: Split) -> None:
    mine, other = first.ids, second.ids
    if np.array_equal(mine, other):
        return
    if len(mine) == len(other):
        place = int((mine != other).argmax())
        differs = f"row {place} '{other[place]}' where there is '{mine[place]}'"
    else:
        differs = f"{len(other)} rows"
    raise _checks.bad_value(
        _OWNER,
        "other",
        f"of the same {len(mine)} rows of '{first.spec.name}', split '{first.name}'",
        f"'{second.spec.name}', split '{second.name}': {differs}",
        "Evaluate both models on the same split.",
    )


def _check_same_labels(
    task: str, splits: Sequence[Split], found: Sequence[Evaluated]
) -> None:
    first, second = splits
    rows, labels = found[0].rows, [split.labels(task) for split in splits]
    classes = [split.spec.tasks[task].confusion_classes() for split in splits]
    if classes[0] != classes[1] or labels[0].shape != labels[1].shape:
        differs = "other classes" if classes[0] != classes[1] else "other labels"
    elif not (
        np.array_equal(rows, found[1].rows)
        and np.array_equal(found[0].weights, found[1].weights)
    ):
        differs = "other weights"
    else:
        unequal = (labels[0] != labels[1]).reshape(len(first), -1).any(-1)[rows]
        if not unequal.any():
            return
        differs = f"another label of the row '{second.ids[rows[unequal.argmax()]]}'"
    raise _checks.bad_value(
        _OWNER,
        "other",
        f"of the same labels and weights of '{task}'",
        differs,
        "Evaluate both models on one data set, loaded with one spec.",
    )


def _sentence(
    headline: Headline, found: Mapping[str, Any], names: tuple[str, str]
) -> str:
    first, second = names
    change = found["difference"]
    points = headline.unit == "points"
    low, high = (headline.signed(change[key]) for key in ("low", "high"))
    numbers = (
        f"95 % interval {low} to {high}; {found['test']} p {probability(found['p'])}"
    )
    if not found["shown"]:
        value = headline.signed(change["value"])
        value = f"{value} {headline.unit}".rstrip()
        return (
            f"the data show no difference between {first} and {second} in "
            f"{headline.label}: {value} ({numbers})"
        )
    side = "above" if change["value"] > 0 else "below"
    amount = headline.amount(change["value"])
    if points:
        return f"{second} is {amount} {side} {first} in {headline.label} ({numbers})"
    better = "better" if headline.sign * change["value"] > 0 else "worse"
    return (
        f"{second}'s {headline.label} is {amount} {side} {first}'s, which is {better} "
        f"({numbers})"
    )


def probability(p: float) -> str:
    """A p value as it is read: `= .02`, `< .001`."""
    if p < 0.001:
        return "< .001"
    text = f"{p:.3f}" if p < 0.01 else f"{p:.2f}"
    return f"= {text.removeprefix('0')}"
