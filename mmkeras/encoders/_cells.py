"""Recurrent layers, as encoders of tokens and of frames stack them."""

import keras

from mmkeras import _checks

RECURRENT = {
    "gru": keras.layers.GRU,
    "lstm": keras.layers.LSTM,
    "simple": keras.layers.SimpleRNN,
}
POOLINGS = ("last", "average", "none")


def recurrent_layers(owner, units, cell, bidirectional, pooling):
    """One layer for each of `units`, the first reads the input.

    All but the last give every step. The last gives its last state (of both ways,
    side by side, where `bidirectional`) if `pooling` is `"last"`, else every step:
    averaging is left to the caller, who knows which steps are padding.
    """
    if isinstance(units, list | tuple):
        _checks.check_positive_ints(owner, "units", units)
    else:
        _checks.check_positive_int(owner, "units", units)
        units = (units,)
    _checks.check_choice(owner, "cell", cell, RECURRENT)
    _checks.check_choice(owner, "pooling", pooling, POOLINGS)
    layers = []
    for position, number in enumerate(units, start=1):
        every = position < len(units) or pooling != "last"
        layer = RECURRENT[cell](number, return_sequences=every)
        layers.append(keras.layers.Bidirectional(layer) if bidirectional else layer)
    return layers
