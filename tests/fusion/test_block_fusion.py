"""BlockFusion: bilinear forms between aligned chunks."""

import numpy as np
import pytest

from mmkeras.fusion import BlockFusion

UNITS, HIDDEN, CHUNKS, RANK = 5, 6, 3, 4
SIZE = HIDDEN // CHUNKS
# Sums of some tens of products in float32.
TOLERANCE = 1e-5


def blocks(layer, inputs, counts):
    *weights, output = layer.get_weights()
    chunks = []
    for c in range(CHUNKS):
        product = np.ones((RANK, 5, SIZE))
        for m, name in enumerate("abc"):
            piece = (inputs[name] @ weights[m])[:, c * SIZE : (c + 1) * SIZE]
            factor = weights[3 + m][c].reshape(SIZE, SIZE, RANK)
            found = np.einsum("ni,ijr->rnj", piece, factor)
            product *= np.where(counts[:, [m]], found, 1)
        chunks.append(product.sum(axis=0))
    return np.concatenate(chunks, axis=1) @ output


def test_it_is_the_formula(uneven):
    layer = BlockFusion(UNITS, HIDDEN, CHUNKS, RANK)
    found = layer(uneven)
    expected = blocks(layer, uneven, np.ones((5, 3)))
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_absent_factor_is_one(uneven, present, counts):
    layer = BlockFusion(UNITS, HIDDEN, CHUNKS, RANK)
    found = layer(uneven, present=present)
    expected = blocks(layer, uneven, counts)
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_width_that_the_chunks_do_not_divide_is_refused():
    with pytest.raises(ValueError, match=r"multiple of chunks=4.*hidden_dim=12\.$"):
        BlockFusion(hidden_dim=10, chunks=4)
