"""What a profile says."""

from __future__ import annotations

import dataclasses
import html
from typing import Any

from mmkeras import _checks
from mmkeras._tables import Table, to_html, to_text
from mmkeras.profiling._stage import Stage


@dataclasses.dataclass(frozen=True)
class Profile:
    """Speeds of all stages, the bottleneck, and what to change; prints as a table.

    Args:
        name: of the data set.
        batch_size: rows of a batch.
        stages: in the order that a row meets them.
        waiting: share of a training's time that it waits for its input.
        bottleneck: in a sentence.
        advice: what to change, a sentence each.
    """

    name: str
    batch_size: int
    stages: tuple[Stage, ...]
    waiting: float
    bottleneck: str
    advice: tuple[str, ...]

    def __getitem__(self, stage: str) -> Stage:
        found = {one.name: one for one in self.stages}
        if stage not in found:
            raise KeyError(
                f"`Profile`: there is no stage {stage!r}. "
                f"{_checks.did_you_mean(stage, found)}"
            )
        return found[stage]

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, fit for JSON."""
        return dataclasses.asdict(self)

    def _headline(self) -> str:
        return f"{self.name}: {self.bottleneck}"

    def _table(self) -> Table:
        rows = [
            (
                stage.name,
                stage.what,
                f"{stage.rows_per_second:,.0f}",
                f"{stage.lowest:,.0f} to {stage.highest:,.0f}",
            )
            for stage in self.stages
        ]
        title = f"rows/s, batches of {self.batch_size}"
        return Table(title, ("stage", "what", "median", "spread"), rows, words=2)

    def _notes(self) -> list[str]:
        waiting = f"Training waits for its input {self.waiting:.1%} of the time."
        return [waiting, *self.advice]

    def __str__(self) -> str:
        table = to_text(self._headline(), [self._table()])
        return "\n".join([table, "", *self._notes()])

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self._notes())
        return f"{to_html(self._headline(), [self._table()])}<ul>{notes}</ul>"
