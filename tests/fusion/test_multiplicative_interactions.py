"""MultiplicativeInteractions: the full bilinear form, folded."""

import numpy as np

from mmkeras.fusion import MultiplicativeInteractions

UNITS = 5
# Sums of some tens of products in float32.
TOLERANCE = 1e-5


def built(inputs):
    layer = MultiplicativeInteractions(UNITS)
    layer(inputs)
    for linear in layer.linear:
        linear.bias.assign(np.arange(UNITS, dtype="float32"))
    return layer


def form(linear, bilinear, x, z):
    """`x^T W z + U x + V z + b`, with its own W, U and V."""
    kernel, bias = linear.get_weights()
    (w,) = bilinear.get_weights()
    w = w.reshape(x.shape[1], z.shape[1], UNITS)
    u, v = kernel[: x.shape[1]], kernel[x.shape[1] :]
    return np.einsum("ni,iju,nj->nu", x, w, z) + x @ u + z @ v + bias


def folded(layer, inputs, counts):
    x, *others = (inputs[name] * counts[:, [m]] for m, name in enumerate("abc"))
    for linear, bilinear, z in zip(layer.linear, layer.bilinear, others, strict=True):
        x = form(linear, bilinear, x, z)
    return x


def test_of_two_it_is_the_bilinear_form(uneven):
    pair = {"a": uneven["a"], "b": uneven["b"]}
    layer = built(pair)
    expected = form(layer.linear[0], layer.bilinear[0], pair["a"], pair["b"])
    np.testing.assert_allclose(layer(pair), expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_of_three_the_form_of_two_meets_the_third(uneven):
    layer = built(uneven)
    expected = folded(layer, uneven, np.ones((5, 3)))
    np.testing.assert_allclose(layer(uneven), expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_of_one_it_is_a_dense_layer(uneven):
    layer = built({"a": uneven["a"]})
    kernel, bias = layer.get_weights()
    expected = uneven["a"] @ kernel + bias
    found = layer({"a": uneven["a"]})
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_absent_embedding_is_zero(uneven, present, counts):
    layer = built(uneven)
    found = layer(uneven, present=present)
    expected = folded(layer, uneven, counts)
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)
