"""The check that a gradient reaches every trainable weight."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from mmkeras.testing._compare import require, to_numpy


def check_gradient(layer: keras.Layer, inputs: Any) -> None:
    if not layer.trainable_variables:
        return
    outputs = layer(inputs)
    # A sum weighs all outputs alike: a softmax's is 1 whatever the weights are.
    weights = np.random.default_rng(1).normal(size=outputs.shape)
    gradients = _gradients(layer, inputs, weights.astype("float32"))
    unreached = [
        variable.path
        for variable, gradient in zip(layer.trainable_variables, gradients, strict=True)
        if gradient is None or not np.any(to_numpy(gradient))
    ]
    require(not unreached, f"no gradient reaches {unreached}")


def _gradients(layer: keras.Layer, inputs: Any, weights: np.ndarray) -> list[Any]:
    """Of the weighted sum of outputs, by each trainable weight; `None` if unused."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        state = [variable.value for variable in layer.non_trainable_variables]

        def loss(values: list[Any]) -> Any:
            outputs, _ = layer.stateless_call(values, state, inputs, training=True)
            return keras.ops.sum(keras.ops.cast(outputs, "float32") * weights)

        return jax.grad(loss)([v.value for v in layer.trainable_variables])
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            outputs = layer(inputs, training=True)
            total = tf.reduce_sum(tf.cast(outputs, tf.float32) * weights)
        gradients = tape.gradient(total, [v.value for v in layer.trainable_variables])
        # An embedding's comes as the rows that were looked up.
        return [None if g is None else tf.convert_to_tensor(g) for g in gradients]
    raise NotImplementedError(f"gradients on the {backend} backend are not checked")
