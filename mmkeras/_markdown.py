"""Markdown of texts that come from data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from mmkeras._tables import Table

# An underscore inside a word starts no emphasis.
_SPECIAL = re.compile(r"[\\`*\[\]<>|#~]|(?<!\w)_|_(?!\w)")


def escape(text: Any) -> str:
    """A text on one line that Markdown shows as it is."""
    plain = " ".join(str(text).encode("utf-8", "replace").decode().split())
    return _SPECIAL.sub(lambda found: f"\\{found.group()}", plain)


def bullets(texts: Sequence[str]) -> str:
    """A list of sentences, which are Markdown already."""
    return "\n".join(f"- {sentence(text)}" for text in texts)


def sentence(text: str) -> str:
    """A text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def code(names: Iterable[str]) -> str:
    """Names of a spec: `a`, `b` and `c`."""
    *others, last = (f"`{name}`" for name in names)
    return f"{', '.join(others)} and {last}" if others else last


def table(found: Table) -> str:
    """A table, its words to the left and its numbers to the right."""
    lines = [_line([escape(cell) for cell in found.header])]
    marks = [":--" if i < found.words else "--:" for i in range(len(found.header))]
    lines.append(_line(marks))
    lines += [_line([escape(cell) for cell in row]) for row in found.rows]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
