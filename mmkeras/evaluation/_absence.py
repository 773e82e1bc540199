"""A model without some of its inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import keras
import numpy as np

from mmkeras import _checks
from mmkeras.evaluation._rows import Rows

ABSENT = ("auto", "missing", "permuted")


class Absence:
    """Takes inputs away from the rows that a model gets.

    Args:
        rows: the whole rows.
        absent: `"missing"`, `"permuted"` or `"auto"`.
        repeats: permutations to average.
        seed: of the permutations.
    """

    def __init__(self, rows: Rows, absent: str, repeats: int, seed: int):
        self.rows = rows
        self.ways = _ways(rows, absent)
        self.repeats = repeats
        self.orders = {}
        for name in [name for name, way in self.ways.items() if way == "permuted"]:
            # One stream an input: the picture and the sound of one other row would
            # still have what the two say together.
            stream = [seed, sorted(self.ways).index(name)]
            random = np.random.default_rng(stream)
            self.orders[name] = [_cycle(random, len(rows)) for _ in range(repeats)]

    def scores(
        self, model: keras.Model, gone: Sequence[str], tasks: Iterable[str]
    ) -> dict[str, np.ndarray]:
        """Rows' scores without some inputs, the mean of all permutations."""
        missing: dict[str, np.ndarray] = {}
        for name in gone:
            if name not in self.orders:
                missing |= self.rows.without(name, np.ones(len(self.rows), bool))
        permuted = [name for name in gone if name in self.orders]
        runs = []
        for repeat in range(self.repeats if permuted else 1):
            changed = dict(missing)
            for name in permuted:
                changed |= self.rows.shuffled(name, self.orders[name][repeat])
            runs.append(self.rows.scores(model, changed, tasks))
        return {task: np.mean([run[task] for run in runs], 0) for task in runs[0]}


def _ways(rows: Rows, absent: str) -> Mapping[str, str]:
    """By input, how it is taken away."""
    owner = rows.owner
    found = {}
    for name, modality in rows.spec.inputs.items():
        way = absent
        if absent == "auto":
            way = "missing" if modality.optional else "permuted"
        if way == "missing" and not modality.optional:
            raise _checks.bad_value(
                owner,
                "absent",
                f"'auto' or 'permuted': the input '{name}' is not optional",
                absent,
                "Or add `optional: true` to it, and train with `modality_dropout`.",
            )
        found[name] = way
    if "permuted" in found.values() and len(rows) < 2:
        fix = "One row has no other to take values from."
        raise _checks.bad_value(owner, "split", "of two rows or more", len(rows), fix)
    return found


def _cycle(random: np.random.Generator, count: int) -> np.ndarray:
    """A permutation in which nobody keeps its place."""
    drawn = random.permutation(count)
    order = np.empty(count, int)
    order[drawn] = np.roll(drawn, 1)
    return order
