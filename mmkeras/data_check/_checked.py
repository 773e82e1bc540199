"""The data set that is checked: its rows, and what was found so far."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from typing import Any

import numpy as np

from mmkeras._cells import is_missing
from mmkeras.data_check.finding import Finding
from mmkeras.dataset import Dataset

# Names that a sentence lists, and rows that a finding keeps.
_SAID = 3
_KEPT = 100
# Decoded rows held at once.
_CHUNK = 256
# Bars of a histogram.
_BINS = 24


@dataclasses.dataclass
class Checked:
    """What all checks share.

    Args:
        data: the data set.
        looked_at: positions of the rows whose contents are looked at, in order.
        findings: what was found.
        advance: called with numbers of rows as their files are read or compared.
    """

    data: Dataset
    looked_at: np.ndarray
    findings: list[Finding]
    advance: Callable[[int], None] = lambda n: None

    def __post_init__(self) -> None:
        names = self.data.splits
        self._split = np.full(len(self.data.ids), -1)
        for number, name in enumerate(names):
            self._split[self.data[name].positions] = number

    def add(
        self,
        severity: str,
        kind: str,
        about: str,
        text: str,
        rows: Iterable[int] = (),
    ) -> None:
        """Note a finding; its rows are positions."""
        ids = tuple(str(self.data.ids[row]) for row in rows)
        self.findings.append(Finding(severity, kind, about, text, ids[:_KEPT]))

    def usable(self) -> np.ndarray:
        """Positions of all rows that a split has."""
        return np.flatnonzero(self._split >= 0)

    def rank(self, row: int) -> int:
        """The number of a row's split, in the spec's order."""
        return int(self._split[row])

    def split_of(self, row: int) -> str:
        """The name of a row's split."""
        return self.data.splits[self._split[row]]

    def by_split(self, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """Which of some positions are in each split, as a mask of them."""
        for number, name in enumerate(self.data.splits):
            yield name, self._split[rows] == number

    def present(self, name: str, rows: np.ndarray) -> np.ndarray:
        """The rows that have an input."""
        return rows[np.asarray(self.data.present(name))[rows]]

    def chunks(self, name: str, rows: np.ndarray) -> Iterator[np.ndarray]:
        """Decoded values of rows, some at a time."""
        column = self.data.columns[name]
        for start in range(0, len(rows), _CHUNK):
            yield np.asarray(column[rows[start : start + _CHUNK]])

    def such_as(self, rows: Sequence[int]) -> str:
        """`'a', 'b' and 'c'`: the first rows by name."""
        return listed([str(self.data.ids[row]) for row in rows])

    def cell(self, column: str, row: int) -> Any:
        """The source's cell; `None` where it is missing."""
        cell = self.data.cells(column)[row]
        return None if is_missing(cell) else cell


def listed(names: Sequence[str], most: int = _SAID) -> str:
    """`'a', 'b' and 3 others`."""
    shown = [f"'{name}'" for name in names[:most]]
    rest = len(names) - len(shown)
    if rest:
        shown.append(f"{rest:,} other{'s' * (rest > 1)}")
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def number_of(count: int, what: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def are(rows: Sized) -> str:
    """The verb of so many things."""
    return "is" if len(rows) == 1 else "are"


def share_of(mask: np.ndarray) -> float:
    """The part of a mask that holds; 0 of nothing."""
    return float(np.mean(mask)) if len(mask) else 0.0


def percent(share: float) -> str:
    """`12.3 %`."""
    return f"{100 * share:.1f} %"


def kinds(values: Iterable[Any]) -> str:
    """Each different value with its share, the most frequent first."""
    found, counts = np.unique([str(value) for value in values], return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_SAID]
    if len(found) == 1:
        return str(found[0])
    parts = [f"{found[i]} ({percent(counts[i] / counts.sum())})" for i in order]
    if len(found) > len(order):
        parts.append(f"{len(found) - len(order)} more")
    return ", ".join(parts)


def histogram(of: str, values: dict[str, np.ndarray]) -> dict[str, Any]:
    """Counts of values in bins that all splits share.

    Args:
        of: what the values are, with the unit.
        values: by split.

    Returns:
        `of`, `edges`, and `counts` by split; nothing where all values are one.
    """
    both = np.concatenate([np.asarray(v, float) for v in values.values()])
    low, high = both.min(initial=np.inf), both.max(initial=-np.inf)
    if low >= high:  # Nothing to draw.
        return {}
    whole = bool((both == np.round(both)).all())
    if whole and high - low < _BINS:
        edges = np.arange(low, high + 2) - 0.5
    else:
        edges = np.linspace(low, high, _BINS + 1)
    counts = {name: np.histogram(v, edges)[0].tolist() for name, v in values.items()}
    return {"of": of, "edges": edges.tolist(), "counts": counts}
