"""GatedFusion: gates over hidden units."""

import numpy as np
import pytest

from mmkeras.fusion import GatedFusion


def hidden_units(fusion, inputs):
    kernels = [layer.get_weights() for layer in fusion.hidden]
    pairs = zip(sorted(inputs), kernels, strict=True)
    return [np.tanh(inputs[name] @ w + b) for name, (w, b) in pairs]


def test_gates_are_a_softmax_over_who_is_present(three, present, counts):
    three["b"] = three["b"][:, :2]  # Widths may differ.
    fusion = GatedFusion(units=5)
    found = fusion(three, present=present)
    hidden = np.stack(hidden_units(fusion, three), axis=1)
    zeroed = [three[name] * counts[:, i, None] for i, name in enumerate("abc")]
    kernel, bias = fusion.gates.get_weights()
    scores = (np.concatenate(zeroed, axis=1) @ kernel + bias).reshape(5, 3, 5)
    gates = counts[:, :, None] * np.exp(scores)
    gates /= gates.sum(axis=1, keepdims=True)
    expected = (gates * hidden).sum(axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-5)  # float32 rounding


def test_two_gates_are_one_sigmoid(three):
    del three["c"]
    fusion = GatedFusion(units=5)
    found = fusion(three)
    one, other = hidden_units(fusion, three)
    kernel, bias = fusion.gates.get_weights()
    x = np.concatenate([three["a"], three["b"]], axis=1)
    score = x @ (kernel[:, :5] - kernel[:, 5:]) + bias[:5] - bias[5:]
    z = 1 / (1 + np.exp(-score))
    expected = z * one + (1 - z) * other
    np.testing.assert_allclose(found, expected, atol=1e-5)  # float32 rounding


def test_the_only_modality_has_no_gate(three):
    fusion = GatedFusion(units=5)
    found = fusion({"a": three["a"]})
    (expected,) = hidden_units(fusion, {"a": three["a"]})
    np.testing.assert_allclose(found, expected, atol=1e-6)  # float32 rounding


@pytest.mark.parametrize(
    ("units", "error"), [(0, ValueError), (2.5, TypeError), (True, TypeError)]
)
def test_wrong_units_are_one_sentence(units, error):
    with pytest.raises(error, match=r"^`GatedFusion`: `units` must be"):
        GatedFusion(units)
