"""The figures of a comparison."""

from __future__ import annotations

import dataclasses
import statistics
from typing import TYPE_CHECKING

from mmkeras._tables import Table, to_html, to_text
from mmkeras.experiments._runs import Run

if TYPE_CHECKING:
    import pandas as pd


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What was compared, best first; prints as a table, in Jupyter as HTML.

    Args:
        title: what was trained and evaluated, and how.
        metric: name of the figure.
        runs: one for each choice and seed.
    """

    title: str
    metric: str
    runs: tuple[Run, ...]

    def table(self) -> pd.DataFrame:
        """A row a choice, best mean first: mean, min and max over the seeds.

        Its columns: `name`, `mean`, `min`, `max`, `seeds`, `parameters`, `step_ms`
        (the median over the seeds) and `error`.
        """
        import pandas as pd

        rows = []
        for name in dict.fromkeys(run.name for run in self.runs):
            mine = [run for run in self.runs if run.name == name]
            good = [run for run in mine if not run.error]
            figures = [run.figure for run in good] or [float("nan")]
            rows.append(
                {
                    "name": name,
                    "mean": statistics.fmean(figures),
                    "min": min(figures),
                    "max": max(figures),
                    "seeds": len(good),
                    "parameters": good[0].parameters if good else 0,
                    "step_ms": statistics.median(run.step_ms for run in good)
                    if good
                    else float("nan"),
                    "error": next((run.error for run in mine if run.error), ""),
                }
            )
        table = pd.DataFrame(rows)
        return table.sort_values("mean", ascending=False, kind="stable").reset_index(
            drop=True
        )

    def to_markdown(self) -> str:
        """The table as Markdown."""
        table = self._text()
        lines = [table.header, ["---"] * len(table.header), *table.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def _text(self) -> Table:
        header = ["", f"{self.metric}, mean", "min to max", "parameters", "ms a step"]
        rows = []
        for row in self.table().itertuples():
            if row.seeds:
                figures = [
                    f"{row.mean:.3f}",
                    f"{row.min:.3f} to {row.max:.3f}",
                    f"{row.parameters:,}",
                    f"{row.step_ms:.1f}",
                ]
            else:
                figures = ["-", str(row.error), "-", "-"]
            rows.append([str(row.name), *figures])
        return Table("", header, rows)

    def __str__(self) -> str:
        return to_text(self.title, [self._text()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return to_html(self.title, [self._text()])
