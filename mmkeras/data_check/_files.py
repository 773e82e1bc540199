"""Rows of pictures and sounds: what their files say, which contents are so."""

from __future__ import annotations

import concurrent.futures
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from mmkeras.data_check._checked import Checked


def rows_where(
    checked: Checked, name: str, holds: Callable[[np.ndarray], np.ndarray]
) -> set[int]:
    """Rows whose decoded value is so."""
    rows = checked.present(name, checked.usable())
    if not len(rows):
        return set()
    found = np.concatenate([holds(chunk) for chunk in checked.chunks(name, rows)])
    return set(rows[found].tolist())


def files_of(
    checked: Checked, name: str, read: Callable[..., Any]
) -> tuple[np.ndarray, list[Any]]:
    """The rows that are looked at and whose file says something, and what it says."""
    data = checked.data
    rows = checked.present(name, checked.looked_at)
    cells = data.cells(data.spec.inputs[name].column)
    root = data.spec.source.root_path()

    def one(row: int) -> Any:
        checked.advance(1)
        return read(cells[row], root)

    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        found = list(pool.map(one, rows.tolist()))
    good = np.array([file is not None for file in found], bool)
    return rows[good], [file for file in found if file is not None]
