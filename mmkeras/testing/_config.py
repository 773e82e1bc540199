"""Checks of what is written of a layer: its config, and the `.keras` file."""

from __future__ import annotations

import inspect
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mmkeras.testing._compare import require, to_numpy


def check_config(layer: keras.Layer) -> None:
    """Every argument is in the config: what inference hides is lost otherwise."""
    kinds = inspect.Parameter
    for part in _parts(layer):
        # Keras's own are Keras's to test; a functional model is its layers.
        if type(part).__module__.split(".")[0] == "keras":
            continue
        names = [
            name
            for name, parameter in inspect.signature(type(part)).parameters.items()
            if parameter.kind not in (kinds.VAR_KEYWORD, kinds.VAR_POSITIONAL)
        ]
        config = part.get_config()
        missing = [name for name in names if name not in config]
        require(not missing, f"the config of {type(part).__name__} lacks {missing}")


def _parts(layer: keras.Layer) -> list[keras.Layer]:
    inner = layer.layers if isinstance(layer, keras.Model) else []
    return [layer, *(part for child in inner for part in _parts(child))]


def check_round_trip(layer: keras.Layer, inputs: Any) -> None:
    def symbol(array: np.ndarray, name: str | None = None) -> keras.KerasTensor:
        # A model binds a dict of arrays by the names of its inputs.
        return keras.Input(array.shape[1:], dtype=array.dtype.name, name=name)

    if isinstance(inputs, Mapping):
        symbols = {name: symbol(array, name) for name, array in inputs.items()}
    else:
        symbols = keras.tree.map_structure(symbol, inputs)
    model = keras.Model(symbols, layer(symbols))
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "layer.keras")
        again = keras.saving.load_model(Path(folder) / "layer.keras")
    require(
        np.array_equal(to_numpy(again(inputs)), to_numpy(model(inputs))),
        "the .keras round trip is not exact",
    )
    # Dropout, seeds and the like do not show in the result.
    require(
        _written(again) == _written(model), "the .keras round trip changes the config"
    )


def _written(model: keras.Model) -> str:
    """The config as JSON, in which a tuple and a list are one thing."""
    return json.dumps(
        keras.saving.serialize_keras_object(model.get_config()), sort_keys=True
    )
