"""What a check of an export says."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from mmkeras._tables import Table, to_html, to_text
from mmkeras.serving._check.latency import latency_tables
from mmkeras.serving.serving_finding import ServingFinding


@dataclasses.dataclass(frozen=True, repr=False)
class ServingCheck:
    """What was looked at in an export, and what it takes; made by `check_serving`.

    It prints as tables, in a terminal and in a notebook.

    Args:
        version: the folder that was checked.
        findings: of each check its `name`, whether it `passed`, and the `detail`:
            what was found and, where it failed, what to do.
        sizes: megabytes by `"graph"`, `"variables"`, `"assets"` and `"total"`.
        latency: seconds of loading and of first answers, milliseconds of each batch
            size; empty where it was not measured.

    Example:
        >>> finding = ServingFinding("folder", True, "version 1, with its graph.")
        >>> ServingCheck(Path("digits/1"), (finding,), {"total": 2.5}, {}).ok
        True
    """

    version: Path
    findings: tuple[ServingFinding, ...]
    sizes: dict[str, float]
    latency: dict[str, Any]

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(finding.passed for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, fit for JSON."""
        return {
            "version": str(self.version),
            "ok": self.ok,
            "findings": [dataclasses.asdict(finding) for finding in self.findings],
            "sizes_mb": self.sizes,
            "latency": self.latency,
        }

    def headline(self) -> str:
        """How many checks passed, in a line."""
        passed = sum(finding.passed for finding in self.findings)
        name = f"{self.version.parent.name}/{self.version.name}"
        return f"{name}: {passed} of {len(self.findings)} checks passed"

    @property
    def tables(self) -> list[Table]:
        """Findings and figures as tables of text."""
        found = [
            [one.name, "passed" if one.passed else "FAILED", one.detail]
            for one in self.findings
        ]
        sizes = [[name, f"{size:,.2f}"] for name, size in self.sizes.items()]
        return [
            Table("", ["check", "", "found"], found, words=3),
            Table("size", ["", "MB"], sizes),
            *(latency_tables(self.latency) if self.latency else []),
        ]

    def __str__(self) -> str:
        return to_text(self.headline(), self.tables)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return to_html(self.headline(), self.tables)
