"""MLPFusion: dense layers over all."""

import numpy as np
import pytest

from mmkeras.fusion import MLPFusion


def test_layers_follow_the_concatenation(three):
    three["b"] = three["b"][:, :2]  # Widths may differ.
    fusion = MLPFusion((6, 5))
    found = fusion(three)
    y = np.concatenate([three[name] for name in "abc"], axis=1)
    for layer in fusion.hidden:
        kernel, bias = layer.get_weights()
        y = np.maximum(y @ kernel + bias, 0)
    np.testing.assert_allclose(found, y, atol=1e-5)  # float32 rounding
    assert found.shape == (5, 5)


def test_dropout_is_of_training_alone(three):
    fusion = MLPFusion((50,), dropout=0.5)
    at_rest = np.asarray(fusion(three))
    np.testing.assert_array_equal(fusion(three, training=False), at_rest)
    trained = np.asarray(fusion(three, training=True))
    kept = trained != 0
    assert 0.2 < kept[at_rest > 0].mean() < 0.8
    # Inverted dropout: what is left is doubled.
    np.testing.assert_allclose(trained[kept], 2 * at_rest[kept], rtol=1e-5)


WRONG = [
    ({"units": ()}, ValueError, "`units` must be one number or more"),
    ({"units": 5}, TypeError, "`units` must be a list or tuple"),
    ({"units": (5, 0)}, ValueError, "`units` must be at least 1"),
    ({"dropout": 1.0}, ValueError, r"`dropout` must be in \[0, 1\)"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG)
def test_wrong_arguments_are_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`MLPFusion`: {message}"):
        MLPFusion(**arguments)
