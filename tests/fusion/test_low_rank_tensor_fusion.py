"""LowRankTensorFusion: the tensor's dense layer, factored."""

import numpy as np
import pytest

from mmkeras.fusion import LowRankTensorFusion, TensorFusion

UNITS, RANK = 5, 3
# Sums of some tens of products in float32.
TOLERANCE = 1e-5


def built(inputs):
    layer = LowRankTensorFusion(UNITS, RANK)
    layer(inputs)
    layer.bias.assign(np.arange(UNITS, dtype="float32"))
    return layer


def low_rank(layer, inputs, counts):
    bias, *weights = layer.get_weights()
    total = bias.astype("float64")
    for r in range(RANK):
        term = 1.0
        for m, (name, w) in enumerate(zip("abc", weights, strict=True)):
            w = w.reshape(-1, UNITS, RANK)[:, :, r]
            term = term * (inputs[name] * counts[:, [m]] @ w[:-1] + w[-1])
        total = total + term
    return total


def test_it_is_the_sum_of_products(uneven):
    layer = built(uneven)
    expected = low_rank(layer, uneven, np.ones((5, 3)))
    np.testing.assert_allclose(layer(uneven), expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_absent_embedding_is_zero_and_its_one_stays(uneven, present, counts):
    layer = built(uneven)
    found = layer(uneven, present=present)
    expected = low_rank(layer, uneven, counts)
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_it_is_a_dense_layer_on_the_tensor(uneven):
    layer = built(uneven)
    bias, *weights = layer.get_weights()
    a, b, c = (w.reshape(-1, UNITS, RANK) for w in weights)
    kernel = np.einsum("iur,jur,kur->ijku", a, b, c).reshape(-1, UNITS)
    expected = TensorFusion()(uneven).numpy() @ kernel + bias
    np.testing.assert_allclose(layer(uneven), expected, rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rank": 0}, ValueError, "`LowRankTensorFusion`: `rank` must be at least 1"),
        ({"units": 2.5}, TypeError, "`units` must be a whole number"),
        ({"project_dim": 4}, TypeError, "project_dim"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        LowRankTensorFusion(**arguments)
