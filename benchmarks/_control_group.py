"""Memory limits for a child process, by a Linux control group."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


class NoLimit(Exception):
    """A limit cannot be set here; says why."""


@contextmanager
def limited(name: str, size: int) -> Iterator[Path]:
    """A new group of at most so many bytes, page cache included; gone at the end.

    Raises:
        NoLimit: where groups are not there or may not be made.
    """
    if (ROOT / "memory" / "memory.limit_in_bytes").is_file():  # Version 1.
        group, file = ROOT / "memory" / name, "memory.limit_in_bytes"
    elif (ROOT / "cgroup.controllers").is_file():
        group, file = ROOT / name, "memory.max"
    else:
        raise NoLimit(f"there are no control groups in {ROOT}")
    try:
        group.mkdir()
    except OSError as error:
        raise NoLimit(str(error)) from None
    try:
        try:
            (group / file).write_text(str(size))
        except OSError as error:  # Version 2 without the memory controller.
            raise NoLimit(str(error)) from None
        yield group
    finally:
        group.rmdir()


def join(group: Path) -> None:
    """Put this process into a group; what it allocates from now on counts there."""
    (group / "cgroup.procs").write_text(str(os.getpid()))
