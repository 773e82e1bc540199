"""Shapley values as sums of what a player adds to sets of others."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

# With more players than this, sets are sampled: 2 to the power of 5 are 32.
MOST_EXACT = 5
# Each with its reverse.
_SAMPLED_ORDERS = 20

Subset = tuple[str, ...]


class Term(NamedTuple):
    """What a player adds to a set of others, and what it counts."""

    weight: float
    with_it: Subset
    without: Subset


def shapley_terms(players: Sequence[str], seed: int) -> dict[str, list[Term]]:
    """By player, the terms whose weighted sum is its Shapley value.

    With few players exactly, over all sets S without the player `i`:
    `|S|! (n - |S| - 1)! / n! (v(S + i) - v(S))`. With more over random orders, in
    which each player adds to those before it; the sum over the players is
    `v(all) - v(none)` in either case.

    Args:
        players: in the order in which sets name them.
        seed: of the orders.
    """
    if len(players) <= MOST_EXACT:
        return {player: _exact(players, player) for player in players}
    orders = _orders(players, seed)
    found: dict[str, list[Term]] = {player: [] for player in players}
    for order in orders:
        for place, player in enumerate(order):
            with_it = _sorted(players, order[: place + 1])
            without = _sorted(players, order[:place])
            found[player].append(Term(1 / len(orders), with_it, without))
    return found


def _exact(players: Sequence[str], player: str) -> list[Term]:
    others = [other for other in players if other != player]
    # 1 / (n (n - 1 over |S|)) is the factorials' ratio.
    return [
        Term(
            1 / (len(players) * math.comb(len(others), size)),
            _sorted(players, [*members, player]),
            members,
        )
        for size in range(len(players))
        for members in itertools.combinations(others, size)
    ]


def _orders(players: Sequence[str], seed: int) -> list[list[str]]:
    """Random orders, each with its reverse: where one is early, it is late too."""
    random = np.random.default_rng(seed)
    drawn = [random.permutation(players).tolist() for _ in range(_SAMPLED_ORDERS)]
    return drawn + [order[::-1] for order in drawn]


def _sorted(players: Sequence[str], members: Iterable[str]) -> Subset:
    found = set(members)
    return tuple(player for player in players if player in found)


def weighted_sum(terms: Iterable[Term], value: Callable[[Subset], Any]) -> Any:
    """A player's value; exactly 0 where it never adds anything."""
    return sum(t.weight * (value(t.with_it) - value(t.without)) for t in terms)
