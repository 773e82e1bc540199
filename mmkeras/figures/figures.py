"""What the figures of every kind of task have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from mmkeras import _checks

# Weights held at once as float64, rows times repeats: 16 MiB.
_CHUNK = 2**21


class Figures:
    """Figures of one task's predictions, for any weights of the rows.

    A figure is computed twice: `point` asks scikit-learn, where it has the figure;
    `replicates` computes many weightings at once with NumPy, as a bootstrap needs.
    Both are the same number for the same weights. A row with the weight 2 counts
    as two rows, one with 0 not at all: a resample of the rows is a weighting by
    counts.

    A subclass hands the number of its rows on and writes `_point` and
    `_replicates`.

    Args:
        num_rows: the number of rows.
    """

    #: The key of the figure that stands for all in comparisons.
    headline: ClassVar[str]
    #: Whether less of the headline is better, as with errors.
    lower_is_better: ClassVar[bool] = False

    def __init__(self, num_rows: int):
        self.num_rows = num_rows

    def point(self, weights: np.ndarray) -> dict[str, Any]:
        """The figures, as plain numbers, lists and dicts that are fit for JSON.

        A figure that these rows do not define is left out, deeper down it is
        `None`.

        Args:
            weights: `(rows,)`, at least 0, one of them above.
        """
        weights = self._checked(weights, 1)
        kept = np.flatnonzero(weights)
        if not len(kept):
            raise self._bad_weights(weights, "above 0 for one row or more")
        figures = _plain(self._point(kept, weights[kept]))
        return {key: value for key, value in figures.items() if value is not None}

    def replicates(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Each number of `point` under many weightings; NaN where undefined.

        Args:
            weights: `(repeats, rows)`, at least 0.

        Returns:
            By the key of `point`, `(repeats,)`.
        """
        weights = self._checked(weights, 2)
        size = max(1, _CHUNK // max(1, self.num_rows))
        parts = [
            self._replicates(
                # (rows, repeats): sums over rows are then sums of whole lines.
                np.ascontiguousarray(weights[start : start + size].T, "float64")
            )
            for start in range(0, max(1, len(weights)), size)
        ]
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

    def rows(self) -> np.ndarray | None:
        """`(rows,)` scores whose weighted mean is the headline; `None` if none are."""
        return None

    def _point(self, kept: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
        """Figures of the rows `kept`, whose weights are above 0; NaN if undefined."""
        raise NotImplementedError

    def _replicates(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """`(rows, repeats)` float64 weights to `(repeats,)` for each figure."""
        raise NotImplementedError

    def _checked(self, weights: np.ndarray, ndim: int) -> np.ndarray:
        weights = np.asarray(weights)
        if weights.ndim != ndim or weights.shape[-1] != self.num_rows:
            shape = f"({'repeats, ' * (ndim - 1)}{self.num_rows})"
            raise self._bad_weights(weights, f"of the shape {shape}")
        # Not `any(weights < 0)`: NaN is below nothing.
        if weights.size and not (weights.min() >= 0 and weights.max() < math.inf):
            raise self._bad_weights(weights, "finite and at least 0")
        return weights

    def _bad_weights(self, weights: np.ndarray, expected: str) -> ValueError:
        fix = f"Give each of the {self.num_rows} rows one weight; a row may have 0."
        return self._bad("weights", expected, weights, fix)

    def _bad(self, argument: str, expected: str, value: Any, fix: str) -> ValueError:
        return _checks.bad_value(type(self).__name__, argument, expected, value, fix)


def _plain(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's, NaN as `None`."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if value is None or math.isnan(value) else float(value)
