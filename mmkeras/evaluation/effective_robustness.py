"""What a model keeps beyond a baseline of the same clean performance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmkeras import _checks


def effective_robustness(values: Sequence[float], baseline: Sequence[float]) -> float:
    """How much less a model loses than a baseline does, on average.

    A model that is better on clean data is usually better on bad data too. To see
    what robustness adds, the baseline `b` is shifted to the model's clean
    performance: the mean over the severities above 0 of
    `f(s) - (b(s) + f(0) - b(0))`. Above 0 the model loses less than the baseline.
    Of an error, pass both with a minus sign.

    MultiBench, whose name this is, sums over its levels and then scales to 0..1 over
    the methods that are compared; a mean does not grow with the number of levels.

    Args:
        values: performance at each severity, the first on clean data.
        baseline: performance of the other model (late fusion, in MultiBench) at the
            same severities.

    Returns:
        The mean difference, in the figure's unit.

    Raises:
        ValueError: for fewer than two values, or not as many of the baseline.

    Example:
        >>> effective_robustness([0.75, 0.5], [0.5, 0.125])
        0.125

    Reference:
        Liang et al., "MultiBench: Multiscale Benchmarks for Multimodal
        Representation Learning", 2021, arXiv:2107.07502.
    """
    if len(values) < 2 or len(values) != len(baseline):
        raise _checks.bad_value(
            "effective_robustness",
            "baseline",
            f"as long as `values`, {max(len(values), 2)} or more",
            baseline,
            "Pass both at the same severities, the first on clean data.",
        )
    difference = np.asarray(values, "float64") - np.asarray(baseline, "float64")
    return float(effective_weights(len(values)) @ difference)


def effective_weights(count: int) -> np.ndarray:
    """What the difference at each severity counts: the clean one against the rest."""
    return np.array([-1.0, *[1 / (count - 1)] * (count - 1)])
