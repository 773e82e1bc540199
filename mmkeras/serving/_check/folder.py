"""A version's folder: whether all of it is there, and how large it is."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from mmkeras import _checks
from mmkeras.serving._check.judged import judged
from mmkeras.serving._metadata import METADATA_FILE
from mmkeras.serving.serving_finding import ServingFinding

_GRAPH = "saved_model.pb"
_VARIABLES = "variables/variables"
_SHARD = re.compile(r"\.data-\d{5}-of-(\d{5})$")
# What the other checks read.
_KEYS = {"name", "inputs", "tasks", "signatures", "batch_sizes"}
_FIX = "Copy the folder again, or export again with `mm.export`."
_MEGABYTE = 1e6


def version_of(path: str | Path) -> Path:
    """The version's folder: the path itself, or the highest version in it."""
    folder = Path(os.path.abspath(path))  # Its name counts, not a link's target.
    if not folder.is_dir():
        raise _wrong(path, "There is no such folder.")
    version = folder
    if not (folder / _GRAPH).exists() and not (folder / METADATA_FILE).exists():
        inside = [child for child in folder.iterdir() if is_number(child.name)]
        if not inside:
            raise _wrong(path, "It holds neither a SavedModel nor a version of one.")
        version = max(inside, key=lambda child: int(child.name))
    if not (version / METADATA_FILE).exists():
        why = f"'{version.name}' has no {METADATA_FILE}: another program wrote it."
        raise _wrong(path, why)
    return version


def _wrong(path: str | Path, why: str) -> ValueError:
    expected = "a folder that `mm.export` wrote"
    return _checks.bad_value("check_serving", "path", expected, str(path), why)


def is_number(name: str) -> bool:
    """Whether TensorFlow Serving takes a folder of this name for a version."""
    return name.isascii() and name.isdigit()


def check_folder(version: Path) -> list[ServingFinding]:
    """Its name, its files, its variables."""
    faults = []
    if not is_number(version.name):
        faults.append(
            f"TensorFlow Serving passes over the name '{version.name}': give it a "
            "whole number"
        )
    if not (version / _GRAPH).is_file():
        faults.append(f"there is no {_GRAPH}: export again with `mm.export`")
    damaged, count = _variables(version)
    return [
        judged("folder", faults, f"version {version.name}, with its graph"),
        judged(
            "variables",
            damaged,
            f"all {count:,} are whole, by their checksums",
            _FIX,
        ),
    ]


def _variables(version: Path) -> tuple[list[str], int]:
    """Every one is read: what was cut or changed does not match its checksum."""
    import tensorflow as tf

    prefix = version / _VARIABLES
    if not prefix.with_suffix(".index").is_file():
        return [f"there is no {_VARIABLES}.index"], 0
    shards = [_SHARD.search(child.name) for child in prefix.parent.iterdir()]
    found = [shard for shard in shards if shard]
    if not found or len(found) != int(found[0][1]):
        promised = int(found[0][1]) if found else 1
        return [f"{len(found)} of {promised} data files are there"], 0
    name = ""
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        names = sorted(reader.get_variable_to_shape_map())
        for name in names:
            reader.get_tensor(name)
    # Of a damaged index it raises what it likes.
    except Exception as error:
        said = str(error).splitlines()[0]
        return [f"'{name}' cannot be read: {said}" if name else said], 0
    return [], len(names)


def read_metadata(version: Path) -> tuple[dict[str, Any], ServingFinding]:
    """What the export says of itself; empty where it cannot be read."""
    metadata: Any = {}
    faults = []
    try:
        metadata = json.loads((version / METADATA_FILE).read_text(encoding="utf-8"))
        lacking = sorted(_KEYS - set(metadata))
        faults = [f"{METADATA_FILE} has no '{key}'" for key in lacking]
    except (OSError, ValueError, TypeError) as error:
        faults = [f"{METADATA_FILE} cannot be read: {error}"]
    if faults:
        return {}, judged("metadata", faults, "", _FIX)
    versions = metadata.get("versions", {})
    by = ", ".join(f"{name} {number}" for name, number in versions.items())
    well = f"'{metadata['name']}', written by {by}" if by else f"'{metadata['name']}'"
    return metadata, judged("metadata", [], well)


def sizes_of(version: Path) -> dict[str, float]:
    """Megabytes of the graph, of the variables, and of all."""

    def megabytes(*patterns: str) -> float:
        files = [one for pattern in patterns for one in version.glob(pattern)]
        return sum(one.stat().st_size for one in files if one.is_file()) / _MEGABYTE

    return {
        "graph": megabytes(_GRAPH),
        "variables": megabytes("variables/*"),
        "assets": megabytes("assets/**/*"),
        "total": megabytes("**/*"),
    }
