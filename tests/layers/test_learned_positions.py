"""LearnedPositions: a vector a position, added."""

import numpy as np
import pytest

from mmkeras.layers import LearnedPositions

TOKENS = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")


def test_adds_a_vector_to_each_position():
    layer = LearnedPositions()
    found = layer(TOKENS).numpy()
    np.testing.assert_array_equal(found, TOKENS + layer.get_weights()[0])


def test_vectors_are_small_and_differ_at_first():
    layer = LearnedPositions()
    layer.build((None, 300, 64))
    positions = layer.get_weights()[0]
    # Cut at two deviations, of which .88 is left; a sample's within a percent.
    assert positions.std() == pytest.approx(0.88 * 0.02, rel=0.02)
    assert len(np.unique(positions, axis=0)) == 300


@pytest.mark.parametrize(
    "shape", [(None, None, 4), (None, 5, None), (None, 0, 4), (None, 4)]
)
def test_unknown_size_is_refused(shape):
    with pytest.raises(ValueError, match="Give the model's input a fixed size"):
        LearnedPositions().build(shape)


@pytest.mark.parametrize("tokens", [1, 5])
def test_other_number_of_tokens_is_refused(tokens):
    layer = LearnedPositions()
    layer(TOKENS[:, :tokens])
    with pytest.raises(ValueError, match="expected axis 1"):
        layer(TOKENS[:, :3])
