"""How columns larger than memory are read: what is asked for, not what is near."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from pathlib import Path

import numpy as np

# A training process needs room beside the page cache.
_SHARE = 0.5


def advise(columns: Iterable[np.ndarray]) -> bool:
    """Tell the system how memory-mapped columns will be read.

    Linux reads far ahead of each page that is not in memory (128 KB to 8 MB). While
    all columns fit, that fills the page cache soonest. Where they don't, rows in a
    random order drag in a hundred times what they need and push out what others
    will: there reading ahead is turned off.

    Args:
        columns: arrays, of which the memory-mapped ones count.

    Returns:
        Whether it was turned off.
    """
    mapped = [column for column in columns if isinstance(column, np.memmap)]
    too_large = sum(column.nbytes for column in mapped) > _SHARE * available_bytes()
    if too_large and hasattr(mmap, "MADV_RANDOM"):
        for column in mapped:
            column._mmap.madvise(mmap.MADV_RANDOM)  # type: ignore[attr-defined]
    return too_large


def available_bytes(
    proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")
) -> float:
    """Memory that this process could have: the machine's, or its container's.

    Args:
        proc: where the kernel says so.
        groups: where control groups are, of version 1 or 2.
    """
    found = [2.0**63]
    try:
        for line in (proc / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                found.append(1024.0 * int(line.split()[1]))
        for line in (proc / "self/cgroup").read_text().splitlines():
            _, controllers, inner = line.split(":", 2)
            if controllers == "":
                places, file = [groups / inner[1:], groups], "memory.max"
            elif "memory" in controllers.split(","):
                home = groups / "memory"
                places, file = [home / inner[1:], home], "memory.limit_in_bytes"
            else:
                continue
            # In a container the inner path is seen from outside: the root is ours.
            found += [limit for place in places for limit in _number(place / file)]
    except (OSError, ValueError):
        pass  # Not Linux: nothing is known of a limit.
    return min(found)


def _number(path: Path) -> list[float]:
    try:
        return [float(path.read_text())]
    except (OSError, ValueError):  # Not there, or "max".
        return []
