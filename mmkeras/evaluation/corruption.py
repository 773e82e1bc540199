"""One way in which an input gets worse, by known steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from mmkeras import _checks


@dataclasses.dataclass(frozen=True)
class Corruption:
    """A way to make one example worse, for `robustness`.

    The function gets, for one example, the same random numbers at every severity and
    in every run, and is not called at severity 0. Where it scales what it draws by
    the strength, a higher severity is the lower one and more.

    Args:
        name: as it is shown.
        function: `(value, strength, random)` to a value of the same shape and dtype:
            uint8 `(height, width, channels)`, int16 `(samples,)`, a `str`, float32
            `(1,)` or an int32 id. `random` is a NumPy `Generator`.
        strengths: of severity 1, 2, ...
        unit: what the strengths count, for people.

    Raises:
        ValueError: if there is no strength.
        TypeError: if `function` cannot be called.

    Example:
        >>> darker = Corruption("darker", lambda x, share, _: x - x * share, (0.2, 0.4))
        >>> darker(np.array([100.0]), 2, np.random.default_rng(0)).tolist()
        [60.0]
    """

    name: str
    function: Callable[[Any, float, np.random.Generator], Any]
    strengths: tuple[float, ...]
    unit: str = ""

    def __post_init__(self) -> None:
        if not callable(self.function):
            fix = "Pass a function `(value, strength, random)`."
            raise _checks.bad_type(
                "Corruption", "function", "a function", self.function, fix
            )
        if not len(self.strengths):
            fix = "Pass one number for each severity from 1 on."
            raise _checks.bad_value(
                "Corruption", "strengths", "one or more", self.strengths, fix
            )

    def __call__(self, value: Any, severity: int, random: np.random.Generator) -> Any:
        """The value at a severity, 0 to the number of strengths.

        Args:
            value: of one example.
            severity: 0 leaves the value as it is.
            random: where the draws come from.
        """
        if severity == 0:
            return value
        return self.function(value, self.strengths[severity - 1], random)
