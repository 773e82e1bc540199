"""A model as any server can run it, while it is traced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from mmkeras.layers.compiled import Compiled


@contextmanager
def portable(model: keras.Model) -> Iterator[None]:
    """No cuDNN and no XLA clusters, for as long as it lasts.

    A recurrence that is traced on a GPU would hold cuDNN's operations, which a CPU
    does not have. XLA clusters would be compiled by the server for each size of a
    batch.
    """
    settings = {Compiled: ("jit", False), keras.layers.RNN: ("use_cudnn", False)}
    before = []
    for layer in _all_layers(model):
        for kind, (name, value) in settings.items():
            if isinstance(layer, kind) and hasattr(layer, name):
                before.append((layer, name, getattr(layer, name)))
                setattr(layer, name, value)
    try:
        yield
    finally:
        for layer, name, value in reversed(before):
            setattr(layer, name, value)


def _all_layers(model: keras.Model) -> list[keras.layers.Layer]:
    return list(model._flatten_layers())
