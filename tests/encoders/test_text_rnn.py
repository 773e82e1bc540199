"""text_rnn: padding changes nothing, whatever the cell."""

import keras
import numpy as np
import pytest

from mmkeras.encoders import text_rnn

IDS = np.array([[5, 7, 9, 0, 0], [1, 0, 0, 0, 0], [3, 3, 4, 6, 2]])
# One batch shape and another: float32 products in another order.
ROUNDING = 1e-6

cells = pytest.mark.parametrize("cell", ["lstm", "gru", "simple"])
ways = pytest.mark.parametrize("bidirectional", [False, True])


@cells
@ways
def test_width_follows_the_options(cell, bidirectional):
    encoder = text_rnn(20, 6, 4, cell, bidirectional)
    assert encoder(IDS).shape == (3, 8 if bidirectional else 4)


@cells
@ways
def test_more_padding_changes_nothing(cell, bidirectional):
    encoder = text_rnn(20, 6, 4, cell, bidirectional)
    wider = np.pad(IDS, ((0, 0), (0, 9)))
    np.testing.assert_allclose(encoder(wider), encoder(IDS), atol=ROUNDING)


@cells
@ways
def test_row_equals_itself_without_padding(cell, bidirectional):
    encoder = text_rnn(20, 6, 4, cell, bidirectional)
    together = encoder(IDS).numpy()
    for row, ids in enumerate(IDS):
        alone = encoder(ids[None, ids != 0])
        np.testing.assert_allclose(together[row : row + 1], alone, atol=ROUNDING)


@cells
@ways
def test_equals_plain_keras_layers_of_the_same_weights(cell, bidirectional):
    encoder = text_rnn(20, 6, 4, cell, bidirectional)
    kinds = {"lstm": "LSTM", "gru": "GRU", "simple": "SimpleRNN"}
    recurrent = getattr(keras.layers, kinds[cell])(4)
    if bidirectional:
        recurrent = keras.layers.Bidirectional(recurrent)
    plain = keras.Sequential([keras.layers.Embedding(20, 6), recurrent])
    for ids in IDS:
        ids = ids[None, ids != 0]  # Unpadded: the plain model has no mask.
        plain(ids)
        plain.set_weights(encoder.get_weights())
        np.testing.assert_allclose(encoder(ids), plain(ids), atol=ROUNDING)


@ways
def test_states_of_every_token_average_to_the_mean_of_the_real_ones(bidirectional):
    encoder = text_rnn(20, 6, 4, "gru", bidirectional, pooling="average")
    every = text_rnn(20, 6, 4, "gru", bidirectional, pooling="none")
    every.set_weights(encoder.get_weights())
    states = every(IDS).numpy()
    assert states.shape == (3, 5, 8 if bidirectional else 4)
    expected = [x[ids != 0].mean(0) for x, ids in zip(states, IDS, strict=True)]
    np.testing.assert_allclose(encoder(IDS), expected, atol=ROUNDING)


def test_last_state_is_that_of_the_last_real_token():
    encoder = text_rnn(20, 6, (5, 4))
    every = text_rnn(20, 6, (5, 4), pooling="none")
    every.set_weights(encoder.get_weights())
    last = (IDS != 0).sum(1) - 1
    expected = every(IDS).numpy()[np.arange(3), last]
    np.testing.assert_allclose(encoder(IDS), expected, atol=ROUNDING)


def test_deeper_layers_do_not_see_padding_either():
    encoder = text_rnn(20, 6, (5, 4, 3), "gru", True)
    together = encoder(IDS).numpy()
    assert together.shape == (3, 6)
    for row, ids in enumerate(IDS):
        alone = encoder(ids[None, ids != 0])
        np.testing.assert_allclose(together[row : row + 1], alone, atol=ROUNDING)


def test_reads_vectors_that_are_given():
    embedding = keras.layers.Embedding(20, 3)
    encoder = text_rnn(20, embedding, 4)
    assert encoder(IDS).shape == (3, 4)
    assert any(layer is embedding for layer in encoder.layers)


def test_dropout_acts_in_training_alone():
    encoder = text_rnn(20, 6, 4, dropout=0.9)
    quiet = encoder(IDS)
    np.testing.assert_array_equal(encoder(IDS, training=False), quiet)
    assert np.any(encoder(IDS, training=True) != quiet)


WRONG = [
    ({"vocabulary_size": 0}, ValueError, "`vocabulary_size` must be at least 1"),
    ({"vocabulary_size": None}, TypeError, "`vocabulary_size` must be a whole"),
    ({"embedding": -2}, ValueError, "`embedding` must be at least 1"),
    ({"embedding": keras.layers.Embedding(3, 8)}, ValueError, "from the same data set"),
    ({"units": 1.0}, TypeError, "`units` must be a whole number"),
    ({"cell": "lsm"}, ValueError, "Did you mean 'lstm'"),
    ({"units": (4, 0)}, ValueError, "`units` must be at least 1"),
    ({"dropout": -0.1}, ValueError, r"`dropout` must be in \[0, 1\)"),
    ({"pooling": "avrage"}, ValueError, "Did you mean 'average'"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`text_rnn`: .*{message}"):
        text_rnn(**({"vocabulary_size": 20} | arguments))


def test_states_carry_no_implicit_mask():
    encoder = text_rnn(20, 4, 3, pooling="none")
    ids = np.array([[5, 7, 0, 0]], "int32")
    assert not hasattr(encoder(ids), "_keras_mask")
    symbol = encoder(keras.Input((4,), dtype="int32"))
    assert getattr(symbol, "_keras_mask", None) is None
