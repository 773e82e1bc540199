"""Findings about rows that other splits know already."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import Any

import numpy as np

from mmkeras._cells import as_text
from mmkeras.data_check._checked import Checked, number_of
from mmkeras.data_check._copies import Contents, Copies
from mmkeras.data_check.finding import NOTE, PROBLEM, WARNING

# Tasks whose labels are no answers to an input.
_NO_ANSWERS = ("clustering", "retrieval")


def check_copies(
    checked: Checked, contents: Contents
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Equal and nearly equal rows.

    Returns:
        The pairs across splits, and the numbers of rows.
    """
    found = contents.of_inputs()
    if len(checked.data.spec.inputs) > 1:
        found.append(contents.of_rows())
    for copies in found:
        _across(checked, copies)
    _within(checked, found)
    pairs = [
        {
            "input": copies.about,
            "exact": copies.exact,
            "telling": copies.telling,
            **_named(checked, copies.about, row, ""),
            **_named(checked, copies.about, twin, "of_"),
        }
        for copies in found
        for row, twin in copies.across
    ]
    counts = [
        {
            "input": copies.about,
            "what": _what(copies),
            "across": len(copies.across),
            "within": copies.within,
        }
        for copies in found
        if copies.telling or not copies.about or copies.across or copies.within
    ]
    return pairs, counts


def _named(checked: Checked, name: str, row: int, prefix: str) -> dict[str, str]:
    file = ""
    if name and checked.data.spec.inputs[name].binary:
        cell = checked.cell(checked.data.spec.inputs[name].column, row)
        file = cell if isinstance(cell, str) else ""
    return {
        f"{prefix}row": str(checked.data.ids[row]),
        f"{prefix}split": checked.split_of(row),
        f"{prefix}file": file,
    }


def _what(copies: Copies) -> str:
    what = "equal" if copies.exact else "nearly equal"
    return what if copies.telling or not copies.about else f"{what}, short or usual"


def _across(checked: Checked, copies: Copies) -> None:
    by_splits: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for row, twin in copies.across:
        splits = checked.split_of(row), checked.split_of(twin)
        by_splits.setdefault(splits, []).append((row, twin))
    if copies.telling:
        severity, fix = PROBLEM, "leave one of each pair out, or put both in one split"
    elif copies.about:
        severity, fix = NOTE, "expected of short texts, and of those often said"
    else:
        severity, fix = WARNING, "check that they are different examples"
    kind = "equal_copies" if copies.exact else "near_copies"
    same = "the same" if copies.exact else "nearly the same"
    for (split, earlier), pairs in by_splits.items():
        have = "has" if len(pairs) == 1 else "have"
        one, other = (str(checked.data.ids[row]) for row in pairs[0])
        files = [_named(checked, copies.about, row, "")["file"] for row in pairs[0]]
        named = f" (files {files[0]} and {files[1]})" if all(files) else ""
        what = f"'{copies.about}'" if copies.about else "inputs, all of them,"
        checked.add(
            severity,
            kind,
            copies.about,
            f"{number_of(len(pairs), 'row')} of '{split}' {have} {same} {what} as a "
            f"row of '{earlier}', such as '{one}' and '{other}'{named}: {fix}.",
            [row for pair in pairs for row in pair],
        )


def _within(checked: Checked, found: Sequence[Copies]) -> None:
    counts: dict[str, int] = {}
    for copies in found:
        if copies.telling and copies.within:
            about = f"in '{copies.about}'" if copies.about else "in all inputs"
            counts[about] = counts.get(about, 0) + copies.within
    if counts:
        said = ", ".join(
            f"{number_of(n, 'row')} {about}" for about, n in counts.items()
        )
        checked.add(
            NOTE,
            "copies_within",
            "",
            f"Some rows are equal or nearly equal to an earlier one of their own split "
            f"({said}): they count more than once, and make intervals of scores too "
            "narrow.",
        )


def check_conflicts(checked: Checked, contents: Contents) -> None:
    """Rows that are equal in all inputs, but not in their labels."""
    data = checked.data
    groups: dict[Any, list[int]] = collections.defaultdict(list)
    for row, key in contents.whole().items():
        groups[key].append(row)
    media = any(m.binary for m in data.spec.inputs.values())
    for name, task in data.spec.tasks.items():
        if task.type in _NO_ANSWERS:  # type: ignore[attr-defined]
            continue
        labels = np.asarray(data.columns[f"label.{name}"])
        weights = np.asarray(data.columns[f"weight.{name}"])
        wrong = []
        for rows in groups.values():
            known = [row for row in rows if weights[row] > 0]
            if len({labels[row].tobytes() for row in known}) > 1:
                wrong.append(known)
        if not wrong:
            continue
        one = wrong[0][0]
        other = next(
            r for r in wrong[0] if labels[r].tobytes() != labels[one].tobytes()
        )
        said = [label_text(checked, name, row) for row in (one, other)]
        checked.add(
            PROBLEM if media else WARNING,
            "label_conflict",
            name,
            f"{number_of(sum(map(len, wrong)), 'row')} are equal in all inputs to "
            f"another row with another label of '{name}', such as "
            f"'{data.ids[one]}' ('{said[0]}') and '{data.ids[other]}' ('{said[1]}'): "
            "no model can answer both; find out which label is right.",
            [row for rows in wrong for row in rows],
        )


def label_text(checked: Checked, task: str, row: int) -> str:
    """A row's label as the source has it."""
    columns = checked.data.spec.tasks[task].columns()
    cells = [checked.cell(column, row) for column in columns]
    return ", ".join("" if cell is None else as_text(cell) for cell in cells)
