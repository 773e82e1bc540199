"""Convolutions over a spectrogram, then recurrence over time."""

import keras

from mmkeras import _checks
from mmkeras.encoders._cells import recurrent_layers
from mmkeras.encoders._grid import (
    bins_side_by_side,
    convolution_stages,
    spectrogram_grid,
)


def audio_crnn(
    filters=(16, 32),
    units=64,
    cell="gru",
    bidirectional=True,
    dropout=0.0,
    pooling="last",
    name="audio_crnn",
):
    """Convolutions over time and frequency, then recurrent layers over time.

    For sounds in which both the patterns and their order count. Each stage is
    `Conv2D -> ReLU -> MaxPooling2D(2)`, 3 x 3, and halves frames and bins; the bins
    and filters of a frame that is left are its features.

    Args:
        filters: convolution filters of each stage.
        units: width of the recurrent state; several numbers for as many layers,
            the first reads the frames.
        cell: `"gru"`, `"lstm"` or `"simple"`.
        bidirectional: whether to read both ways; the two states are concatenated.
        dropout: fraction of the frames' features dropped in training.
        pooling: `"last"` gives the last state, `"average"` the mean of all, and
            `"none"` all of them, one a frame.
        name: of the model.

    Returns:
        A `keras.Sequential`.

    Input shape:
        `(batch, frames, bins)`, floats in [-1, 1]: a log-mel spectrogram of a known
        number of bins; frames and bins at least `2 ** len(filters)`.

    Output shape:
        `(batch, dim)`, where `dim` is the last of `units`, or twice that; or
        `(batch, frames // 2 ** len(filters), dim)` for `"none"`.

    Raises:
        ValueError: for an argument out of its range.
        TypeError: for an argument of another type.

    Example:
        >>> audio_crnn(filters=(8, 16), units=16)(np.zeros((2, 50, 64))).shape
        TensorShape([2, 32])
        >>> encoder = audio_crnn(filters=(8, 16), units=16, pooling="none")
        >>> encoder(np.zeros((2, 50, 64))).shape
        TensorShape([2, 12, 32])

    Reference:
        Choi et al., 2017, arXiv:1609.04243; Cakir et al., 2017, arXiv:1702.06286.
    """
    layers = [spectrogram_grid(), *convolution_stages("audio_crnn", filters)]
    layers.append(bins_side_by_side())
    _checks.check_fraction("audio_crnn", "dropout", dropout)
    if dropout:
        layers.append(keras.layers.Dropout(dropout))
    layers += recurrent_layers("audio_crnn", units, cell, bidirectional, pooling)
    if pooling == "average":
        layers.append(keras.layers.GlobalAveragePooling1D())
    return keras.Sequential(layers, name=name)
