"""Findings about rows that lack an input, and about those left out."""

from __future__ import annotations

from typing import Any

from mmkeras.data_check._checked import Checked, number_of, percent
from mmkeras.data_check.finding import NOTE, WARNING
from mmkeras.dataset._quarantine import ROW, count_rows
from mmkeras.evaluation._card_data import missing_rate
from mmkeras.split_rule import TRAIN

# Between the missing rates of two splits.
_DIFFERENT = 0.1
_MOSTLY = 0.5


def check_missing(checked: Checked, name: str) -> dict[str, float]:
    """The share of each split's rows that lack an input."""
    data = checked.data
    rates = {split: missing_rate(data[split], name) for split in data.splits}
    train = rates[TRAIN]
    shown = ", ".join(f"{percent(rate)} of '{s}'" for s, rate in rates.items())
    if not any(rates.values()):
        return rates
    if train == 0:
        kind, fix = (
            "missing_unseen",
            (
                "no training row lacks it, so the model never learns to do without; "
                "train with `modality_dropout`"
            ),
        )
    elif max(abs(rate - train) for rate in rates.values()) > _DIFFERENT:
        kind, fix = (
            "missing_differs",
            (
                "scores are those of another rate than is learned; "
                "`Split.with_missing` measures at equal ones"
            ),
        )
    elif train > _MOSTLY:
        kind, fix = "missing_mostly", "see whether its column and paths are right"
    else:
        checked.add(NOTE, "missing", name, f"'{name}' is missing on {shown}.")
        return rates
    checked.add(WARNING, kind, name, f"'{name}' is missing on {shown}: {fix}.")
    return rates


def check_quarantine(checked: Checked) -> list[dict[str, Any]]:
    """Bad cells by reason, the most frequent first."""
    table = checked.data.quarantine
    if not len(table):
        return []
    keys = ["column", "reason", "left_out"]
    found: list[dict[str, Any]] = []
    for (column, reason, left_out), cells in table.groupby(keys, sort=False):
        found.append(
            {
                "column": column,
                "reason": reason,
                "left_out": left_out,
                "rows": len(cells),
                "such_as": str(cells["id"].iloc[0]),
            }
        )
    found.sort(key=lambda one: -one["rows"])
    for left_out, kind, verb in (
        (ROW, "quarantined", "are left out"),
        ("input", "bad_inputs", "are used without a bad input"),
    ):
        mine = table[table["left_out"] == left_out]
        if len(mine):
            first = next(one for one in found if one["left_out"] == left_out)
            count, total = count_rows(mine), len(checked.data.ids)
            checked.add(
                WARNING,
                kind,
                "",
                f"{number_of(count, 'row')} of {total:,} {verb}, most often because of "
                f"'{first['column']}': {first['reason']} "
                f"({number_of(first['rows'], 'row')}, such as '{first['such_as']}'); "
                "mend them, or leave them out of the table.",
            )
    return found
