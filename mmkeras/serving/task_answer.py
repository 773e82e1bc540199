"""What a served model says of one row, for one task."""

from __future__ import annotations

import dataclasses

import numpy as np

# Figures of a probability that a reader takes in.
_DIGITS = 3


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class TaskAnswer:
    """A task's answer for one row.

    Args:
        value: a class's name, or the labels as the data set joins them; a number;
            an array where the task has several numbers.
        probabilities: `(classes,)` float32, in the order of the task's classes; `None`
            of a task without classes.
        top: the likeliest classes, `(class, probability)`, likeliest first; empty
            where the model has no more than two, or none.

    Example:
        >>> mm.serving.TaskAnswer("seven", None, (("seven", 0.9), ("one", 0.1)))
        TaskAnswer('seven', top=(('seven', 0.9), ('one', 0.1)))
    """

    value: str | float | np.ndarray
    probabilities: np.ndarray | None = None
    top: tuple[tuple[str, float], ...] = ()

    def __repr__(self) -> str:
        parts = [shown(self.value)]
        if self.top:
            top = tuple((name, round(share, _DIGITS)) for name, share in self.top)
            parts.append(f"top={top}")
        elif self.probabilities is not None:
            shares = [round(float(share), _DIGITS) for share in self.probabilities]
            parts.append(f"probabilities={shares}")
        return f"TaskAnswer({', '.join(parts)})"


def shown(value: str | float | np.ndarray) -> str:
    """A value in a line: arrays as their numbers if few, else as their shape."""
    if not isinstance(value, np.ndarray):
        return repr(value if isinstance(value, str) else float(f"{value:.6g}"))
    if value.size > 4:
        return f"{value.dtype} of shape {value.shape}"
    return str([float(f"{number:.6g}") for number in value.ravel()])
