"""Folders that are whole or not there: written aside, then renamed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = ".tmp-"


@contextmanager
def aside(parent: Path) -> Iterator[Path]:
    """An empty folder in `parent`, to be renamed; removed at the end if it was not.

    It is on the same file system as what it becomes, so the rename is one step.
    What killed processes left aside there is removed first: a folder in use is
    locked by its process, and the system frees the lock when that ends.
    """
    parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(parent)
    folder, lock = _locked(parent)
    try:
        yield folder
    finally:
        os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)


def discard(path: Path) -> None:
    """Remove a folder, if it is there, so that nobody sees a part of it."""
    gone = path.with_name(f"{_PREFIX}{uuid.uuid4().hex}")
    try:
        path.rename(gone)
    except OSError:
        return  # It is not there, or another process was faster.
    shutil.rmtree(gone, ignore_errors=True)


def sync(folder: Path) -> None:
    """Have a folder and all in it on disk, as a power cut would find it."""
    for path in (*folder.rglob("*"), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _locked(parent: Path) -> tuple[Path, int]:
    while True:
        folder = parent / f"{_PREFIX}{uuid.uuid4().hex}"
        folder.mkdir()
        try:
            lock = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue  # Taken for abandoned before it was locked.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder, lock
        os.close(lock)


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            lock = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(lock)
