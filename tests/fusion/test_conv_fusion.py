"""ConvFusion: embeddings as channels."""

import numpy as np
import pytest

from mmkeras.fusion import ConvFusion


def test_channels_are_convolved_along_the_features(three, present, counts):
    fusion = ConvFusion(filters=2, kernel_size=3)
    found = fusion(three, present=present)
    kernel, bias = fusion.convolution.get_weights()  # (3, modalities, filters)
    x = np.stack([three[name] for name in "abc"], axis=2)  # (batch, dim, modalities)
    x = x * (counts * 3 / counts.sum(1, keepdims=True))[:, None]
    padded = np.pad(x, ((0, 0), (1, 1), (0, 0)))
    rows = [np.einsum("bkm,kmf->bf", padded[:, d : d + 3], kernel) for d in range(4)]
    expected = np.maximum(np.stack(rows, axis=1) + bias, 0).reshape(5, 8)
    np.testing.assert_allclose(found, expected, atol=1e-5)  # float32 rounding


def test_kernel_may_be_wider_than_the_embedding(three):
    assert ConvFusion(filters=2, kernel_size=9)(three).shape == (5, 8)


@pytest.mark.parametrize("argument", ["filters", "kernel_size"])
def test_wrong_argument_is_one_sentence(argument):
    with pytest.raises(ValueError, match=f"^`ConvFusion`: `{argument}` must be"):
        ConvFusion(**{argument: 0})
