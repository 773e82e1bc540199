"""FiLM: one embedding, modulated by the others."""

import keras
import numpy as np
import pytest

from mmkeras.fusion import FiLM


@pytest.mark.parametrize(("feature", "named"), [(None, "a"), ("b", "b")])
def test_feature_is_scaled_and_shifted_by_the_others(feature, named, three):
    three["b"] = three["b"][:, :2]  # Widths may differ.
    fusion = FiLM(feature)
    found = fusion(three)
    kernel, bias = fusion.modulation.get_weights()
    z = np.concatenate([three[n] for n in "abc" if n != named], axis=1)
    gamma, beta = np.split(z @ kernel + bias, 2, axis=1)
    expected = (1 + gamma) * three[named] + beta
    np.testing.assert_allclose(found, expected, atol=1e-6)  # float32 rounding


def test_it_starts_near_the_feature(three):
    keras.utils.set_random_seed(0)
    moved = np.abs(FiLM("c")(three) - three["c"]).mean()
    # Glorot's weights, a tenth as large, make about 0.1 of conditions of size 1.
    assert 0 < moved < 0.2


def test_the_only_modality_passes_as_it_is(three):
    np.testing.assert_array_equal(FiLM()({"a": three["a"]}), three["a"])


def test_unknown_feature_is_one_sentence():
    inputs = {"image": np.zeros((2, 3)), "sound": np.zeros((2, 3))}
    with pytest.raises(ValueError, match=r"^`FiLM`: `feature`.*Did you mean 'image'"):
        FiLM("imag")(inputs)
