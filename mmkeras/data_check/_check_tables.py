"""The figures of a check as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmkeras._tables import Table
from mmkeras.data_check._checked import percent

# Pairs of rows in a table; all are in `figures`.
_MOST_PAIRS = 50


def split_table(figures: Mapping[str, Any]) -> Table:
    """Rows of each split."""
    names = list(figures["splits"])
    counts = [f"{count:,}" for count in figures["splits"].values()]
    return Table("rows", ["", *names], [["rows", *counts]])


def by_split(title: str, splits: Mapping[str, Mapping[str, Any]]) -> Table:
    """Figures below each other, splits beside each other."""
    keys = dict.fromkeys(key for found in splits.values() for key in found)
    rows = [
        [key, *(_value(key, found.get(key)) for found in splits.values())]
        for key in keys
    ]
    return Table(title, ["", *splits], rows)


def class_table(title: str, classes: Mapping[str, Mapping[str, int]]) -> Table:
    """Rows of each class, with their share of the split's."""
    totals = {split: max(1, sum(found.values())) for split, found in classes.items()}
    names = next(iter(classes.values()))
    rows = [
        [
            name,
            *(
                f"{found[name]:,} ({percent(found[name] / totals[split])})"
                for split, found in classes.items()
            ),
        ]
        for name in names
    ]
    return Table(f"{title}: labels", ["class", *classes], rows)


def unknown_table(title: str, unknown: Mapping[str, Mapping[str, int]]) -> Table | None:
    """The most frequent unknown tokens of each split."""
    rows = [
        [token, split, f"{count:,}"]
        for split, found in unknown.items()
        for token, count in found.items()
    ]
    if not rows:
        return None
    return Table(f"{title}: unknown tokens", ["token", "split", "times"], rows, words=2)


def copy_tables(figures: Mapping[str, Any]) -> list[Table]:
    """How many rows repeat others, and the pairs that are in two splits."""
    rows = [
        [
            one["input"] or "all inputs",
            one["what"],
            f"{one['across']:,}",
            f"{one['within']:,}",
        ]
        for one in figures["copy_counts"]
    ]
    found = []
    if rows:
        header = ["input", "copies", "of an earlier split", "of the same split"]
        found.append(Table("repeated contents", header, rows, words=2))
    pairs = [
        [
            one["input"] or "all inputs",
            *(_row_of(one, prefix) for prefix in ("", "of_")),
            "equal" if one["exact"] else "nearly equal",
        ]
        for one in figures["copies"]
        if one["telling"]
    ]
    if pairs:
        title = "pairs in two splits"
        if len(pairs) > _MOST_PAIRS:
            title += f" (the first {_MOST_PAIRS} of {len(pairs):,})"
        header = ["input", "row", "and row", "contents"]
        found.append(Table(title, header, pairs[:_MOST_PAIRS], words=4))
    return found


def _row_of(pair: Mapping[str, Any], prefix: str) -> str:
    file = pair[f"{prefix}file"]
    where = f"{pair[f'{prefix}split']}, {file}" if file else pair[f"{prefix}split"]
    return f"{pair[f'{prefix}row']} ({where})"


def group_table(groups: Sequence[Mapping[str, Any]]) -> Table | None:
    """How many values of a column are in several splits."""
    rows = [
        [one["column"], f"{one['values']:,}", f"{one['in_several_splits']:,}"]
        for one in groups
    ]
    header = ["column", "values", "in several splits"]
    return Table("values in several splits", header, rows) if rows else None


def quarantine_table(quarantine: Sequence[Mapping[str, Any]]) -> Table | None:
    """Bad cells by reason."""
    rows = [
        [
            one["column"],
            one["reason"],
            one["such_as"],
            one["left_out"],
            f"{one['rows']:,}",
        ]
        for one in quarantine
    ]
    header = ["column", "reason", "such as", "left out", "cells"]
    return Table("bad cells", header, rows, words=4) if rows else None


def all_tables(figures: Mapping[str, Any]) -> list[Table]:
    """All of them, in the order of a report."""
    found: list[Table | None] = [split_table(figures)]
    found += [*copy_tables(figures), group_table(figures["groups"])]
    for name, task in figures["tasks"].items():
        found += task_tables(name, task)
    for name, one in figures["inputs"].items():
        found += input_tables(name, one)
    found.append(quarantine_table(figures["quarantine"]))
    return [table for table in found if table is not None]


def task_tables(name: str, task: Mapping[str, Any]) -> list[Table]:
    """Of one task."""
    found = [by_split(f"task {name} ({task['type']})", task["splits"])]
    if "classes" in task:
        found.append(class_table(f"task {name}", task["classes"]))
    return found


def input_tables(name: str, one: Mapping[str, Any]) -> list[Table]:
    """Of one input."""
    unknown = unknown_table(f"input {name}", one.get("unknown", {}))
    first = by_split(f"input {name} ({one['type']})", one["splits"])
    return [first, *([unknown] if unknown else [])]


def _value(key: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        if key.startswith("share"):
            return percent(value) if value else "none"
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
