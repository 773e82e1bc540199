"""Tables of text for a terminal, and of HTML for a notebook."""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from typing import Any, NamedTuple


class Table(NamedTuple):
    """A title, a header and rows of text; `words` columns of it are no numbers."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1


def to_text(headline: str, tables: Sequence[Table]) -> str:
    """A line, then each table under its title."""
    from rich.console import Console

    # In a notebook rich would show the text a second time, by itself.
    console = Console(
        file=io.StringIO(), width=100, highlight=False, force_jupyter=False
    )
    console.print(headline, markup=False)
    for table in tables:
        title = f"\n{table.title}" if table.title else ""
        console.print(title, markup=False)
        console.print(_rich(table))
    return console.file.getvalue().rstrip()  # type: ignore[attr-defined]


def to_html(headline: str, tables: Sequence[Table]) -> str:
    """The same for a notebook."""
    return f"<p>{html.escape(headline)}</p>{''.join(map(_html, tables))}"


def _rich(table: Table) -> Any:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    made = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    for position, cell in enumerate(table.header):
        left = position < table.words and (len(table.rows) > 1 or table.words > 1)
        align = "left" if left else "right"
        made.add_column(Text(cell), justify=align)  # type: ignore[arg-type]
    for row in table.rows:
        made.add_row(*(Text(cell) for cell in row))
    return made


def _html(table: Table) -> str:
    def cells(tag: str, row: Sequence[str]) -> str:
        align = "left" if table.words > 1 else "right"
        style = f" style='text-align:{align}'"
        return "".join(f"<{tag}{style}>{html.escape(c)}</{tag}>" for c in row)

    caption = f"<caption style='text-align:left'>{html.escape(table.title)}</caption>"
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in table.rows)
    return (
        f"<table>{caption if table.title else ''}"
        f"<thead><tr>{cells('th', table.header)}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )
