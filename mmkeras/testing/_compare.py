"""How the checks compare, and how they say what does not hold."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

# float32 sums in another order (a batch of another size) differ by about 1e-6 of
# the largest term.
ROW_TOLERANCE = 1e-5


def require(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def to_numpy(outputs: Any) -> np.ndarray:
    """Outputs as one array; of a dict, all of a row side by side."""
    arrays = [
        np.asarray(keras.ops.convert_to_numpy(x)) for x in keras.tree.flatten(outputs)
    ]
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate([x.reshape(len(x), -1) for x in arrays], axis=1)


def magnitude(values: np.ndarray) -> float:
    """The largest value, at least 1: what float32 rounding is relative to."""
    return max(1.0, float(np.abs(values.astype("float64")).max()))


def largest_difference(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference; NaN, which no limit is above, if one has a NaN."""
    if one.shape != other.shape:
        return float("inf")
    return float(np.abs(one.astype("float64") - other.astype("float64")).max())
