"""The kit in every export: how to start it, ask it and guard it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmkeras.serving._kit.compose import compose_yaml
from mmkeras.serving._kit.configs import (
    batching_config,
    models_config,
    monitoring_config,
)
from mmkeras.serving._kit.limits import limits_js
from mmkeras.serving._kit.nginx import nginx_conf
from mmkeras.serving._kit.readme import readme

_IMAGE = "tensorflow/serving"


def write_kit(
    folder: Path,
    metadata: Mapping[str, Any],
    request: Mapping[str, Any],
    expected: Mapping[str, Any],
) -> None:
    """Write the kit into a new folder of an export.

    Only the README and the two JSON files hold texts of the spec. Every other file
    holds a name that needs no quoting, and numbers.

    Args:
        folder: to make.
        metadata: of the export, as in `assets.extra/mmkeras.json`.
        request: the body of a REST request, in row format.
        expected: the body of the answer to it.
    """
    name = served_name(metadata["name"])
    image = f"{_IMAGE}:{_release(metadata['versions']['tensorflow'])}"
    sizes = metadata["batch_sizes"]
    files = {
        "README.md": readme(metadata, request, expected, name, image),
        "models.config": models_config(name),
        "monitoring.config": monitoring_config(),
        "batching_cpu.config": batching_config(sizes, gpu=False),
        "batching_gpu.config": batching_config(sizes, gpu=True),
        "compose.yaml": compose_yaml(name, image),
        "nginx.conf": nginx_conf(name),
        "limits.js": limits_js(),
        "request.json": _compact(request),
        "expected.json": _compact(expected),
    }
    folder.mkdir(parents=True)
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")


def served_name(name: str) -> str:
    """A name that URLs, text protos, YAML and a shell take without quoting."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-_")
    return words or "model"


def _release(version: str) -> str:
    """The image's tag: without what a build adds to the number."""
    found = re.match(r"\d+\.\d+\.\d+", version)
    return found.group() if found else "latest"


def _compact(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
