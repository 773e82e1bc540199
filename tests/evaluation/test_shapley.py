"""Shapley values: those of the definition."""

import itertools

import numpy as np
import pytest

from mmkeras.evaluation._shapley import MOST_EXACT, shapley_terms, weighted_sum

NAMES = tuple("abcdefg")


def subsets(names):
    return [s for n in range(len(names) + 1) for s in itertools.combinations(names, n)]


def random_game(names, seed=0):
    random = np.random.default_rng(seed)
    return {subset: random.normal() for subset in subsets(names)}


def shapley(names, game, seed=0):
    terms = shapley_terms(names, seed)
    return {name: weighted_sum(terms[name], game.__getitem__) for name in names}


def by_orders(names, game):
    """The mean of what a player adds over all orders of the players."""
    found = dict.fromkeys(names, 0.0)
    orders = list(itertools.permutations(names))
    for order in orders:
        for place, name in enumerate(order):
            before = tuple(n for n in names if n in order[:place])
            after = tuple(n for n in names if n in order[: place + 1])
            found[name] += (game[after] - game[before]) / len(orders)
    return found


@pytest.mark.parametrize("count", range(1, MOST_EXACT + 1))
def test_values_are_the_mean_over_all_orders(count):
    names = NAMES[:count]
    game = random_game(names)
    assert shapley(names, game) == pytest.approx(by_orders(names, game))


@pytest.mark.parametrize("count", [2, 5, 7])
def test_values_sum_to_the_gain(count):
    names = NAMES[:count]
    game = random_game(names)
    gain = game[names] - game[()]
    assert sum(shapley(names, game).values()) == pytest.approx(gain)


@pytest.mark.parametrize("count", [3, 7])
def test_additive_game_gives_each_its_part(count):
    names = NAMES[:count]
    parts = {name: 2.0**place for place, name in enumerate(names)}
    game = {subset: sum(parts[n] for n in subset) for subset in subsets(names)}
    assert shapley(names, game) == pytest.approx(parts)


def test_player_that_adds_nothing_has_exactly_nothing():
    names = NAMES[:4]
    others = random_game(names[1:])
    game = {s: others[tuple(n for n in s if n != "a")] for s in subsets(names)}
    assert shapley(names, game)["a"] == 0


def test_sampled_orders_come_near_the_exact_values():
    """A game of pairs, where a single order is off by more than 1."""
    names = NAMES
    random = np.random.default_rng(3)
    pairs = {pair: random.normal() for pair in itertools.combinations(names, 2)}
    game = {
        subset: sum(v for pair, v in pairs.items() if set(pair) <= set(subset))
        for subset in subsets(names)
    }
    exact = {n: sum(v for pair, v in pairs.items() if n in pair) / 2 for n in names}
    # With each order comes its reverse: of a pair, either is the later one once.
    assert shapley(names, game) == pytest.approx(exact)


def test_orders_follow_from_the_seed():
    assert shapley_terms(NAMES, 1) == shapley_terms(NAMES, 1)
    assert shapley_terms(NAMES, 1) != shapley_terms(NAMES, 2)
