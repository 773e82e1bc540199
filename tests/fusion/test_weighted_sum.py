"""WeightedSum: one learned number a modality."""

import numpy as np
import pytest

from mmkeras.fusion import WeightedSum

SCALES = np.array([1.5, -0.5, 0.25], "float32")


def with_scales(normalize, inputs):
    fusion = WeightedSum(normalize)
    fusion(inputs)
    fusion.scales.assign(SCALES)
    return fusion


def test_softmax_weights_are_of_who_is_present(three, present, counts):
    x = np.stack([three[name] for name in "abc"], axis=1)
    weights = counts * np.exp(SCALES)
    weights /= weights.sum(1, keepdims=True)
    found = with_scales("softmax", three)(three, present=present)
    expected = np.einsum("bm,bmd->bd", weights, x)
    np.testing.assert_allclose(found, expected, atol=1e-6)  # float32 rounding


def test_plain_weights_are_rescaled_to_all(three, present, counts):
    x = np.stack([three[name] for name in "abc"], axis=1)
    weights = counts * SCALES * 3 / counts.sum(1, keepdims=True)
    found = with_scales("none", three)(three, present=present)
    expected = np.einsum("bm,bmd->bd", weights, x)
    np.testing.assert_allclose(found, expected, atol=1e-6)  # float32 rounding


@pytest.mark.parametrize("normalize", ["softmax", "none"])
def test_it_starts_as_the_mean(normalize, three):
    expected = np.mean([three[name] for name in "abc"], axis=0)
    found = WeightedSum(normalize)(three)
    np.testing.assert_allclose(found, expected, atol=1e-6)  # float32 rounding


def test_weights_are_read_by_name(three):
    plain = with_scales("none", three).modality_weights()
    assert plain == {"a": 1.5, "b": -0.5, "c": 0.25}
    soft = with_scales("softmax", three).modality_weights()
    assert list(soft) == ["a", "b", "c"]
    expected = np.exp(SCALES) / np.exp(SCALES).sum()
    np.testing.assert_allclose(list(soft.values()), expected, rtol=1e-6)


def test_the_only_modality_has_weight_one(three):
    fusion = WeightedSum()
    fusion({"a": three["a"]})
    assert fusion.modality_weights() == {"a": 1.0}
    assert not fusion.trainable_variables


def test_weights_of_a_layer_never_called_are_refused():
    with pytest.raises(ValueError, match=r"^`WeightedSum`: .*Call the layer"):
        WeightedSum().modality_weights()


def test_unknown_normalize_is_one_sentence():
    with pytest.raises(ValueError, match="Did you mean 'softmax'"):
        WeightedSum("softmx")
