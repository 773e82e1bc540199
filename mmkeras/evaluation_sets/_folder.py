"""A built set takes its folder's place as a whole, and no foreign file's."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmkeras import _checks
from mmkeras._duplicates import exact_key

MARKER = "generator.json"
SUMS = "SHA256SUMS"


@contextlib.contextmanager
def building(owner: str, folder: Path, about: dict[str, Any]) -> Iterator[Path]:
    """A new folder to write into; when all is written it becomes `folder`.

    Beside what is written there are then `generator.json` and the digests of all
    files. Where writing fails, nothing has changed.

    Args:
        owner: who builds.
        folder: new, empty, or an earlier built set, which is replaced.
        about: what `generator.json` says.

    Raises:
        ValueError: if the folder holds anything else.
    """
    _check_replaceable(owner, folder)
    parent = folder.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".built-", dir=parent) as beside:
        fresh = Path(beside) / "new"
        fresh.mkdir()
        yield fresh
        marker = {"generator": f"mmkeras {owner}", **about}
        (fresh / MARKER).write_text(json.dumps(marker, indent=1) + "\n", "utf-8")
        sums = [f"{exact_key((fresh / n).read_bytes())}  {n}" for n in _files(fresh)]
        (fresh / SUMS).write_text("\n".join(sums) + "\n", "utf-8")
        earlier = Path(beside) / "old"
        if folder.exists():
            folder.rename(earlier)
        try:
            fresh.rename(folder)
        except OSError:
            if earlier.exists() and not folder.exists():
                earlier.rename(folder)
            raise


def _files(folder: Path) -> list[str]:
    found = (p.relative_to(folder) for p in folder.rglob("*") if not p.is_dir())
    return sorted(path.as_posix() for path in found)


def _check_replaceable(owner: str, folder: Path) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    foreign = ["a file"]
    if folder.is_dir():
        foreign = sorted({*_files(folder)} - _listed(folder))
    if foreign:
        raise _checks.bad_value(
            owner,
            "folder",
            "new, empty or an earlier built set",
            str(folder),
            f"It holds {foreign[0]!r}, which is of no such set. Pass another folder.",
        )


def _listed(folder: Path) -> set[str]:
    """The files of the built set that is there; none if there is no such set."""
    try:
        marker = json.loads((folder / MARKER).read_text("utf-8"))
        lines = (folder / SUMS).read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return set()
    maker = marker.get("generator") if isinstance(marker, dict) else None
    if not str(maker).startswith("mmkeras "):
        return set()
    return {SUMS, *(line.partition("  ")[2] for line in lines)}
