"""Convolutions over a spectrogram."""

import keras

from mmkeras.encoders._grid import (
    convolution_stages,
    pooled_frames,
    spectrogram_grid,
)


def audio_cnn(
    filters=(16, 32, 64),
    kernel_size=3,
    pooling="average",
    units=64,
    batch_norm=False,
    dropout=0.0,
    name="audio_cnn",
):
    """Convolutions over time and frequency, each halving both; then one vector.

    For sounds that are told by what occurs in them, wherever it does; where the
    order counts, see `audio_crnn`. Each stage is
    `Conv2D -> (BatchNormalization) -> ReLU -> MaxPooling2D(2)`, as in `image_cnn`;
    what is left is pooled, and goes through `Dropout` and a dense layer.

    Args:
        filters: convolution filters of each stage.
        kernel_size: of the convolutions, in frames and bins.
        pooling: `"average"` or `"max"` over the frames; `"flatten"` keeps when
            things are; `"none"` gives each frame of the last grid as a token.
            Frequencies are never pooled away: which they are is what is heard.
        units: of the last, dense layer, on the vector or on each token; 0 for none
            (then `dim` is `filters[-1]` times the bins that are left, or what
            flattening gives).
        batch_norm: whether to normalise over the batch. Inference stays
            independent of the batch.
        dropout: fraction of the pooled features dropped in training.
        name: of the model.

    Returns:
        A `keras.Sequential`.

    Input shape:
        `(batch, frames, bins)`, floats in [-1, 1]: a log-mel spectrogram; frames
        and bins at least `2 ** len(filters)`.

    Output shape:
        `(batch, dim)`, or `(batch, tokens, dim)` for `"none"`, of
        `frames // 2 ** len(filters)` tokens.

    Raises:
        ValueError: for an argument out of its range.
        TypeError: for an argument of another type.

    Example:
        >>> audio_cnn(filters=(8, 16), units=32)(np.zeros((2, 50, 64))).shape
        TensorShape([2, 32])

    Reference:
        Hershey et al., 2017, arXiv:1609.09430; Kong et al., 2020, arXiv:1912.10211.
    """
    layers = [spectrogram_grid()]
    layers += convolution_stages("audio_cnn", filters, kernel_size, batch_norm)
    layers += pooled_frames("audio_cnn", pooling, units, dropout)
    return keras.Sequential(layers, name=name)
