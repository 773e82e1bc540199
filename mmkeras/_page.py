"""A self-contained page of HTML: nothing is loaded, nothing runs."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mmkeras._page_media import drawing, escape
from mmkeras._page_style import STYLE
from mmkeras._tables import Table
from mmkeras._version import __version__

# Whatever the data says, the page loads nothing and runs nothing.
_POLICY = (
    "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)
# A longer table is folded.
_LONGEST_TABLE = 24


class Tile(NamedTuple):
    """A key figure: what it is, its value, and a note below."""

    label: str
    value: str
    note: str = ""


class Card(NamedTuple):
    """One thing: a title, a line below, and its parts by label.

    A part is a text, or what `picture` and `sound` of `_page_media` give.
    """

    title: str
    line: str
    parts: Sequence[tuple[str, str]]


class Section:
    """A part of a page, filled from top to bottom.

    Texts are escaped.

    Args:
        title: its heading; `""` for none.
        numbers: that no other drawing of the page has.
    """

    def __init__(self, title: str, numbers: Iterator[int]):
        self.title = title
        self._numbers = numbers
        self._parts: list[str] = []

    def heading(self, text: str) -> None:
        """A heading below the section's."""
        self._parts.append(f"<h3>{escape(text)}</h3>")

    def text(self, text: str, kind: str = "") -> None:
        """A paragraph; its kind may be `"note"` or `"warning"`."""
        style = f' class="{kind}"' if kind else ""
        self._parts.append(f"<p{style}>{escape(text)}</p>")

    def items(self, texts: Sequence[str]) -> None:
        """A list of sentences."""
        items = "".join(f"<li>{escape(text)}</li>" for text in texts)
        self._parts.append(f'<ul class="said">{items}</ul>')

    def tiles(self, tiles: Sequence[Tile]) -> None:
        """Key figures beside each other."""
        found = []
        for tile in tiles:
            note = f"<dd>{escape(tile.note)}</dd>" if tile.note else ""
            found.append(
                f"<div><dt>{escape(tile.label)}</dt>"
                f'<dd class="value">{escape(tile.value)}</dd>{note}</div>'
            )
        self._parts.append(f'<dl class="tiles">{"".join(found)}</dl>')

    def table(self, table: Table, folded: bool | None = None) -> None:
        """A table: words to the left, numbers to the right.

        Args:
            table: its rows.
            folded: whether one has to open it; a long one if `None`.
        """
        title = escape(table.title)
        if folded is None:
            folded = len(table.rows) > _LONGEST_TABLE
        caption = f"<caption>{title}</caption>" if title and not folded else ""
        body = "".join(f"<tr>{_row(table, row, False)}</tr>" for row in table.rows)
        # Wider than the screen it is scrolled, by keyboard too.
        found = (
            f'<div class="scroll" role="region" tabindex="0" '
            f'aria-label="{title or "table"}"><table>{caption}'
            f"<thead><tr>{_row(table, table.header, True)}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>"
        )
        if folded:
            rows = f"{len(table.rows):,} rows"
            summary = f"{title} ({rows})" if title else rows
            found = f"<details><summary>{summary}</summary>{found}</details>"
        self._parts.append(found)

    def figure(self, figure: Any, alt: str, caption: str = "") -> None:
        """A matplotlib `Figure`.

        Args:
            figure: to draw; names in it are shown as they are, not as formulas.
            alt: what it shows, for those who do not see it.
            caption: below it.
        """
        prefix = f"drawing{next(self._numbers)}"
        below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
        drawn = drawing(figure, alt, prefix)
        self._parts.append(f'<figure><div class="scroll">{drawn}</div>{below}</figure>')

    def cards(self, cards: Sequence[Card]) -> None:
        """Things beside each other, as many as fit."""
        found = []
        for card in cards:
            line = f"<p>{escape(card.line)}</p>" if card.line else ""
            parts = "".join(
                f"<dt>{escape(label)}</dt><dd>{escape(part)}</dd>"
                for label, part in card.parts
            )
            parts = f"<dl>{parts}</dl>" if parts else ""
            found.append(
                f'<article class="card"><h4>{escape(card.title)}</h4>'
                f"{line}{parts}</article>"
            )
        self._parts.append(f'<div class="cards">{"".join(found)}</div>')

    @contextlib.contextmanager
    def beside(self) -> Iterator[None]:
        """What is added in it stands side by side, where there is room."""
        self._parts.append('<div class="beside">')
        yield
        self._parts.append("</div>")

    def html(self) -> str:
        """What is in it, without its heading."""
        return "\n".join(self._parts)


class Page:
    """One page, to save as a single file.

    It loads nothing, runs no script, and says so to the browser; it is read on a
    phone, in the dark, on paper, and by those who listen to it.

    Args:
        title: of the page.
        subtitle: a line below.

    Example:
        >>> page = Page("Report")
        >>> page.section("Figures").text("1 < 2")
        >>> "1 &lt; 2" in page.html()
        True
    """

    def __init__(self, title: str, subtitle: str = ""):
        self.title = title
        self.subtitle = subtitle
        self._numbers = itertools.count(1)
        #: What stands above the sections, without a frame.
        self.top = Section("", self._numbers)
        self.sections: list[Section] = []

    def section(self, title: str) -> Section:
        """A new section at the end."""
        self.sections.append(Section(title, self._numbers))
        return self.sections[-1]

    def html(self) -> str:
        """The whole document."""
        below = f'<p class="subtitle">{escape(self.subtitle)}</p>'
        links = "".join(
            f'<li><a href="#part{number}">{escape(section.title)}</a></li>'
            for number, section in enumerate(self.sections, 1)
        )
        one = len(self.sections) < 2
        navigation = "" if one else f'<nav aria-label="Parts"><ul>{links}</ul></nav>'
        sections = "\n".join(
            f'<section id="part{number}" aria-labelledby="title{number}">\n'
            f'<h2 id="title{number}">{escape(section.title)}</h2>\n'
            f"{section.html()}\n</section>"
            for number, section in enumerate(self.sections, 1)
        )
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            # Without one a browser asks the server for it.
            '<link rel="icon" href="data:,">\n'
            f"<title>{escape(self.title)}</title>\n<style>{STYLE}</style>\n</head>\n"
            f"<body>\n<header>\n<h1>{escape(self.title)}</h1>\n"
            f"{below if self.subtitle else ''}{navigation}\n</header>\n"
            f"<main>\n{self.top.html()}\n{sections}\n</main>\n"
            f"<footer><p>Made by mmkeras {__version__}.</p></footer>\n"
            "</body>\n</html>\n"
        )

    def save(self, path: str | Path) -> Path:
        """Write the document as UTF-8.

        Args:
            path: of the file; its folder is made.

        Returns:
            The path.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.html(), encoding="utf-8")
        return path


def _row(table: Table, cells: Sequence[str], header: bool) -> str:
    found = []
    for position, cell in enumerate(cells):
        style = ' class="words"' if position < table.words else ""
        scope = "col" if header else "row"
        # A header without a text is none.
        if cell and (header or position == 0 < table.words):
            found.append(f'<th scope="{scope}"{style}>{escape(cell)}</th>')
        else:
            found.append(f"<td{style}>{escape(cell)}</td>")
    return "".join(found)
