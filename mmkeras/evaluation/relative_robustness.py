"""The mean performance over a range of severities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmkeras import _checks


def relative_robustness(
    values: Sequence[float], severities: Sequence[float] | None = None
) -> float:
    """The area under the performance-severity curve, over its range.

    `integral of f(s) ds / (s_max - s_min)` by the trapezoid rule: the mean
    performance over the range, clean data included. Of a score it is the higher the
    better, of an error the lower.

    MultiBench, whose name this is, takes the area with steps of 0.1 over the levels
    0 to 1, which is the same number there, and then scales it to 0..1 over the
    methods that are compared. This one stays in the figure's unit.

    Args:
        values: performance at each severity, two or more.
        severities: ascending; evenly spaced if `None`.

    Returns:
        The mean performance.

    Raises:
        ValueError: for fewer than two values, or severities that do not ascend or
            are not as many.

    Example:
        >>> relative_robustness([1.0, 0.5, 0.0])
        0.5

    Reference:
        Liang et al., "MultiBench: Multiscale Benchmarks for Multimodal
        Representation Learning", 2021, arXiv:2107.07502. Taori et al., "Measuring
        Robustness to Natural Distribution Shifts in Image Classification", 2020,
        arXiv:2007.00644, for the two kinds of robustness.
    """
    weights = trapezoid_weights("relative_robustness", len(values), severities)
    return float(weights @ np.asarray(values, "float64"))


def trapezoid_weights(
    owner: str, count: int, severities: Sequence[float] | None
) -> np.ndarray:
    """What each severity counts in the mean; their sum is 1."""
    if count < 2:
        fix = "Pass the value on clean data and one more."
        raise _checks.bad_value(owner, "values", "two or more", count, fix)
    places = np.arange(count) if severities is None else np.asarray(severities, float)
    steps = np.diff(places)
    if len(places) != count or not (steps > 0).all():
        raise _checks.bad_value(
            owner,
            "severities",
            f"{count} ascending numbers, one for each value",
            severities,
            "Leave them out if they are evenly spaced.",
        )
    weights = np.zeros(count)
    weights[1:] += steps / 2
    weights[:-1] += steps / 2
    return weights / steps.sum()
