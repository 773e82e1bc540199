"""audio_rnn: shapes, options, and the plain Keras model that it is."""

import keras
import numpy as np
import pytest

from mmkeras.encoders import audio_rnn

FRAMES = np.random.default_rng(0).normal(size=(3, 11, 6)).astype("float32")


@pytest.mark.parametrize(
    ("arguments", "dim"),
    [
        ({}, 64),
        ({"units": 5}, 5),
        ({"units": 5, "bidirectional": True}, 10),
        ({"units": 5, "cell": "gru", "frame_units": 3}, 5),
        ({"frame_stride": 4, "dropout": 0.5}, 64),
        ({"frame_stride": 100}, 64),
        ({"units": (7, 5), "cell": "simple"}, 5),
        ({"units": [7, 5], "bidirectional": True, "pooling": "average"}, 10),
    ],
    ids=str,
)
def test_width_follows_the_options(arguments, dim):
    assert audio_rnn(**arguments)(FRAMES).shape == (3, dim)


@pytest.mark.parametrize("cell", ["lstm", "gru", "simple"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_equals_plain_keras_layers_of_the_same_weights(cell, bidirectional):
    encoder = audio_rnn(4, 5, cell, bidirectional, frame_stride=3)
    recurrent = {
        "lstm": keras.layers.LSTM,
        "gru": keras.layers.GRU,
        "simple": keras.layers.SimpleRNN,
    }[cell](5)
    if bidirectional:
        recurrent = keras.layers.Bidirectional(recurrent)
    dense = keras.layers.Dense(4, activation="relu")
    # 11 frames by 3: one of the averages is of the 2 that are there.
    plain = keras.Sequential(
        [dense, keras.layers.AveragePooling1D(3, padding="same"), recurrent]
    )
    encoder(FRAMES), plain(FRAMES)
    plain.set_weights(encoder.get_weights())
    # A folded matrix product sums in another order.
    np.testing.assert_allclose(encoder(FRAMES), plain(FRAMES), atol=1e-6)


def test_stride_averages_frames_before_the_recurrence():
    encoder = audio_rnn(4, 5, frame_stride=2)
    encoder(FRAMES)
    dense, pooling, _ = encoder.layers
    found = pooling(dense(FRAMES)).numpy()
    frames = dense(FRAMES).numpy()
    np.testing.assert_allclose(
        found[:, :5], (frames[:, 0:10:2] + frames[:, 1:11:2]) / 2, atol=1e-6
    )
    np.testing.assert_allclose(found[:, 5], frames[:, 10], atol=1e-6)


def test_stacked_layers_read_each_others_states():
    encoder = audio_rnn(4, (6, 5), "simple")
    encoder(FRAMES)
    states = encoder.layers[0](FRAMES).numpy()
    for layer in encoder.layers[1:]:
        kernel, recurrent, bias = layer.get_weights()
        state, found = np.zeros((3, bias.size)), []
        for frame in range(states.shape[1]):
            x = states[:, frame]
            state = np.tanh(x @ kernel + state @ recurrent + bias)
            found.append(state)
        states = np.stack(found, 1)
    # float32 along a recurrence of eleven steps.
    np.testing.assert_allclose(encoder(FRAMES), states[:, -1], atol=1e-5)


def test_pooling_is_of_the_states_of_all_frames():
    last, average, every = (
        audio_rnn(4, 5, frame_stride=2, pooling=pooling)
        for pooling in ("last", "average", "none")
    )
    states = every(FRAMES).numpy()
    assert states.shape == (3, 6, 5)
    for encoder, expected in ((last, states[:, -1]), (average, states.mean(1))):
        encoder(FRAMES)
        encoder.set_weights(every.get_weights())
        # A mean of six terms.
        np.testing.assert_allclose(encoder(FRAMES), expected, atol=1e-6)


WRONG = [
    ({"frame_units": 0}, ValueError, "`frame_units` must be at least 1"),
    ({"units": "many"}, TypeError, "`units` must be a whole number"),
    ({"units": ()}, ValueError, "`units` must be one number or more"),
    ({"units": (8, 0)}, ValueError, "`units` must be at least 1"),
    ({"pooling": "mean"}, ValueError, "Known: 'average', 'last', 'none'"),
    ({"frame_stride": 0}, ValueError, "`frame_stride` must be at least 1"),
    ({"cell": "grru"}, ValueError, "Did you mean 'gru'"),
    ({"cell": "rnn"}, ValueError, "Known: 'gru', 'lstm', 'simple'"),
    ({"dropout": 2}, ValueError, r"`dropout` must be in \[0, 1\)"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG, ids=str)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`audio_rnn`: .*{message}"):
        audio_rnn(**arguments)
