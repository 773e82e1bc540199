"""MUTAN: a Tucker decomposition with a core of low rank."""

import numpy as np

from mmkeras.fusion import MUTAN

UNITS, HIDDEN, RANK = 5, 6, 3
# Sums of some tens of products in float32.
TOLERANCE = 1e-5


def sum_of_products(layer, inputs, counts):
    weights = layer.get_weights()
    product = np.ones((RANK, 5, UNITS))
    for m, name in enumerate("abc"):
        inner, factor = weights[m], weights[3 + m].reshape(HIDDEN, UNITS, RANK)
        found = np.einsum("nh,hur->rnu", np.tanh(inputs[name] @ inner), factor)
        product *= np.where(counts[:, [m]], found, 1)
    return product.sum(axis=0)


def test_it_is_the_sum_of_products(uneven):
    layer = MUTAN(UNITS, HIDDEN, RANK)
    found = layer(uneven)
    expected = sum_of_products(layer, uneven, np.ones((5, 3)))
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_absent_factor_is_one(uneven, present, counts):
    layer = MUTAN(UNITS, HIDDEN, RANK)
    found = layer(uneven, present=present)
    expected = sum_of_products(layer, uneven, counts)
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_of_two_it_is_a_bilinear_form_with_a_core_of_that_rank(uneven):
    pair = {"a": uneven["a"], "b": uneven["b"]}
    layer = MUTAN(UNITS, HIDDEN, RANK)
    found = layer(pair)
    inner_a, inner_b, *factors = layer.get_weights()
    one, other = (m.reshape(HIDDEN, UNITS, RANK) for m in factors)
    core = np.einsum("iur,jur->iju", one, other)
    x, z = np.tanh(pair["a"] @ inner_a), np.tanh(pair["b"] @ inner_b)
    expected = np.einsum("ni,iju,nj->nu", x, core, z)
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)
    assert np.linalg.matrix_rank(core[:, :, 0]) == RANK
