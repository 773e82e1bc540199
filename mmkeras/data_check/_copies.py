"""Rows whose content other rows have too: equal, or nearly."""

from __future__ import annotations

import collections
import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmkeras._duplicates import near_pictures, near_sounds, text_key
from mmkeras.data_check._checked import Checked

# Shorter texts are said again by chance.
_WORDS = 5
_PICTURES, _SOUNDS, _TEXTS = "image", "audio", "text"


@dataclasses.dataclass(frozen=True)
class Copies:
    """Rows of one input whose content an earlier row has.

    Args:
        about: the input; `""` for all inputs of a row together.
        exact: whether contents are equal, or nearly.
        across: rows, each with one of an earlier split that has the same.
        within: how many rows have the same as an earlier one of their own split.
        telling: whether the content is a row's own: a picture, a sound, a text of
            some length where few are said twice; not a short word.
    """

    about: str
    exact: bool
    across: list[tuple[int, int]]
    within: int
    telling: bool


class Contents:
    """What identifies the content of each row's inputs.

    Args:
        checked: the data set.
        blank: by input, rows that hold nothing: one colour, silence. They are not
            compared.
    """

    def __init__(self, checked: Checked, blank: Mapping[str, set[int]]):
        self._checked = checked
        self._blank = blank
        self.keys = {name: self._keys_of(name) for name in checked.data.spec.inputs}

    def _keys_of(self, name: str) -> dict[int, bytes]:
        """Of each row that has the input."""
        data = self._checked.data
        modality: Any = data.spec.inputs[name]
        rows = self._checked.present(name, self._checked.usable())
        if modality.binary:
            values = (
                row.tobytes() for c in self._checked.chunks(name, rows) for row in c
            )
        else:
            root, cells = data.spec.source.root_path(), data.cells(modality.column)
            values = (modality.read(cells[row], root) for row in rows)
        return {
            row: hashlib.blake2b(value, digest_size=16).digest()
            for row, value in zip(rows.tolist(), values, strict=True)
        }

    def text(self, name: str, row: int) -> str:
        """A row's text."""
        data = self._checked.data
        modality = data.spec.inputs[name]
        cell = data.cells(modality.column)[row]
        return modality.read(cell, data.spec.source.root_path()).decode("utf-8")

    def whole(self) -> dict[int, tuple[bytes, ...]]:
        """The keys of all inputs of each row, `b""` for an absent one."""
        return {
            row: tuple(keys.get(row, b"") for keys in self.keys.values())
            for row in self._checked.usable().tolist()
        }

    def of_inputs(self) -> list[Copies]:
        """Equal and nearly equal contents of each input that can have such."""
        found = []
        for name, modality in self._checked.data.spec.inputs.items():
            kind: str = modality.type  # type: ignore[attr-defined]
            if kind == _TEXTS:
                found += self._texts(name)
            elif kind in (_PICTURES, _SOUNDS):
                found += self._media(name)
        return found

    def of_rows(self) -> Copies:
        """Rows that are equal in all inputs."""
        whole = self.whole()
        across, within = equal(self._checked, whole)
        media = any(m.binary for m in self._checked.data.spec.inputs.values())
        return Copies("", True, across, within, telling=media)

    def _texts(self, name: str) -> list[Copies]:
        words = {row: text_key(self.text(name, row)) for row in self.keys[name]}
        counts = collections.Counter(words.values())
        own = sum(n == 1 for n in counts.values()) * 2 >= len(words)
        long = {row for row, text in words.items() if len(text.split()) >= _WORDS}
        found = []
        for telling in (True, False):
            mine = {
                row for row in words if words[row] and (own and row in long) == telling
            }
            exact = {row: key for row, key in self.keys[name].items() if row in mine}
            across, within = equal(self._checked, exact)
            found.append(Copies(name, True, across, within, telling))
            known = {row for row, _ in across}
            same = {row: words[row] for row in mine}
            across, near_within = equal(self._checked, same)
            across = [pair for pair in across if pair[0] not in known]
            near_within = max(0, near_within - within)
            found.append(Copies(name, False, across, near_within, telling))
        return found

    def _media(self, name: str) -> list[Copies]:
        modality: Any = self._checked.data.spec.inputs[name]
        blank = self._blank.get(name, set())
        keys = {row: key for row, key in self.keys[name].items() if row not in blank}
        across, within = equal(self._checked, keys)
        found = [Copies(name, True, across, within, True)]
        # Of equal ones the first stands for all.
        rows = [row for row in self._checked.looked_at.tolist() if row in keys]
        first: dict[bytes, int] = {}
        for row in rows:
            first.setdefault(keys[row], row)
        values = _Values(self._checked.data.columns[name], list(first.values()))
        if modality.type == _PICTURES:
            pairs = near_pictures(values)
        else:
            pairs = near_sounds(values, modality.sample_rate)
        self._checked.advance(len(rows))
        standing = list(first)
        near: dict[bytes, set[bytes]] = collections.defaultdict(set)
        for i, j in pairs:
            near[standing[i]].add(standing[j])
            near[standing[j]].add(standing[i])
        known = {row for row, _ in across}
        across, within = _nearly(self._checked, {r: keys[r] for r in rows}, near)
        across = [pair for pair in across if pair[0] not in known]
        found.append(Copies(name, False, across, within, True))
        return found


class _Values(Sequence[np.ndarray]):
    """Values of rows, taken from the disk when asked for."""

    def __init__(self, column: Any, rows: Sequence[int]):
        self._column, self._rows = column, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        return np.asarray(self._column[self._rows[index]])


def equal(
    checked: Checked, keys: Mapping[int, Any]
) -> tuple[list[tuple[int, int]], int]:
    """Rows whose key a row of an earlier split has, with that row; and how many
    have one of their own split before them."""
    first: dict[Any, dict[int, int]] = collections.defaultdict(dict)
    within = 0
    for row, key in keys.items():
        rank = checked.rank(row)
        within += first[key].setdefault(rank, row) != row
    across = []
    for row, key in keys.items():
        earliest = min(first[key])
        if earliest < checked.rank(row):
            across.append((row, first[key][earliest]))
    return across, within


def _nearly(
    checked: Checked, keys: Mapping[int, bytes], near: Mapping[bytes, set[bytes]]
) -> tuple[list[tuple[int, int]], int]:
    """The same for keys that are near others."""
    first: dict[bytes, dict[int, int]] = collections.defaultdict(dict)
    for row, key in keys.items():
        if key in near:
            first[key].setdefault(checked.rank(row), row)
    across, within = [], 0
    for row, key in keys.items():
        if key not in near:
            continue
        mine = checked.rank(row)
        others = [(r, twin) for k in near[key] for r, twin in first[k].items()]
        rank, twin = min(others)
        if rank < mine:
            across.append((row, twin))
        within += any(r == mine and twin < row for r, twin in others)
    return across, within
