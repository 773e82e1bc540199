"""What a synthetic set's inputs know of its label, as one table of probabilities."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

INPUTS = ("image", "sound", "text")
_DIGITS = 12
INTERACTIONS = ("redundant", "complementary", "xor")


class Truth(NamedTuple):
    """One of the equally likely states of the world.

    Args:
        label: its class.
        shown: by input the symbol that it shows unless noise replaces it; an input
            that is not in it shows any, which says nothing.
    """

    label: str
    shown: dict[str, int]


def truths(interaction: str, symbols: int, pair: Sequence[str]) -> list[Truth]:
    """The states of the world, in order."""
    values = range(symbols)
    if interaction == "redundant":
        return [Truth(f"s{v}", dict.fromkeys(INPUTS, v)) for v in values]
    both = [(a, b, {pair[0]: a, pair[1]: b}) for a in values for b in values]
    if interaction == "complementary":
        return [Truth(f"a{a}b{b}", shown) for a, b, shown in both]
    return [Truth(f"x{(a + b) % symbols}", shown) for a, b, shown in both]


def joint_table(
    states: Sequence[Truth], symbols: int, noise: Mapping[str, float]
) -> np.ndarray:
    """The probability of a class and the three symbols that are seen.

    Args:
        states: equally likely.
        symbols: number of symbols of an input.
        noise: by input the probability that its symbol is replaced by another.

    Returns:
        `(classes, symbols, symbols, symbols)`, in the inputs' order; classes in the
        order in which the states name them.
    """
    classes = list(dict.fromkeys(state.label for state in states))
    table = np.zeros((len(classes), *[symbols] * len(INPUTS)))
    for state in states:
        # The symbols are independent given the state.
        seen = [_seen(state.shown.get(n), symbols, noise[n]) for n in INPUTS]
        table[classes.index(state.label)] += np.einsum("i,j,k->ijk", *seen)
    return table / len(states)


def bayes_ceilings(table: np.ndarray) -> dict[str, float]:
    """For each subset of the inputs the best accuracy that any model of them has.

    The best guess is the likeliest class given the symbols seen, so that the
    accuracy is `sum over symbols of max over classes of P(class, symbols)`.
    """
    ceilings = {}
    for number in range(len(INPUTS) + 1):
        for names in itertools.combinations(INPUTS, number):
            unseen = tuple(1 + i for i, n in enumerate(INPUTS) if n not in names)
            best = float(table.sum(unseen).max(0).sum())
            # Sums of a few products: 0.8 and not 0.8000000000000002.
            ceilings["+".join(names)] = round(best, _DIGITS)
    return ceilings


def draw_states(
    states: Sequence[Truth],
    symbols: int,
    noise: Mapping[str, float],
    rows: int,
    random: np.random.Generator,
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Rows of labels, and by input of symbols.

    The states are there equally often, but for a remainder; noise is drawn for each
    row and input by itself.
    """
    chosen = random.permutation(np.arange(rows) % len(states))
    seen = {}
    for name in INPUTS:
        anything = random.integers(symbols, size=rows)
        true = np.array([states[i].shown.get(name, -1) for i in chosen])
        other = (true + random.integers(1, symbols, rows)) % symbols
        replaced = random.random(rows) < noise[name]
        shown = np.where(replaced, other, true)
        seen[name] = np.where(true < 0, anything, shown)
    return [states[i].label for i in chosen], seen


def _seen(symbol: int | None, symbols: int, noise: float) -> np.ndarray:
    if symbol is None:
        return np.full(symbols, 1 / symbols)
    seen = np.full(symbols, noise / (symbols - 1))
    seen[symbol] = 1 - noise
    return seen
