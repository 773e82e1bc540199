"""The contract of an augmentation."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from mmkeras.testing._compare import (
    ROW_TOLERANCE,
    largest_difference,
    magnitude,
    require,
    to_numpy,
)
from mmkeras.testing._layer import check_built_layer


def check_augmentation(layer: keras.Layer, inputs: np.ndarray) -> None:
    """Hold an augmentation to its contract.

    Outside training it is the identity (as floats, where it computes). In training
    it changes something, each example in its own way, keeps shape and finite
    values, follows its seed, and under XLA gives the same numbers. Besides, what
    every layer must (`check_layer`), also where the dtype policy is a mixed one.

    Args:
        layer: the layer, with a seed.
        inputs: a batch of at least 4 different rows.

    Raises:
        AssertionError: naming what does not hold.
    """
    kept = to_numpy(layer(inputs, training=False))
    require(
        kept.shape == inputs.shape and np.array_equal(kept, inputs),
        "it is not the identity outside training",
    )
    check_built_layer(layer, inputs)
    same = np.repeat(inputs[:1], 16, axis=0)
    first = _trained(layer, same)
    require(
        first.shape == same.shape and first.dtype == kept.dtype,
        f"training gives {first.dtype} {first.shape}, else {kept.dtype} {same.shape}",
    )
    require(bool(np.isfinite(first.astype("float64")).all()), "it gives no numbers")
    require(not np.array_equal(first, kept[:1].repeat(16, 0)), "it changes nothing")
    require(
        len(np.unique(first, axis=0)) > 1, "it changes all examples in the same way"
    )
    require(np.array_equal(_trained(layer, same), first), "its seed does not settle it")
    limit = ROW_TOLERANCE * 100 * magnitude(first)  # XLA reorders float32 arithmetic.
    require(
        largest_difference(_trained(layer, same, jit_compile=True), first) <= limit,
        "XLA computes other values in training",
    )
    for policy in ("mixed_float16", "mixed_bfloat16"):
        mixed = type(layer).from_config({**layer.get_config(), "dtype": policy})
        require(
            largest_difference(_trained(mixed, same), first) <= limit,
            f"under {policy} it computes other values",
        )


def _trained(layer: keras.Layer, inputs: np.ndarray, **options: Any) -> np.ndarray:
    """What a fresh copy of the layer makes of the inputs in training."""
    copy = type(layer).from_config(layer.get_config())
    if keras.backend.backend() != "tensorflow":
        return to_numpy(copy(inputs, training=True))
    import tensorflow as tf

    call = tf.function(lambda x: copy(x, training=True), autograph=False, **options)
    return to_numpy(call(tf.constant(inputs)))
