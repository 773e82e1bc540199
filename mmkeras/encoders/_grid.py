"""What encoders of pictures and of spectrograms share: convolutions over a grid."""

import keras

from mmkeras import _checks
from mmkeras.layers.time_distributed import TimeDistributed


def convolution(filters, kernel_size, batch_norm):
    """`Conv2D -> (BatchNormalization) -> ReLU`, of the input's height and width."""
    layers = [
        # What the normalisation subtracts would take a bias away again.
        keras.layers.Conv2D(
            filters, kernel_size, padding="same", use_bias=not batch_norm
        )
    ]
    if batch_norm:
        layers.append(keras.layers.BatchNormalization())
    return [*layers, keras.layers.ReLU()]


def convolution_stages(owner, filters, kernel_size=3, batch_norm=False):
    """A convolution for each of `filters`, each followed by `MaxPooling2D(2)`."""
    _checks.check_positive_ints(owner, "filters", filters)
    _checks.check_positive_int(owner, "kernel_size", kernel_size)
    layers = []
    for number in filters:
        layers += convolution(number, kernel_size, batch_norm)
        layers.append(keras.layers.MaxPooling2D(2))
    return layers


def pooled_cells(owner, pooling, channels, units=0, dropout=0.0):
    """A grid's cells as one vector, or as tokens; then dropout and a dense layer."""
    pools = {
        "average": keras.layers.GlobalAveragePooling2D,
        "max": keras.layers.GlobalMaxPooling2D,
        "flatten": keras.layers.Flatten,
        "none": lambda: keras.layers.Reshape((-1, channels)),
    }
    return _pooled(owner, pooling, pools, units, dropout)


def pooled_frames(owner, pooling, units=0, dropout=0.0):
    """The same of a spectrogram's grid, of which time alone is pooled."""
    pools = {
        "average": keras.layers.GlobalAveragePooling1D,
        "max": keras.layers.GlobalMaxPooling1D,
        "flatten": keras.layers.Flatten,
        "none": keras.layers.Identity,
    }
    return [bins_side_by_side(), *_pooled(owner, pooling, pools, units, dropout)]


def _pooled(owner, pooling, pools, units, dropout):
    _checks.check_choice(owner, "pooling", pooling, pools)
    _checks.check_fraction(owner, "dropout", dropout)
    if units != 0:
        _checks.check_positive_int(owner, "units", units)
    layers = [pools[pooling]()]
    if dropout:
        layers.append(keras.layers.Dropout(dropout))
    if units:
        layers.append(keras.layers.Dense(units, activation="relu"))
    return layers


def bins_side_by_side():
    """`(batch, frames, bins, channels)` to `(batch, frames, bins * channels)`."""
    return TimeDistributed(keras.layers.Flatten(), name="features")


def spectrogram_grid():
    """`(batch, frames, bins)` to `(batch, frames, bins, 1)`, whatever the sizes."""
    return TimeDistributed(keras.layers.Reshape((-1, 1)), name="channel")
