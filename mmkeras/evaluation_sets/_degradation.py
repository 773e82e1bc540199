"""What every degradation has: a known strength, and a measure of the outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from mmkeras._frozen import Frozen

INT16_PEAK = 32_767


class Degraded(NamedTuple):
    """One degraded value, and what the manifest says of it.

    Args:
        value: as it is written.
        notes: cells of the columns `<input>_<note>`; `measured` is always there,
            `None` where it cannot be told.
    """

    value: Any
    notes: dict[str, Any]


#: One value, the random stream of its row, its split: the degraded value.
Degrade = Callable[[Any, np.random.Generator, str], Degraded]


class Degradation(Frozen):
    """A way of making a modality harder, by a known amount.

    A subclass gives `type`, `strength` and `prepare`.
    """

    #: The `type` of the modality that it is for.
    modality: ClassVar[str]
    #: What `strength` is, and what `measured` is, for the data card.
    asked: ClassVar[str]
    measured: ClassVar[str]

    @property
    def strength(self) -> float:
        """The number asked for."""
        raise NotImplementedError

    def prepare(self, training: Sequence[Any], read: Callable[[str], Any]) -> Degrade:
        """What degrades one value.

        Args:
            training: the values of the training split, to learn from.
            read: the content of a file of the part's folder, as of its items.
        """
        raise NotImplementedError
