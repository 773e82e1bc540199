"""The contract of a layer of the device stage."""

from __future__ import annotations

from typing import Any

import keras

from mmkeras.testing._layer import check_built_layer


def check_layer(layer: keras.Layer, inputs: Any) -> None:
    """Hold a device-stage layer to what every layer must.

    A row's result does not depend on the others; every `__init__` argument is in
    the config; the `.keras` round trip is exact, and changes no config; it compiles
    under XLA; the gradient reaches every trainable weight.

    Args:
        layer: the layer.
        inputs: a batch of at least 4 different rows, an array or a dict of arrays.

    Raises:
        AssertionError: naming what does not hold.
    """
    layer(inputs)
    check_built_layer(layer, inputs)
