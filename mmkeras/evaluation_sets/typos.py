"""Misspelt texts."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from mmkeras.evaluation_sets._degradation import Degradation, Degrade, Degraded


class Typos(Degradation):
    """Letters replaced by other letters, a known share of them.

    Of a text's `n` letters `rate * n` are replaced, rounded up or down at random so
    that the mean is `rate * n`; always by another letter of a to z in the same case.
    The measure is the share that was replaced.

    Args:
        type: `"typos"`.
        rate: share of the letters.

    Example:
        >>> Typos(rate=0.1).strength
        0.1
    """

    type: Literal["typos"] = "typos"
    rate: Annotated[float, Field(gt=0, le=1)]

    modality: ClassVar[str] = "text"
    asked: ClassVar[str] = "share of letters replaced"
    measured: ClassVar[str] = "the share of letters that differ"

    @property
    def strength(self) -> float:
        """The share."""
        return self.rate

    def prepare(self, training: Sequence[Any], read: Callable[[str], Any]) -> Degrade:
        """What degrades one text."""

        def degrade(text, random, split):
            places = [i for i, letter in enumerate(text) if letter.isalpha()]
            wanted = self.rate * len(places)
            count = int(wanted) + int(random.random() < wanted % 1)
            letters = list(text)
            for place in random.choice(places, count, replace=False) if count else ():
                letters[place] = _other(letters[place], random)
            measured = count / len(places) if places else None
            return Degraded("".join(letters), {"measured": measured})

        return degrade


def _other(letter: str, random: np.random.Generator) -> str:
    choices = [c for c in string.ascii_lowercase if c != letter.lower()]
    chosen = choices[random.integers(len(choices))]
    return chosen.upper() if letter.isupper() else chosen
