"""A check of a data set as one page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mmkeras._cells import as_text, is_missing
from mmkeras._page import Card, Page, Section, Tile
from mmkeras.data_check._check_tables import (
    class_table,
    copy_tables,
    group_table,
    input_tables,
    quarantine_table,
    task_tables,
)
from mmkeras.data_check._drawings import class_bars, distribution
from mmkeras.data_check.finding import NOTE, PROBLEM, SEVERITIES, WARNING
from mmkeras.evaluation._media import Media

if TYPE_CHECKING:
    from mmkeras.data_check.data_check import DataCheck
    from mmkeras.dataset import Dataset

# Cards of pairs for each input, and of rows for each split.
_PAIRS = 4
_ROWS = 3
_HEADINGS = {PROBLEM: "Problems", WARNING: "Warnings", NOTE: "Notes"}


def check_page(check: DataCheck) -> Page:
    """The page.

    Args:
        check: to show.
    """
    figures = check.figures
    rows = sum(figures["splits"].values())
    page = Page(
        f"Data check of {check.name}",
        f"{rows:,} rows in {len(figures['splits'])} splits",
    )
    page.top.tiles(_tiles(check))
    _findings(page.section("Findings"), check)
    _copies(page.section("Leaks"), check)
    for name, task in figures["tasks"].items():
        _task(page.section(f"Task {name}"), name, task)
    for name, one in figures["inputs"].items():
        _input(page.section(f"Input {name}"), name, one)
    bad = quarantine_table(figures["quarantine"])
    if bad is not None:
        page.section("Bad cells").table(bad._replace(title=""))
    _samples(page.section("Rows"), check.of)
    return page


def _tiles(check: DataCheck) -> list[Tile]:
    splits = check.figures["splits"]
    counts = {name: len(check.of_severity(name)) for name in SEVERITIES}
    left_out = len(check.of.columns["row.usable"]) - sum(splits.values())
    return [
        *(Tile(_HEADINGS[name].lower(), f"{n:,}") for name, n in counts.items()),
        Tile(
            "rows",
            f"{sum(splits.values()):,}",
            ", ".join(f"{count:,} {name}" for name, count in splits.items()),
        ),
        Tile("rows left out", f"{left_out:,}", "could not be used"),
    ]


def _findings(section: Section, check: DataCheck) -> None:
    if check.ok:
        section.text("No problem was found.")
    for severity in SEVERITIES:
        found = check.of_severity(severity)
        if found:
            section.heading(_HEADINGS[severity])
        if severity == PROBLEM:
            for one in found:
                section.text(one.text, "warning")
        elif found:
            section.items([one.text for one in found])


def _copies(section: Section, check: DataCheck) -> None:
    tables, groups = copy_tables(check.figures), group_table(check.figures["groups"])
    with section.beside():
        for table in [*tables[:1], *([groups] if groups else [])]:
            section.table(table)
    shown = [pair for pair in check.figures["copies"] if pair["telling"]]
    if not shown:
        section.text("No picture, sound or longer text is in two splits.")
    by_input: dict[str, list[Mapping[str, Any]]] = {}
    for pair in shown:
        by_input.setdefault(pair["input"], []).append(pair)
    places = {str(id_): i for i, id_ in enumerate(check.of.ids.tolist())}
    few = [pair for found in by_input.values() for pair in found[:_PAIRS]]
    media = _Rows(check.of, {places[p[key]] for p in few for key in ("row", "of_row")})
    for name, found in by_input.items():
        section.heading(f"{name or 'all inputs'} in two splits")
        for pair in found[:_PAIRS]:
            section.text("Equal:" if pair["exact"] else "Nearly equal:")
            both = [places[pair["of_row"]], places[pair["row"]]]
            section.cards([media.card(row, name) for row in both])
        if len(found) > _PAIRS:
            section.text(f"The first {_PAIRS} of {len(found):,} pairs.", "note")
    for table in tables[1:]:
        section.table(table, folded=True)


def _task(section: Section, name: str, task: Mapping[str, Any]) -> None:
    tables = task_tables(name, task)
    with section.beside():
        section.table(tables[0]._replace(title=""))
        _histogram(section, task.get("histogram"))
        if "classes" in task:
            section.figure(
                class_bars(task["classes"]),
                f"Bars: how labels of {name} are distributed in each split. The table "
                "below holds the numbers.",
            )
    if "classes" in task:
        table = class_table(name, task["classes"])
        section.table(table._replace(title="rows of each class"), folded=True)


def _input(section: Section, name: str, one: Mapping[str, Any]) -> None:
    first, *others = input_tables(name, one)
    with section.beside():
        section.table(first._replace(title=""))
        _histogram(section, one.get("histogram"))
        for table in others:
            section.table(table._replace(title="most frequent unknown tokens"))


def _histogram(section: Section, histogram: Mapping[str, Any] | None) -> None:
    if histogram:
        section.figure(
            distribution(histogram), f"Histogram: {histogram['of']}, for each split."
        )


def _samples(section: Section, data: Dataset) -> None:
    random = np.random.default_rng(0)
    chosen = {
        name: np.sort(
            random.choice(data[name].positions, min(_ROWS, len(data[name])), False)
        ).tolist()
        for name in data.splits
    }
    media = _Rows(data, {row for rows in chosen.values() for row in rows})
    for name, rows in chosen.items():
        section.heading(name)
        section.cards([media.card(row) for row in rows])
    section.text("Drawn at random; inputs are shown as the model gets them.", "note")


class _Rows:
    """Rows of any split, to show.

    Args:
        data: the data set.
        rows: their positions.
    """

    def __init__(self, data: Dataset, rows: Iterable[int]):
        self._data = data
        self._places: dict[int, tuple[str, int]] = {}
        self._media = {}
        wanted = np.array(sorted(rows), "int64")
        for name in data.splits:
            split = data[name]
            mine = np.flatnonzero(np.isin(split.positions, wanted)).tolist()
            self._media[name] = Media(split, mine)
            for place in mine:
                self._places[int(split.positions[place])] = (name, place)

    def card(self, row: int, name: str = "") -> Card:
        """A row with its labels and its inputs, or one of them."""
        split, place = self._places[row]
        parts = self._media[split].parts(place, {})
        if name:
            parts = [parts[list(self._data.spec.inputs).index(name)]]
        line = f"{split}; {_labels(self._data, row)}".rstrip("; ")
        return Card(str(self._data.ids[row]), line, parts)


def _labels(data: Dataset, row: int) -> str:
    found = []
    for name, task in data.spec.tasks.items():
        cells = [data.cells(column)[row] for column in task.columns()]
        said = ", ".join(as_text(cell) for cell in cells if not is_missing(cell))
        if cells:
            found.append(f"{name}: {said or 'no label'}")
    return "; ".join(found)
