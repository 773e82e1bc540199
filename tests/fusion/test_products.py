"""What all fusions by products keep: finite at 0, in range, weights of their own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mmkeras import fusion
from mmkeras.fusion._products import normalize_power

FUSIONS = [
    fusion.BlockFusion,
    fusion.CompactBilinear,
    fusion.LowRankTensorFusion,
    fusion.MFB,
    fusion.MLB,
    fusion.MUTAN,
    fusion.MultiplicativeInteractions,
    fusion.TensorFusion,
]
# The two slopes at 0, 100 each, times weights of about 1.
STEEPEST = 1e5

each_fusion = pytest.mark.parametrize("fusion_class", FUSIONS)


def normal(rows, width, seed):
    return np.random.default_rng(seed).normal(size=(rows, width)).astype("float32")


@each_fusion
@pytest.mark.parametrize("names", ["a", "ab"])
@pytest.mark.parametrize("zeros", ["a", "ab"])
def test_outputs_and_gradients_are_finite_at_zero(fusion_class, names, zeros):
    keras.utils.set_random_seed(0)
    layer = fusion_class()
    inputs = {n: tf.constant(normal(2, 3, 0) * (n not in zeros)) for n in names}
    layer(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
        total = tf.reduce_sum(outputs * normal(*outputs.shape, 1))
    variables = [variable.value for variable in layer.trainable_variables]
    gradients = tape.gradient(total, [inputs, variables])
    for found in (outputs, *keras.tree.flatten(gradients)):
        assert np.all(np.isfinite(found))
        assert np.max(np.abs(found)) < STEEPEST


@each_fusion
@pytest.mark.parametrize("modalities", [2, 4])
def test_outputs_start_in_a_sane_range(fusion_class, modalities):
    """Of inputs of variance 1 neither lost nor blown up, on average."""
    keras.utils.set_random_seed(0)
    inputs = {str(m): normal(200, 9, m) for m in range(modalities)}
    outputs = fusion_class()(inputs).numpy()
    assert 0.02 < np.std(outputs) < 2


@each_fusion
@pytest.mark.parametrize("policy", ["mixed_float16", "bfloat16"])
def test_half_precision_gives_what_it_should(fusion_class, policy):
    inputs = {"a": normal(4, 6, 0), "b": normal(4, 6, 1)}
    layer = fusion_class(dtype=policy)
    present = {"b": np.array([True, False, True, True])}
    outputs = layer(inputs, present=present)
    assert outputs.dtype == layer.compute_dtype
    assert np.all(np.isfinite(keras.ops.convert_to_numpy(outputs).astype("float32")))


@each_fusion
def test_modalities_of_one_width_start_with_weights_of_their_own(fusion_class):
    layer = fusion_class()
    layer({"a": normal(2, 4, 0), "b": normal(2, 4, 1)})
    kernels = [w for w in layer.get_weights() if w.ndim > 1]
    for position, one in enumerate(kernels):
        for other in kernels[:position]:
            assert one.shape != other.shape or np.any(one != other)


def test_normalized_power_is_the_signed_root_of_length_one():
    x = normal(3, 50, 0)
    root = np.sign(x) * np.sqrt(np.abs(x))
    expected = root / np.linalg.norm(root, axis=1, keepdims=True)
    # Smoothing moves a root by at most 0.004 (at 0.0001), of a length of 6.
    np.testing.assert_allclose(normalize_power(x), expected, atol=2e-3)
