"""TransformerBlock: the formula, what is seen and what is not."""

import keras
import numpy as np
import pytest

from mmkeras.layers import TransformerBlock

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(3, 4, 8)).astype("float32")
CONTEXT = RANDOM.normal(size=(3, 5, 6)).astype("float32")
# Sums of some tens of float32 products, against float64.
TOLERANCE = 1e-5


def made(numpy_transformer, *arguments, context=None, **keywords):
    block = TransformerBlock(*arguments, **keywords)
    block.build(X.shape, None if context is None else context.shape)
    numpy_transformer.randomize(block)
    return block


@pytest.mark.parametrize("arguments", [(1,), (2,), (4, 5)])
def test_tokens_attend_to_each_other(numpy_transformer, arguments):
    block = made(numpy_transformer, *arguments)
    expected = numpy_transformer.block(block, X)
    np.testing.assert_allclose(block(X), expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_masked_keys_are_not_seen(numpy_transformer):
    block = made(numpy_transformer, 2)
    mask = np.arange(4) < np.array([[4], [2], [1]])
    expected = numpy_transformer.block(block, X, mask=mask)
    found = block(X, key_mask=mask)
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_tokens_attend_to_a_context_of_another_width(numpy_transformer):
    block = made(numpy_transformer, 2, context=CONTEXT)
    mask = np.arange(5) != np.array([[0], [3], [9]])
    expected = numpy_transformer.block(block, X, CONTEXT, mask)
    found = block(X, context=CONTEXT, key_mask=mask)
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_where_no_key_is_seen_attention_adds_nothing(numpy_transformer):
    block = made(numpy_transformer, 2, context=CONTEXT)
    mask = np.ones((3, 5), bool)
    mask[1] = False
    expected = numpy_transformer.block(block, X, CONTEXT, mask)
    found = block(X, context=CONTEXT, key_mask=mask)
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)
    np.testing.assert_array_equal(
        block(X, context=9 * CONTEXT, key_mask=mask)[1], found[1]
    )


@pytest.mark.parametrize("mask", [None, np.array([[True], [False], [True]])])
def test_one_key_is_seen_wholly_or_not_at_all(numpy_transformer, mask):
    # With dropout Keras takes another way, which warns of a softmax over one key.
    one = CONTEXT[:, :1]
    block = made(numpy_transformer, 2, dropout=0.5, context=one)
    expected = numpy_transformer.block(block, X, one, mask)
    found = block(X, context=one, key_mask=mask)
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_dropout_is_of_training_alone():
    block = TransformerBlock(2, dropout=0.5)
    np.testing.assert_array_equal(block(X), block(X, training=False))
    assert np.abs(np.array(block(X, training=True)) - block(X)).max() > 0.01


def test_model_with_a_context_of_any_length_is_saved_exactly(tmp_path):
    shapes = {"x": (None, 8), "context": (None, 6)}
    inputs = {name: keras.Input(shape, name=name) for name, shape in shapes.items()}
    inputs["mask"] = keras.Input((None,), dtype="bool", name="mask")
    y = TransformerBlock(2)(
        inputs["x"], context=inputs["context"], key_mask=inputs["mask"]
    )
    assert y.shape == (None, None, 8)
    model = keras.Model(inputs, y)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    batch = {"x": X, "context": CONTEXT, "mask": np.arange(5) < [[5], [2], [0]]}
    np.testing.assert_array_equal(again(batch), model(batch))


WRONG = [
    ({"num_heads": 0}, ValueError, "`num_heads` must be at least 1"),
    ({"num_heads": 2.0}, TypeError, "`num_heads` must be a whole number"),
    ({"mlp_dim": 0}, ValueError, "`mlp_dim` must be at least 1"),
    ({"dropout": 1}, ValueError, r"`dropout` must be in \[0, 1\)"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG)
def test_wrong_arguments_are_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`TransformerBlock`: {message}"):
        TransformerBlock(**arguments)


@pytest.mark.parametrize("shape", [(3, 4, 6), (3, 8), (3, 4, None)])
def test_width_that_the_heads_do_not_divide_is_refused(shape):
    with pytest.raises(ValueError, match=r"num_heads=4.*Change the width"):
        TransformerBlock(4).build(shape)
