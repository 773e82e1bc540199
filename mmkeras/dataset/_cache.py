"""Decoded columns on disk: memory-mapped, written aside, renamed when whole."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mmkeras import _paths
from mmkeras._aside import aside
from mmkeras._version import __version__
from mmkeras.dataset._store import key_of
from mmkeras.sources.source import digest
from mmkeras.spec import Spec

# Raised when the layout or the meaning of a cached column changes.
FORMAT = 3
LOCK = "lock.json"


def fingerprint(spec: Spec) -> str:
    """What the decoded columns follow from: spec, rows, files, code.

    A file counts by its path, size and time of change, not by its bytes.
    """
    parts: list[Any] = [FORMAT, versions()]
    for kind in (spec.inputs, spec.tasks):
        parts.append({name: part.model_dump_json() for name, part in kind.items()})
    parts += [spec.split.model_dump_json(), spec.id_column, spec.source.fingerprint()]
    if spec.source.type != "tfds":  # type: ignore[attr-defined]
        parts += list(_files(spec))
    return digest(*parts)


def _files(spec: Spec) -> Iterator[str | bytes]:
    table, root = spec.source.read(), spec.source.root_path()
    yield str(root)
    for modality in spec.inputs.values():
        if not modality.binary or modality.column not in table.columns:
            continue
        for cell in table[modality.column]:
            # Arrays are in the source's own fingerprint.
            if isinstance(cell, str | bytes):
                yield key_of(cell, root)


def versions() -> dict[str, str]:
    """Versions of what decoded values depend on."""
    names = ("tensorflow", "opencv-python-headless", "soundfile", "numpy")
    found = {"mmkeras": __version__}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = ""
    return found


def home(cache_dir: str | Path | None) -> Path:
    """Where all caches are."""
    return Path(cache_dir) if cache_dir is not None else _paths.cache_home()


def folder(spec: Spec, key: str, home: Path) -> Path:
    """Where the columns of this fingerprint are."""
    return home / f"{spec.name}-{key[:16]}"


class Columns:
    """Arrays by name in one folder.

    Args:
        path: the folder, or `None` to keep them in memory.
    """

    def __init__(self, path: Path | None):
        self.path = path
        self.arrays: dict[str, np.ndarray] = {}

    def create(self, name: str, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        """A new column of zeros."""
        if self.path is None or 0 in shape:
            self.arrays[name] = np.zeros(shape, dtype)
        else:
            self.arrays[name] = np.lib.format.open_memmap(
                self.path / f"{name}.npy", mode="w+", dtype=dtype, shape=shape
            )
        return self.arrays[name]

    def store(self, name: str, values: np.ndarray) -> None:
        """A column that is already whole."""
        self.create(name, values.shape, values.dtype.str)[...] = values

    def flush(self) -> None:
        """Write what is still in memory-mapped pages."""
        for array in self.arrays.values():
            if isinstance(array, np.memmap):
                array.flush()

    @classmethod
    def open(cls, path: Path) -> Columns:
        """The columns of a folder, memory-mapped; a write would stay in memory."""
        columns = cls(path)
        for file in sorted(path.glob("*.npy")):
            # Copy on write: TensorFlow takes over no read-only memory.
            columns.arrays[file.stem] = np.load(file, mmap_mode="c")
        return columns


def layout(columns: Mapping[str, Any]) -> dict[str, list]:
    """What `lock.json` says of the columns, to find a missing or damaged one."""
    return {
        n: [a.dtype.str, list(a.shape)]
        for n, a in sorted(columns.items())
        if isinstance(a, np.ndarray)  # A store's are checked by the store.
    }


@contextmanager
def written_aside(final: Path) -> Iterator[Path]:
    """A folder that becomes `final` at the end, or nothing if an error comes.

    If another process was faster, its folder stays and this one's is dropped.
    """
    with aside(final.parent) as folder:
        yield folder
        try:
            folder.rename(final)
        except OSError:
            if not (final / LOCK).is_file():
                raise


def write_lock(path: Path, content: Mapping[str, Any]) -> None:
    """The lock file, last: its presence says that the columns are whole."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    (path / LOCK).write_text(text, encoding="utf-8")


def read_lock(path: Path, key: str) -> dict[str, Any] | None:
    """The lock of a whole cache with this fingerprint, else `None`."""
    try:
        content = json.loads((path / LOCK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(content, dict) and content.get("fingerprint") == key
    return content if whole else None
