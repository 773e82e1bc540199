"""Paths of a data spec: environment variables, and nothing outside the root."""

import functools
import os
import re
from pathlib import Path, PurePosixPath, PureWindowsPath

import platformdirs

from mmkeras._row_error import RowError

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def data_home() -> Path:
    """Where made or fetched data sets live: `$MMKERAS_DATA`, or the user's data dir."""
    return Path(os.environ.get("MMKERAS_DATA") or platformdirs.user_data_dir("mmkeras"))


def cache_home() -> Path:
    """Where decoded columns live: `$MMKERAS_CACHE`, or the user's cache dir."""
    return Path(
        os.environ.get("MMKERAS_CACHE") or platformdirs.user_cache_dir("mmkeras")
    )


def expand(text: str) -> str:
    """Replace `${NAME}` by environment variables.

    `MMKERAS_DATA` has a default (`data_home`), any other unset name is an error.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name == "MMKERAS_DATA":
            return str(data_home())
        if name not in os.environ:
            raise ValueError(f"the environment variable {name} is not set")
        return os.environ[name]

    return _VARIABLE.sub(value, text)


def climbs_out(relative: str) -> bool:
    """Whether a path written in a spec or a manifest leaves the folder it is in."""
    windows = PureWindowsPath(relative)
    return (
        PurePosixPath(relative).is_absolute()
        or bool(windows.drive or windows.root)
        or ".." in PurePosixPath(relative).parts
        or ".." in windows.parts
    )


def inside(root: Path, relative: str) -> Path:
    """The file `relative` under `root`, with links resolved.

    Args:
        root: a folder that is already resolved.
        relative: what a manifest's cell says.

    Raises:
        RowError: if the path would leave `root`, by itself or through a link.
    """
    if "\0" in relative:
        raise RowError("the path holds a NUL character")
    if climbs_out(relative):
        raise RowError("the path leads out of the data set's root")
    folder, name = os.path.split(relative)
    try:
        path = _resolved(root, folder) / name
        # Links of folders are followed once; a file's, each time.
        if name in ("", ".") or path.is_symlink():
            path = path.resolve()
    except (OSError, RuntimeError):  # RuntimeError: Python before 3.13
        raise RowError("the path leads through links in a circle") from None
    if not path.is_relative_to(root):
        raise RowError("the path leads through a link out of the data set's root")
    return path


@functools.lru_cache(maxsize=4096)
def _resolved(root: Path, folder: str) -> Path:
    """A folder of the data set: most files share it, and resolving takes longer than
    reading a small one."""
    return (root / folder).resolve()
