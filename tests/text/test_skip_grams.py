"""Pairs and negatives as the formulae say."""

import collections
import itertools

import numpy as np
import pytest

from mmkeras.text._skip_grams import SkipGrams

# Two texts, with an unknown word and padding that are no words.
ROWS = np.array([[0, 1, -1, 2, 3, -1], [4, 4, 5, -1, -1, -1]], "int32")
COUNTS = np.array([1, 1, 1, 1, 2, 1])


def grams(rows=ROWS, counts=COUNTS, window=2, negatives=3, subsample=0.0, seed=0):
    return SkipGrams(rows, np.asarray(counts), window, negatives, subsample, seed)


def test_with_a_window_of_one_neighbours_are_pairs_both_ways():
    found = sorted(map(tuple, grams(window=1).pairs(ROWS).tolist()))
    # An unknown word between two makes them neighbours; texts do not touch.
    one_way = [(0, 1), (1, 2), (2, 3), (4, 4), (4, 5)]
    assert found == sorted(one_way + [(b, a) for a, b in one_way])


def test_near_contexts_are_drawn_more_often_than_far_ones():
    rows = np.tile(np.arange(10, dtype="int32"), (4000, 1))
    pairs = grams(rows, [4000] * 10, window=4).pairs(rows)
    distances = np.abs(pairs[:, 0] - pairs[:, 1])
    for distance in range(1, 5):
        share = np.mean(distances == distance) * len(pairs) / len(rows)
        # P(reach >= distance), for each of the 10 - distance places, both ways.
        expected = 2 * (10 - distance) * (5 - distance) / 4
        # Up to 18 draws a row: five standard errors of the mean of 4000.
        assert abs(share - expected) < 5 * np.sqrt(18 / 4) / np.sqrt(4000)


def test_frequent_words_are_left_out_as_often_as_the_formula_says():
    rows = np.tile(np.array([0, 0, 0, 1], "int32"), (20_000, 1))
    pairs = grams(rows, [60_000, 20_000], window=1, subsample=0.1).pairs(rows)
    # Whether 1 has a neighbour: one 0 at least, each kept with sqrt(0.1 / 0.75).
    kept = np.sqrt(0.1 / 0.25) * (1 - (1 - np.sqrt(0.1 / 0.75)) ** 3)
    share = np.count_nonzero(pairs[:, 0] == 1) / len(rows)
    # Five standard errors.
    assert abs(share - kept) < 5 * 0.5 / np.sqrt(20_000)


def test_negatives_follow_the_counts_to_the_power_and_are_not_the_context():
    counts = np.array([1, 10, 100, 1000])
    sampler = grams(counts=counts, negatives=50)
    pairs = np.array([[3, 2], [0, 0], [1, 3]] * 2000)
    word, candidates = sampler.with_negatives(pairs)
    np.testing.assert_array_equal(word, pairs[:, 0])
    np.testing.assert_array_equal(candidates[:, 0], pairs[:, 1])
    for context in (0, 2, 3):
        drawn = candidates[pairs[:, 1] == context, 1:]
        found = np.bincount(drawn.ravel(), minlength=4) / drawn.size
        expected = counts**0.75 * (np.arange(4) != context)
        # Five standard errors of 100,000 draws.
        np.testing.assert_allclose(
            found, expected / expected.sum(), atol=5 * 0.5 / np.sqrt(drawn.size)
        )
        assert found[context] == 0


def test_batches_are_of_one_size_and_hold_each_pair_once_a_pass():
    sampler = grams(window=1)
    assert sampler.count() == 10
    batches = list(itertools.islice(sampler.batches(4), 5))
    assert {word.shape for word, _ in batches} == {(4,)}
    assert {candidates.shape for _, candidates in batches} == {(4, 4)}
    seen = [
        (word, context[0])
        for words, contexts in batches
        for word, context in zip(words.tolist(), contexts.tolist(), strict=True)
    ]
    once = collections.Counter(map(tuple, sampler.pairs(ROWS).tolist()))
    assert collections.Counter(seen) == once + once


@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_drawn_follows_from_the_seed(seed):
    def first(seed):
        return list(itertools.islice(grams(seed=seed).batches(5), 6))

    assert all(
        np.array_equal(a, b)
        for one, other in zip(first(seed), first(seed), strict=True)
        for a, b in zip(one, other, strict=True)
    )
    assert any(
        not np.array_equal(one[1], other[1])
        for one, other in zip(first(seed), first(seed + 1), strict=True)
    )
