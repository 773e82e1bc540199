"""Concat: side by side, by name."""

import keras
import numpy as np
import pytest

from mmkeras.fusion import Concat

RANDOM = np.random.default_rng(0)
A = RANDOM.normal(size=(4, 3)).astype("float32")
B = RANDOM.normal(size=(4, 2)).astype("float32")


def test_embeddings_stand_in_order_of_their_names():
    found = Concat()({"b": B, "a": A})
    np.testing.assert_array_equal(found, np.concatenate([A, B], axis=1))


def test_one_embedding_passes_as_it_is():
    np.testing.assert_array_equal(Concat()({"a": A}), A)


def test_symbolic_shape_is_the_real_one():
    shapes = {"b": (None, 2), "a": (None, 3)}
    symbols = {name: keras.Input(shape[1:]) for name, shape in shapes.items()}
    assert Concat()(symbols).shape == (None, 5)


WRONG = [
    (lambda: {"a": A, "t": np.zeros((4, 5, 2))}, ValueError, r"inputs\['t'\].*Pool"),
    (lambda: {"a": np.zeros(4)}, ValueError, r"inputs\['a'\].*\(batch, dim\)"),
    (lambda: A, TypeError, "a dict of embeddings by name"),
    (lambda: [A, B], TypeError, "a dict of embeddings by name"),
    (lambda: {}, TypeError, "a dict of embeddings by name"),
]


@pytest.mark.parametrize(("make", "error", "message"), WRONG)
def test_wrong_inputs_are_one_sentence(make, error, message):
    with pytest.raises(error, match=f"^`Concat`: .*{message}"):
        Concat()(make())
