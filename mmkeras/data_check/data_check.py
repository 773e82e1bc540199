"""What a check of a data set says."""

from __future__ import annotations

import dataclasses
import html
from pathlib import Path
from typing import Any

from mmkeras._tables import Table, to_html, to_text
from mmkeras.data_check._check_tables import all_tables
from mmkeras.data_check._checked import number_of
from mmkeras.data_check.finding import PROBLEM, SEVERITIES, Finding
from mmkeras.dataset import Dataset


@dataclasses.dataclass(frozen=True)
class DataCheck:
    """Findings about a data set, the gravest first; made by `check_data`.

    Args:
        name: of the data set.
        findings: a sentence each, with how grave it is.
        figures: what they follow from, as plain values: by `"inputs"`, `"tasks"`,
            `"copies"` (pairs of rows), `"groups"`, `"quarantine"`.
        of: the data set.

    Example:
        >>> found = mm.data_check.check_data(data.spec, progress=False)
        >>> found.ok == (len(found.of_severity("problem")) == 0)
        True
    """

    name: str
    findings: tuple[Finding, ...]
    figures: dict[str, Any]
    of: Dataset

    @property
    def ok(self) -> bool:
        """Whether there is no problem; there may be warnings."""
        return not self.of_severity(PROBLEM)

    def of_severity(self, severity: str) -> tuple[Finding, ...]:
        """The findings that are so grave."""
        return tuple(one for one in self.findings if one.severity == severity)

    @property
    def tables(self) -> list[Table]:
        """The figures as tables of text."""
        return all_tables(self.figures)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, fit for JSON."""
        findings = [dataclasses.asdict(one) for one in self.findings]
        for one in findings:
            one["rows"] = list(one["rows"])
        return {
            "name": self.name,
            "ok": self.ok,
            "findings": findings,
            **self.figures,
        }

    def to_html(self) -> str:
        """A page of its own: findings, drawings, tables, rows with their pictures
        and sounds, and rows that are twice there side by side."""
        from mmkeras.data_check._check_page import check_page

        return check_page(self).html()

    def save_html(self, path: str | Path) -> Path:
        """Write the page of `to_html`.

        Args:
            path: of the file; its folder is made.

        Returns:
            The path.
        """
        from mmkeras.data_check._check_page import check_page

        return check_page(self).save(path)

    def headline(self) -> str:
        """How many findings there are, in a line."""
        counts = [number_of(len(self.of_severity(s)), s) for s in SEVERITIES]
        return f"{self.name}: {', '.join(counts)}"

    def __str__(self) -> str:
        lines = [f"{one.severity:<8}{one.text}" for one in self.findings]
        tables = to_text("", self.tables).strip("\n")
        return "\n".join([self.headline(), "", *lines, "", tables])

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li><b>{one.severity}</b> {html.escape(one.text)}</li>"
            for one in self.findings
        )
        headline = f"<p>{html.escape(self.headline())}</p>"
        return f"{headline}<ul>{items}</ul>{to_html('', self.tables)}"
