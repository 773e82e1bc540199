"""AttentionFusion: weights that depend on the row."""

import keras
import numpy as np
import pytest

from mmkeras.fusion import AttentionFusion


def expected_weights(fusion, inputs, counts):
    v = fusion.score.get_weights()[0]
    scores = []
    for name, layer in zip("abc", fusion.hidden, strict=True):
        kernel, bias = layer.get_weights()
        scores.append(np.tanh(inputs[name] @ kernel + bias) @ v)
    weights = counts * np.exp(np.concatenate(scores, axis=1))
    return weights / weights.sum(axis=1, keepdims=True)


def test_weights_are_a_softmax_over_who_is_present(three, present, counts):
    fusion = AttentionFusion(units=6)
    found = fusion(three, present=present)
    weights = expected_weights(fusion, three, counts)
    x = np.stack([three[name] for name in "abc"], axis=1)
    expected = np.einsum("bm,bmd->bd", weights, x)
    np.testing.assert_allclose(found, expected, atol=1e-5)  # float32 rounding


def test_weights_can_be_read(three, present, counts):
    fusion = AttentionFusion(units=6)
    fusion(three)
    found = fusion.attention(three, present=present)
    expected = expected_weights(fusion, three, counts)
    np.testing.assert_allclose(found, expected, atol=1e-6)  # float32 rounding


def test_weights_can_be_an_output_of_a_model(three):
    symbols = {name: keras.Input((4,), name=name) for name in three}
    fusion = AttentionFusion(units=6)
    fused = fusion(symbols)
    model = keras.Model(symbols, {"y": fused, "a": fusion.attention(symbols)})
    found = model(three)
    assert found["a"].shape == (5, 3)
    np.testing.assert_array_equal(found["a"], fusion.attention(three))


def test_the_only_modality_has_weight_one(three):
    fusion = AttentionFusion()
    only = {"a": three["a"]}
    np.testing.assert_array_equal(fusion(only), three["a"])
    np.testing.assert_array_equal(fusion.attention(only), np.ones((5, 1)))


def test_weights_of_a_layer_never_called_are_refused(three):
    with pytest.raises(ValueError, match=r"^`AttentionFusion`: .*Call the layer"):
        AttentionFusion().attention(three)


def test_wrong_units_are_one_sentence():
    with pytest.raises(ValueError, match=r"^`AttentionFusion`: `units` must be"):
        AttentionFusion(0)
