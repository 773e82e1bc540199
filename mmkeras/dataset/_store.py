"""Decoded values on disk: appended as they are made, found again by what they are of.

A store holds one input's values for every version of a data set: a row that was
decoded once is never decoded again, whatever else of the table or the spec changes,
and what a killed preparation had finished is there when it starts again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from mmkeras.modalities import Modality
from mmkeras.sources.source import digest

KEY_BYTES = 16
# Row 0 of every store is the blank that stands for an absent value.
BLANK = 0
_DESCRIPTION = "store.json"
# Clips of unequal length lie in blocks of this many samples, so that a window is
# gathered by blocks: 16 times fewer addresses than samples.
BLOCK = 16


def key_of(cell: Any, root: Path) -> bytes:
    """What a cell's decoded value follows from: a file's path, size and time of
    change, or the bytes themselves; nothing (`b""`) where no file can be looked at."""
    if isinstance(cell, str):
        try:
            stat = os.stat(root / cell)
        except (OSError, ValueError):
            return b""
        text = f"{root / cell}\0{stat.st_size}\0{stat.st_mtime_ns}"
        content = text.encode("utf-8", "surrogatepass")
    elif isinstance(cell, np.ndarray):
        head = f"{cell.dtype.str}{cell.shape}".encode()
        content = head + np.ascontiguousarray(cell).tobytes()
    elif isinstance(cell, bytes | bytearray | memoryview):
        content = bytes(cell)
    else:
        return b""
    return hashlib.blake2b(content, digest_size=KEY_BYTES).digest()


@dataclasses.dataclass(frozen=True)
class Column:
    """One input of a data set's rows: values in a store, and where each row's lie.

    Attributes:
        values: `(stored, *shape)`, memory-mapped; of clips the blocks of samples.
        rows: int64 `(rows,)`, the place of each row's value.
        spans: of clips, int64 `(stored, 2)`: first block and number of samples.
        samples: of clips, the length of one window.
    """

    values: np.ndarray
    rows: np.ndarray
    spans: np.ndarray | None = None
    samples: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """`(rows, ...)` of what indexing gives."""
        row = (self.samples,) if self.spans is not None else self.values.shape[1:]
        return (len(self.rows), *row)

    @property
    def dtype(self) -> np.dtype:
        """Of the values."""
        return self.values.dtype

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> np.ndarray:
        """Values of rows; of clips the window at the start."""
        rows = self.rows[index]
        if self.spans is None:
            return self.values[rows]
        starts, lengths = self.spans[rows, 0], self.spans[rows, 1]
        blocks = -(-self.samples // BLOCK)
        at = np.arange(blocks)
        inside = at < -(-lengths[..., None] // BLOCK)
        found = self.values[np.where(inside, starts[..., None] + at, 0)]
        return found.reshape(*rows.shape, blocks * BLOCK)[..., : self.samples]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        whole = self[:]
        return whole if dtype is None else whole.astype(dtype)


class Store:
    """Values of one input in three files: values, keys, and of clips their spans.

    A key is written after its value: what has a key is whole.

    Args:
        folder: of the store; see `folder_of`.
        modality: whose values they are.
    """

    def __init__(self, folder: Path, modality: Modality):
        self.folder = folder
        self.modality = modality
        self.ragged = modality.ragged
        self.shape = (BLOCK,) if self.ragged else tuple(modality.shape)
        self.dtype = np.dtype(modality.dtype)
        self._row_bytes = int(np.prod(self.shape)) * self.dtype.itemsize
        self._files: dict[str, IO[bytes]] = {}
        self._places: dict[bytes, int] = {}
        self._count = 0
        self._blocks = 0

    @staticmethod
    def folder_of(home: Path, name: str, modality: Modality) -> Path:
        """Where values of this modality lie, for all versions of a data set."""
        from mmkeras.dataset._cache import FORMAT, versions

        kind = modality.type  # type: ignore[attr-defined]
        key = digest(FORMAT, versions(), kind, json.dumps(modality.decoding()))
        return home / f"{name}-store" / f"{kind}-{key[:16]}"

    # -- writing --------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[Store]:
        """Open for appending; one process at a time (`preparing` sees to that)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._recover()
        names = ["values", "keys", *(["spans"] if self.ragged else [])]
        self._files = {n: open(self._path(n), "ab", buffering=0) for n in names}
        try:
            if not self._count:
                self.append([bytes(KEY_BYTES)], [self.modality.blank()])
            yield self
        finally:
            for file in self._files.values():
                file.close()
            self._files = {}

    def find(self, key: bytes) -> int:
        """The place of a value; -1 if it is not here."""
        return self._places.get(key, -1) if key else -1

    def append(self, keys: Sequence[bytes], values: Sequence[np.ndarray]) -> list[int]:
        """Write values of rows; a row without a key is kept for this time alone.

        Returns:
            Their places.
        """
        if self.ragged:
            spans = np.zeros((len(values), 2), "int64")
            parts = []
            for i, clip in enumerate(values):
                blocks = -(-len(clip) // BLOCK)
                if not self._blocks:
                    blocks = max(blocks, 1)  # Block 0 is silence, for what is short.
                spans[i] = self._blocks, len(clip)
                parts.append(np.pad(clip, (0, blocks * BLOCK - len(clip))))
                self._blocks += blocks
            data = np.concatenate(parts).astype(self.dtype)
            self._write("values", data)
            self._write("spans", spans)
        else:
            self._write("values", np.ascontiguousarray(values, self.dtype))
        places = list(range(self._count, self._count + len(keys)))
        # Unknown ones get a key that no content has: their place's number.
        named = [
            key or b"?" * 8 + place.to_bytes(8, "little")
            for key, place in zip(keys, places, strict=True)
        ]
        self._write("keys", np.frombuffer(b"".join(named), np.uint8))
        self._places.update(zip(named, places, strict=True))
        self._count += len(places)
        return places

    def _write(self, name: str, array: np.ndarray) -> None:
        view = memoryview(np.ascontiguousarray(array).data).cast("B")
        while len(view):
            view = view[self._files[name].write(view) :]

    def _recover(self) -> None:
        """Take up what is whole; cut off what a killed process left half."""
        text = json.dumps(
            {
                "shape": self.shape,
                "dtype": self.dtype.str,
                "decoding": self.modality.decoding(),
            },
            indent=2,
        )
        description = self.folder / _DESCRIPTION
        try:
            keys = self._path("keys").read_bytes()
            count = len(keys) // KEY_BYTES
            if self.ragged:
                spans = np.fromfile(self._path("spans"), "int64").reshape(-1, 2)
                count = min(count, len(spans))
                spans = spans[:count]
                last = spans[-1] if count else (0, 0)
                self._blocks = int(last[0] + max(-(-last[1] // BLOCK), count == 1))
                needed = self._blocks
                os.truncate(self._path("spans"), count * 16)
            else:
                needed = count
            if description.read_text(encoding="utf-8") != text or (
                os.path.getsize(self._path("values")) < needed * self._row_bytes
            ):
                raise ValueError("damaged")
            os.truncate(self._path("keys"), count * KEY_BYTES)
            os.truncate(self._path("values"), needed * self._row_bytes)
            for place in range(count):
                self._places[keys[place * KEY_BYTES : (place + 1) * KEY_BYTES]] = place
            self._count = count
        except (OSError, ValueError):
            self._places, self._count, self._blocks = {}, 0, 0
            shutil.rmtree(self.folder)
            self.folder.mkdir(parents=True)
            description.write_text(text, encoding="utf-8")

    # -- reading --------------------------------------------------------------

    def column(self, rows: np.ndarray) -> Column:
        """The values of rows, memory-mapped; a write to it would stay in memory.

        Args:
            rows: their places.

        Raises:
            OSError: if the store is not there.
            ValueError: if it is smaller than the places say.
        """
        path = self._path("values")
        stored = path.stat().st_size // self._row_bytes
        values = np.memmap(path, self.dtype, "c", shape=(stored, *self.shape))
        spans = None
        if self.ragged:
            spans = np.fromfile(self._path("spans"), "int64").reshape(-1, 2)
        largest = int(rows.max(initial=0))
        if largest >= len(values if spans is None else spans):
            raise ValueError(f"the store {self.folder} lacks row {largest}")
        if spans is not None:
            first, samples = spans[largest]
            if first + -(-samples // BLOCK) > stored:
                raise ValueError(f"the store {self.folder} lacks samples")
        samples = self.modality.shape[0] if self.ragged else 0
        return Column(values, rows, spans, samples)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.bin"
