"""The residual block against NumPy."""

import keras
import numpy as np
import pytest

from mmkeras.encoders._residual_block import ResidualBlock

GRIDS = np.random.default_rng(0).normal(size=(2, 5, 6, 3)).astype("float32")


def convolve(x, kernel, strides):
    """As padding="same" does for an odd kernel: zeros around, more of them behind."""
    height, width = x.shape[1:3]
    size = kernel.shape[0]
    rows, columns = -(-height // strides), -(-width // strides)
    before, behind = [], []
    for length, count in ((height, rows), (width, columns)):
        missing = max((count - 1) * strides + size - length, 0)
        before.append(missing // 2)
        behind.append(missing - missing // 2)
    around = [(0, 0), *zip(before, behind, strict=True), (0, 0)]
    x = np.pad(x.astype("float64"), around)
    y = np.zeros((len(x), rows, columns, kernel.shape[-1]))
    for row in range(rows):
        for column in range(columns):
            top, left = row * strides, column * strides
            window = x[:, top : top + size, left : left + size]
            y[:, row, column] = np.einsum("bhwc,hwcf->bf", window, kernel)
    return y


def normalize(x, weights):
    gamma, beta, mean, variance = weights
    return gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta


def built(filters, strides):
    block = ResidualBlock(filters, strides)
    block(GRIDS)
    random = np.random.default_rng(1)
    # Variances too: none is below 0.
    block.set_weights([random.random(w.shape) + 0.1 for w in block.weights])
    return block


@pytest.mark.parametrize(("filters", "strides"), [(3, 1), (4, 1), (3, 2), (5, 2)])
def test_equals_numpy(filters, strides):
    block = built(filters, strides)
    conv_1, norm_1, _, conv_2, norm_2 = block.residual
    x = convolve(GRIDS, conv_1.get_weights()[0], strides)
    x = np.maximum(normalize(x, norm_1.get_weights()), 0)
    x = normalize(convolve(x, conv_2.get_weights()[0], 1), norm_2.get_weights())
    around = GRIDS
    if block.shortcut:
        conv, norm = block.shortcut
        around = convolve(GRIDS, conv.get_weights()[0], strides)
        around = normalize(around, norm.get_weights())
    expected = np.maximum(x + around, 0)
    # float32 sums of up to 45 terms, twice.
    np.testing.assert_allclose(block(GRIDS), expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    ("filters", "strides", "projected"), [(3, 1, False), (4, 1, True), (3, 2, True)]
)
def test_shortcut_is_projected_where_the_shape_changes(filters, strides, projected):
    assert bool(built(filters, strides).shortcut) is projected


@pytest.mark.parametrize("strides", [1, 2])
def test_shape_is_known_beforehand(strides):
    block = built(4, strides)
    assert block.compute_output_shape(GRIDS.shape) == block(GRIDS).shape
    unknown = block.compute_output_shape((None, None, 6, 3))
    assert unknown == (None, None, 6 // strides, 4)


def test_training_normalises_by_the_batch():
    block = ResidualBlock(4, 2)
    model = keras.Sequential([block])
    model(GRIDS, training=True)
    for layer in (block.residual[1], block.residual[4], block.shortcut[1]):
        assert np.any(layer.moving_mean.numpy() != 0)
