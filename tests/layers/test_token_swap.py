"""TokenSwap: who moves, how far, and that padding stays."""

import numpy as np
import pytest

from mmkeras.layers import TokenSwap


def ids(rows=3000, tokens=9, padding=2):
    found = np.tile(np.arange(2, 2 + tokens, dtype="int32"), (rows, 1))
    found[:, tokens - padding :] = 0
    return found


def test_tokens_move_by_one_place_at_most_and_none_is_lost():
    found = np.asarray(TokenSwap(0.6, seed=0)(ids(), training=True))
    np.testing.assert_array_equal(np.sort(found[:, :7]), ids()[:, :7])
    np.testing.assert_array_equal(found[:, 7:], 0)
    assert np.abs(found - ids())[:, :7].max() == 1


def test_each_inner_token_moves_with_the_rate():
    moved = np.asarray(TokenSwap(0.4, seed=0)(ids(), training=True)) != ids()
    # 3,000 rows: 5 standard deviations are 0.045. The two ends have one neighbour.
    np.testing.assert_allclose(moved[:, 1:6].mean(0), 0.4, atol=0.045)
    np.testing.assert_allclose(moved[:, [0, 6]].mean(0), 0.2, atol=0.045)


@pytest.mark.parametrize("row", [[0, 0, 0], [5, 0, 0], [5, 0, 6]])
def test_nothing_swaps_with_padding(row):
    x = np.tile(np.array(row, "int32"), (50, 1))
    np.testing.assert_array_equal(TokenSwap(0.9, seed=0)(x, training=True), x)


def test_rate_of_1_is_refused():
    with pytest.raises(ValueError, match=r"^`TokenSwap`: `rate` must be in \[0, 1\)"):
        TokenSwap(1)
