"""Findings about groups of rows, such as those of one speaker, in several splits."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import Any

import numpy as np

from mmkeras._cells import as_text, is_missing
from mmkeras._checks import bad_value, did_you_mean
from mmkeras.data_check._checked import Checked, are, listed, number_of
from mmkeras.data_check.finding import NOTE, PROBLEM


def check_groups(checked: Checked, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Values of columns that are in more than one split.

    Args:
        checked: the data set.
        columns: those whose values must not be; if there are none, the unused
            columns of few values are looked at.

    Raises:
        ValueError: for an unknown column.
    """
    table = checked.data.spec.source.read()
    known = [str(column) for column in table]
    for column in columns:
        if column not in known:
            raise bad_value(
                "check_data",
                "group_columns",
                "columns of the source",
                column,
                did_you_mean(column, known),
            )
    rows = checked.usable()
    looked = list(columns) or [c for c in known if c not in _used(checked)]
    found = []
    for column in looked:
        homes = _homes(checked, column, rows)
        if not columns and not 2 <= len(homes) <= len(rows) / 2:
            continue
        torn = [value for value, splits in homes.items() if len(splits) > 1]
        found.append(
            {"column": column, "values": len(homes), "in_several_splits": len(torn)}
        )
        if columns and torn:
            _torn(checked, column, homes, torn)
    if found and not columns:
        parts = [
            f"'{f['column']}' ({f['in_several_splits']:,} of {f['values']:,})"
            for f in found
        ]
        checked.add(
            NOTE,
            "unused_columns",
            "",
            "Of columns that the spec does not use, these numbers of values are in "
            f"more than one split: {', '.join(parts)}; if one of them is a speaker, a "
            "patient or a page, name it in `group_columns`.",
        )
    return found


def _torn(
    checked: Checked, column: str, homes: dict[str, dict[int, int]], torn: list[str]
) -> None:
    names = checked.data.splits
    one = homes[torn[0]]
    where = " and ".join(f"'{names[rank]}'" for rank in sorted(one))
    checked.add(
        PROBLEM,
        "group_in_splits",
        column,
        f"{number_of(len(torn), 'value')} of the column '{column}' (of {len(homes):,}) "
        f"{are(torn)} in more than one split, {listed(torn)}, the first of them in "
        f"{where}: split by it, with `split: {{by: hash, key: [{column}], ...}}`.",
        [row for value in torn for row in homes[value].values()],
    )


def _homes(
    checked: Checked, column: str, rows: np.ndarray
) -> dict[str, dict[int, int]]:
    """By value, the splits it is in, with the first row there.

    Arrays and lists are no values.
    """
    cells = checked.data.cells(column)
    homes: dict[str, dict[int, int]] = collections.defaultdict(dict)
    for row in rows.tolist():
        if not is_missing(cells[row]) and np.isscalar(cells[row]):
            homes[as_text(cells[row])].setdefault(checked.rank(row), row)
    return homes


def _used(checked: Checked) -> set[str]:
    spec = checked.data.spec
    rule: Any = spec.split
    found = {modality.column for modality in spec.inputs.values()}
    for task in spec.tasks.values():
        found.update(filter(None, [*task.columns(), task.weight_column]))
    found.update(rule.key if rule.by == "hash" else [rule.column])
    return found | {spec.id_column or ""}
