"""Cells of a source's table: what counts as missing, and text of a value."""

import math
from typing import Any

import numpy as np

FLOAT32_MAX = float(np.finfo("float32").max)


def is_missing(cell: Any) -> bool:
    """Whether a cell holds nothing: `None`, NaN or pandas' `NA` and `NaT`.

    A tuple of cells holds nothing if none of them does.
    """
    if cell is None:
        return True
    if isinstance(cell, tuple):
        return all(map(is_missing, cell))
    if isinstance(cell, float | np.floating):
        return math.isnan(cell)
    return type(cell).__name__ in ("NAType", "NaTType")


def as_text(cell: Any) -> str:
    """A scalar cell as text; `3.0` and `3` are the same label in every format.

    Bytes that are not UTF-8 become surrogates, as in a CSV: `is_utf8` finds them.
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "surrogateescape")
    if isinstance(cell, float | np.floating) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def is_utf8(text: str) -> bool:
    """Whether a text can be written as UTF-8: it holds no lone surrogate."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def fits_float32(number: float) -> bool:
    """Whether a number is finite as float32; NaN is not."""
    return abs(number) <= FLOAT32_MAX
