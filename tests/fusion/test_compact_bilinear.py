"""CompactBilinear: a sketch of the outer product."""

import numpy as np
import pytest
import tensorflow as tf

from mmkeras.fusion import CompactBilinear

# The transform's rounding, 1e-6, times the root's slope at 0, 100.
TOLERANCE = 1e-4


def sketch(row, units, seed, there=(1, 1, 1)):
    """Of one row's outer product, by entry: signs multiply, hashes add up."""
    random = np.random.RandomState(seed)
    hashes, signs, products = np.zeros(1, int), np.ones(1), np.ones(1)
    for x, counts in zip(row, there, strict=True):
        h = random.randint(units, size=len(x), dtype="int32")
        s = random.randint(2, size=len(x), dtype="int32") * 2 - 1
        if counts:
            hashes = np.add.outer(hashes, h).reshape(-1)
            signs = np.multiply.outer(signs, s).reshape(-1)
            products = np.multiply.outer(products, x).reshape(-1)
    return np.bincount(hashes % units, signs * products, units)


def normalized(x):
    root = x / np.sqrt(np.abs(x) + 1e-4)
    return root / np.sqrt(np.sum(root**2) + 1e-4)


def rows_of(inputs):
    return zip(*(inputs[n].astype("float64") for n in sorted(inputs)), strict=True)


@pytest.mark.parametrize("units", [16, 15, 1])
def test_it_is_the_sketch_of_the_outer_product(uneven, units):
    found = CompactBilinear(units, seed=3)(uneven)
    expected = [normalized(sketch(row, units, 3)) for row in rows_of(uneven)]
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_absent_embedding_is_left_out_of_the_product(uneven, present, counts):
    found = CompactBilinear(16)(uneven, present=present)
    expected = [
        normalized(sketch(row, 16, 0, there))
        for row, there in zip(rows_of(uneven), counts, strict=True)
    ]
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_seed_is_all_that_decides(uneven):
    once = CompactBilinear(64, seed=1)(uneven)
    np.testing.assert_array_equal(CompactBilinear(64, seed=1)(uneven), once)
    assert np.max(np.abs(CompactBilinear(64, seed=2)(uneven) - once)) > 0.1


def test_without_projection_there_are_no_weights(uneven):
    layer = CompactBilinear(8)
    layer(uneven)
    assert layer.weights == []


def test_gradient_through_the_transform_is_exact_under_xla(uneven):
    layer = CompactBilinear(15)
    weights = np.random.default_rng(0).normal(size=(5, 15)).astype("float32")

    @tf.function(jit_compile=True, autograph=False)
    def gradient(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            total = tf.reduce_sum(layer(inputs) * weights)
        return tape.gradient(total, inputs["a"])

    def total(a):
        rows = rows_of({**uneven, "a": a})
        found = [normalized(sketch(row, 15, 0)) for row in rows]
        return np.sum(found * weights)

    tensors = {name: tf.constant(x) for name, x in uneven.items()}
    found = gradient(tensors).numpy()
    step = 1e-6
    for row, column in np.ndindex(found.shape):
        nudge = np.zeros(found.shape)
        nudge[row, column] = step
        slope = (total(uneven["a"] + nudge) - total(uneven["a"] - nudge)) / (2 * step)
        # float32, times the root's slope.
        assert found[row, column] == pytest.approx(slope, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"units": 0}, ValueError, "`units` must be at least 1"),
        ({"seed": 1.5}, TypeError, "`seed` must be a whole number"),
        ({"seed": -1}, ValueError, r"`seed` must be in \[0, 2\*\*32\)"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=f"^`CompactBilinear`: {message}"):
        CompactBilinear(**arguments)
