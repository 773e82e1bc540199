"""The device stage alone, for runtimes whose clients decode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from mmkeras import _checks
from mmkeras._model_fit import check_fit
from mmkeras.spec import Spec


def check_whole(owner: str, model: keras.Model, spec: Spec) -> None:
    """Raise a `ValueError` unless the model takes what the spec's inputs decode to."""
    check_fit(owner, model, spec, "Give the spec that the model was built from.")
    for name, modality in spec.inputs.items():
        shape = tuple(model.input[name].shape[1:])
        if shape != tuple(modality.shape):
            raise _checks.bad_value(
                owner,
                "model",
                f"one that takes '{name}' as it is decoded, {tuple(modality.shape)}",
                shape,
                "Of `precompute` give the whole model: it shares the weights.",
            )


def trace(model: keras.Model, spec: Spec, rows: int | None) -> Any:
    """A concrete function from named compact tensors to predictions by task.

    Args:
        model: as `check_whole` has checked it.
        spec: of the model.
        rows: of a batch; `None` for any number.
    """
    import tensorflow as tf

    def predict(**tensors: Any) -> dict[str, Any]:
        predictions = model(tensors, training=False)
        return {name: predictions[name] for name in spec.tasks}

    signature = {
        name: tf.TensorSpec([rows, *tensor.shape[1:]], tensor.dtype, name=name)
        for name, tensor in model.input.items()
    }
    return tf.function(predict, autograph=False).get_concrete_function(**signature)


@contextmanager
def unrolled(model: keras.Model) -> Iterator[None]:
    """Recurrences step by step instead of in a loop, for as long as it lasts."""
    layers = [x for x in model._flatten_layers() if isinstance(x, keras.layers.RNN)]
    before = [layer.unroll for layer in layers]
    for layer in layers:
        layer.unroll = True
    try:
        yield
    finally:
        for layer, was in zip(layers, before, strict=True):
            layer.unroll = was


@contextmanager
def in_float32(model: keras.Model) -> Iterator[bool]:
    """Computes in float32 what was trained in mixed precision, for as long as it lasts.

    LiteRT has hardly any operation on 16 bits; the weights are float32 as it is. What
    goes from one model to another inside of it is still rounded to 16 bits: `True`
    is yielded where that is so.
    """
    mixed = [
        layer
        for layer in model._flatten_layers()
        if layer.dtype_policy.name in ("mixed_float16", "mixed_bfloat16")
    ]
    before = [layer.dtype_policy for layer in mixed]
    for layer in mixed:
        layer.dtype_policy = "float32"
    try:
        yield bool(mixed)
    finally:
        for layer, was in zip(mixed, before, strict=True):
            layer.dtype_policy = was
