"""audio_crnn: convolutions, then the recurrence over the frames that are left."""

import keras
import numpy as np
import pytest

from mmkeras.encoders import audio_crnn

SOUNDS = np.random.default_rng(0).uniform(-1, 1, (3, 9, 8)).astype("float32")


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ({}, (3, 128)),
        ({"filters": (4,), "units": 5, "bidirectional": False}, (3, 5)),
        ({"filters": [4], "units": (5, 3), "cell": "simple"}, (3, 6)),
        ({"filters": (4, 6), "units": 5, "pooling": "average"}, (3, 10)),
        ({"filters": (4, 6), "units": 5, "pooling": "none"}, (3, 2, 10)),
        ({"filters": (4,), "units": 5, "pooling": "none", "dropout": 0.3}, (3, 4, 10)),
    ],
    ids=str,
)
def test_shape_follows_the_options(arguments, shape):
    assert audio_crnn(**arguments)(SOUNDS).shape == shape


def test_equals_a_plain_keras_model_of_the_same_weights():
    encoder = audio_crnn((4, 6), 5, "lstm", pooling="average")
    found = encoder(SOUNDS)
    x = inputs = keras.Input((9, 8))
    x = keras.layers.Reshape((9, 8, 1))(x)
    for number in (4, 6):
        x = keras.layers.Conv2D(number, 3, padding="same", activation="relu")(x)
        x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Reshape((2, 2 * 6))(x)
    recurrent = keras.layers.LSTM(5, return_sequences=True)
    x = keras.ops.mean(keras.layers.Bidirectional(recurrent)(x), axis=1)
    plain = keras.Model(inputs, x)
    plain.set_weights(encoder.get_weights())
    # The same sums, in another order at most.
    np.testing.assert_allclose(plain(SOUNDS), found, atol=1e-6)


def test_last_state_is_the_last_frames():
    last, every = (
        audio_crnn((4,), 5, bidirectional=False, pooling=p) for p in ("last", "none")
    )
    states = every(SOUNDS)
    last(SOUNDS)
    last.set_weights(every.get_weights())
    np.testing.assert_allclose(last(SOUNDS), states[:, -1], atol=1e-6)


def test_reads_sounds_of_other_lengths_than_it_was_built_on():
    encoder = audio_crnn((4, 6), 5, pooling="none")
    encoder.build((None, None, 8))
    assert encoder(SOUNDS).shape == (3, 2, 10)
    assert encoder(SOUNDS[:, :5]).shape == (3, 1, 10)


WRONG = [
    ({"filters": 16}, TypeError, "`filters` must be a list or tuple"),
    ({"units": 0}, ValueError, "`units` must be at least 1"),
    ({"units": ()}, ValueError, "`units` must be one number or more"),
    ({"cell": "rnn"}, ValueError, "Known: 'gru', 'lstm', 'simple'"),
    ({"pooling": "max"}, ValueError, "Known: 'average', 'last', 'none'"),
    ({"dropout": 1}, ValueError, r"`dropout` must be in \[0, 1\)"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG, ids=str)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`audio_crnn`: .*{message}"):
        audio_crnn(**arguments)
