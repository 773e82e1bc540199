"""A folder of versions, of which a server may read at any moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mmkeras._aside import aside, discard, sync


def publish(base: Path, write: Callable[[Path], None], keep: int | None) -> Path:
    """Write a version aside, then give it the next number.

    TensorFlow Serving polls the folder and may load what is half written; it passes
    over names that are not whole numbers.

    Args:
        base: the folder of versions; made if it is not there.
        write: fills the folder that it is given.
        keep: how many versions are left, the new one included; all if `None`.

    Returns:
        The version's folder.
    """
    with aside(base) as folder:
        write(folder)
        sync(folder)
        version = _rename(folder, base)
        sync(version.parent)
    if keep is not None:
        for old in sorted(_numbers(base))[:-keep]:
            discard(base / str(old))
    return version


def _numbers(base: Path) -> list[int]:
    names = [child.name for child in base.iterdir()]
    return [int(name) for name in names if name.isascii() and name.isdigit()]


def _rename(folder: Path, base: Path) -> Path:
    number = max(_numbers(base), default=0) + 1
    while True:
        target = base / str(number)
        try:
            folder.rename(target)
            return target
        except OSError:
            # Another export took the number between the look and the rename.
            if not target.exists():
                raise
            number += 1
