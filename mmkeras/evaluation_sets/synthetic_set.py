"""A synthetic set and what is known of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from mmkeras import _checks
from mmkeras.evaluation_sets._latents import INPUTS


@dataclasses.dataclass(frozen=True)
class SyntheticSet:
    """Where a synthetic set is, and the best accuracy of each subset of its inputs.

    Args:
        folder: of its files.
        spec: the path of its spec, for `mm.load_dataset`.
        interaction: how the inputs tell the label.
        ceilings: the Bayes-optimal accuracy by input names, joined by "+" in the
            order image, sound, text; "" is that of guessing.

    Example:
        >>> made = SyntheticSet("f", "f/s.yaml", "xor", {"": 0.5, "image+sound": 1.0})
        >>> made.ceiling("sound", "image")
        1.0
    """

    folder: Path
    spec: Path
    interaction: str
    ceilings: dict[str, float]

    def ceiling(self, *inputs: str) -> float:
        """The best accuracy that any model of these inputs has.

        Args:
            *inputs: names, in any order; none for guessing.

        Raises:
            ValueError: for an unknown name.
        """
        for name in inputs:
            _checks.check_choice("SyntheticSet.ceiling", "inputs", name, INPUTS)
        return self.ceilings["+".join(name for name in INPUTS if name in inputs)]
