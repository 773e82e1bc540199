"""The speed of one stage."""

from __future__ import annotations

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Stage:
    """One stage's speed.

    Args:
        name: of the stage.
        what: it covers.
        rows_per_second: the median.
        lowest: of the repeats.
        highest: of the repeats.
    """

    name: str
    what: str
    rows_per_second: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, name: str, what: str, rows: int, seconds: list[float]) -> Stage:
        """From the seconds that so many rows took, again and again."""
        rates = [rows / max(one, 1e-9) for one in seconds]
        return cls(name, what, statistics.median(rates), min(rates), max(rates))
