"""Recurrence over the frames of a spectrogram."""

import keras

from mmkeras import _checks
from mmkeras.encoders._cells import recurrent_layers
from mmkeras.layers.time_distributed import TimeDistributed


def audio_rnn(
    frame_units=64,
    units=64,
    cell="lstm",
    bidirectional=False,
    frame_stride=1,
    dropout=0.0,
    pooling="last",
    name="audio_rnn",
):
    """A dense layer on every frame, then recurrent layers over time.

    The lightest encoder that reads a sound in its order; where patterns in time and
    frequency should be found first, see `audio_crnn`.

    Args:
        frame_units: width of what a frame becomes.
        units: width of the recurrent state; several numbers for as many layers,
            the first reads the frames.
        cell: `"lstm"`, `"gru"` or `"simple"`.
        bidirectional: whether to read both ways; the two states are concatenated.
        frame_stride: average this many frames into one before the recurrence:
            spectrograms often have more frames than an LSTM can learn over.
        dropout: fraction of the frames' features dropped in training.
        pooling: `"last"` gives the last state, `"average"` the mean of all, and
            `"none"` all of them, one a frame.
        name: of the model.

    Returns:
        A `keras.Sequential`.

    Input shape:
        `(batch, frames, bins)`, floats in [-1, 1]: a log-mel spectrogram.

    Output shape:
        `(batch, dim)`, where `dim` is the last of `units`, or twice that; or
        `(batch, tokens, dim)` for `"none"`, where `tokens` is `frames` by
        `frame_stride`, rounded up.

    Raises:
        ValueError: for an argument out of its range.
        TypeError: for an argument of another type.

    Example:
        >>> audio_rnn(units=16)(np.zeros((2, 50, 64))).shape
        TensorShape([2, 16])
        >>> audio_rnn(units=(32, 16), pooling="none")(np.zeros((2, 50, 64))).shape
        TensorShape([2, 50, 16])

    Reference:
        Graves, Mohamed and Hinton, 2013, arXiv:1303.5778.
    """
    _checks.check_positive_int("audio_rnn", "frame_units", frame_units)
    _checks.check_positive_int("audio_rnn", "frame_stride", frame_stride)
    _checks.check_fraction("audio_rnn", "dropout", dropout)
    layers = [TimeDistributed(keras.layers.Dense(frame_units, activation="relu"))]
    if frame_stride > 1:
        layers.append(keras.layers.AveragePooling1D(frame_stride, padding="same"))
    if dropout:
        layers.append(keras.layers.Dropout(dropout))
    layers += recurrent_layers("audio_rnn", units, cell, bidirectional, pooling)
    if pooling == "average":
        layers.append(keras.layers.GlobalAveragePooling1D())
    return keras.Sequential(layers, name=name)
