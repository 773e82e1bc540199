"""Find what would go wrong with an export on a server, before it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmkeras import _checks
from mmkeras.serving._check.answers import CheckedAnswers
from mmkeras.serving._check.folder import (
    check_folder,
    read_metadata,
    sizes_of,
    version_of,
)
from mmkeras.serving._check.graph import check_graph, read_graph
from mmkeras.serving._check.judged import judged
from mmkeras.serving._check.rows import rows_of_data
from mmkeras.serving._check.signatures import check_signatures
from mmkeras.serving.serving_check import ServingCheck


def check_serving(
    path: str | Path,
    *,
    spec: str | Path | None = None,
    split: str = "test",
    rows: int = 64,
    latency: bool = True,
) -> ServingCheck:
    """Look for what keeps a server from an export, or makes it answer wrongly.

    The folder: all files and variables are whole, and its name is a version. The
    graph: a stock TensorFlow Serving links every operation, on a CPU, and no path of
    this machine is in it. The signatures are those of the metadata. In a process of
    its own, with TensorFlow alone: the warm-up records are answered, the kit's
    request is answered as the kit says, together and one by one, and a damaged row
    leaves the others as they are. Then, how long answers take.

    Args:
        path: a version's folder, or the folder of versions, of which the highest is
            checked.
        spec: the YAML file of a data set, to compare answers from bytes with those
            from what `load_dataset` decodes; not compared if `None`.
        split: whose rows are compared.
        rows: how many are, at most.
        latency: whether to measure; it takes some 20 s.

    Returns:
        The findings, with tables.

    Raises:
        ValueError: if `path` is no export of mmkeras, for `rows` below 1.
        SpecError: if spec and source do not fit together.
        ImportError: if TensorFlow is not installed.

    Example:
        >>> found = check_serving("serving/digits")  # doctest: +SKIP
        >>> [finding.name for finding in found.findings
        ...  if not finding.passed]  # doctest: +SKIP
        []
    """
    _checks.check_positive_int("check_serving", "rows", rows)
    version = version_of(path)
    data = None if spec is None else rows_of_data(spec, split, rows)
    try:
        import tensorflow as tf  # noqa: F401 (whether it is there)
    except ImportError:
        raise ImportError(
            "`check_serving`: a SavedModel needs TensorFlow. "
            "Run `pip install tensorflow`."
        ) from None
    metadata, read = read_metadata(version)
    findings = [*check_folder(version), read]
    whole = all(finding.passed for finding in findings[1:])
    try:
        graph = read_graph(version)
    except ValueError as error:
        findings.append(judged("graph", [str(error)], "", "Export again."))
        whole = False
    else:
        findings += check_graph(graph)
        findings += check_signatures(graph, metadata) if metadata else []
    figures: dict[str, Any] = {}
    if whole:
        asked = CheckedAnswers(version, metadata, data)
        figures = asked.latency() if latency else {}
        findings += asked.findings
    return ServingCheck(version, tuple(findings), sizes_of(version), figures)
