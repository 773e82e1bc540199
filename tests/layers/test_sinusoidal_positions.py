"""Positions as in the paper, number by number."""

import math

import numpy as np
import pytest

from mmkeras.layers import SinusoidalPositions

# float32: an angle of t radians is wrong by up to t * 6e-8.
ROUNDING = 1e-7


def position(token, column, dim):
    angle = token / 10_000 ** (2 * (column // 2) / dim)
    return math.cos(angle) if column % 2 else math.sin(angle)


@pytest.mark.parametrize(("tokens", "dim"), [(1, 2), (60, 8), (7, 5), (2000, 4)])
def test_is_the_formula(tokens, dim):
    expected = [[position(t, j, dim) for j in range(dim)] for t in range(tokens)]
    y = SinusoidalPositions()(np.zeros((1, tokens, dim)))[0]
    np.testing.assert_allclose(y, expected, atol=ROUNDING * max(tokens, 10))


def test_is_added_to_the_tokens():
    x = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")
    layer = SinusoidalPositions()
    np.testing.assert_array_equal(layer(x), x + layer(np.zeros((1, 5, 4))))


def test_has_no_weights_and_reads_any_length():
    layer = SinusoidalPositions()
    long = layer(np.zeros((1, 300, 4))).numpy()
    np.testing.assert_allclose(layer(np.zeros((1, 30, 4))), long[:, :30], atol=1e-6)
    assert not layer.weights


def test_half_precision_counts_on():
    y = SinusoidalPositions(dtype="bfloat16")(np.zeros((1, 400, 2)))
    # bfloat16 has 8 bits; tokens 256 and 257 would be one.
    assert abs(float(y[0, 257, 0]) - math.sin(257)) < 1e-2


@pytest.mark.parametrize("shape", [(2, 4), (2, 3, None), (2, 3, 4, 5)])
def test_refuses_what_is_no_sequence(shape):
    with pytest.raises(ValueError, match="Embed the ids first"):
        SinusoidalPositions().build(shape)
