"""What the figures of `modality_shares` say, in plain English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmkeras.evaluation._row_means import Headline


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _interval(headline: Headline, change: Mapping[str, float]) -> str:
    """Of what the sentence says: of a loss, how much is lost."""
    ends = [change["low"], change["high"]]
    if ends[1] < 0:
        ends = [-ends[1], -ends[0]]
    low, high = (headline.signed(end) for end in ends)
    return f"(95 % interval {low} to {high})"


def _says_nothing(change: Mapping[str, float]) -> bool:
    return change["low"] <= 0 <= change["high"]


def adds(name: str, others: Sequence[str], headline: Headline, change: Any) -> str:
    """What an input adds to the others.

    Args:
        name: of the input.
        others: the other inputs.
        headline: of the task.
        change: `value`, `low`, `high` of the improvement.
    """
    over = f"over {listed(others)}" if others else "over no input at all"
    over += " alone" if len(others) == 1 else ""
    amount, interval = headline.amount(change["value"]), _interval(headline, change)
    if _says_nothing(change):
        found = headline.signed(change["value"])
        return (
            f"{name} makes no difference that the data can show {over}: "
            f"{found} {headline.unit}".rstrip()
            + f" {interval}"
        )
    better = change["value"] > 0
    if headline.lower_is_better:
        verb = "lowers" if better else "raises"
        return f"{name} {verb} the {headline.label} by {amount} {over} {interval}"
    verb = "adds" if better else "costs"
    return f"{name} {verb} {amount} {over} {interval}"


def against_best(best: str, headline: Headline, change: Mapping[str, float]) -> str:
    """The whole model beside the best one that was trained on one input.

    Args:
        best: the name of its input.
        headline: of the task.
        change: `value`, `low`, `high` of the improvement.
    """
    other = f"the best model of one input, {best} alone"
    interval = _interval(headline, change)
    if _says_nothing(change):
        return (
            f"all inputs together are not better or worse than {other}, as far as the "
            f"data can show: {headline.signed(change['value'])} {headline.unit}"
        ).rstrip() + f" {interval}"
    verb = "beat" if change["value"] > 0 else "fall behind"
    amount = headline.amount(change["value"])
    of = f" of {headline.label}" if headline.lower_is_better else ""
    return f"all inputs together {verb} {other}, by {amount}{of} {interval}"
