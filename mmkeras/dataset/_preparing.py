"""One process at a time prepares a data set; others wait, and use what it made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmkeras.dataset._progress import say


@contextmanager
def preparing(home: Path, name: str, progress: bool) -> Iterator[None]:
    """Hold the lock of a data set's stores; a killed process lets it go."""
    folder = home / f"{name}-store"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Not POSIX: nobody is kept waiting.
        yield
        return
    with open(folder / "lock", "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if progress:
                say(f"{name}: another process is preparing it; waiting")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
