"""A layer's time on a device, on Keras's TensorFlow and JAX backends.

Neither backend is needed for the other.
"""

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

BACKEND = keras.backend.backend()
WARM_UP = 3


def devices() -> dict[str, str]:
    """Keras's names of the devices, the fastest first, and what they are."""
    found = {}
    if BACKEND == "jax":
        import jax

        for kind in ("tpu", "gpu", "cpu"):
            try:
                found[f"{kind}:0"] = jax.devices(kind)[0].device_kind
            except RuntimeError:
                pass  # There is none.
    elif BACKEND == "tensorflow":
        import tensorflow as tf

        for one in tf.config.list_physical_devices("GPU")[:1]:
            details = tf.config.experimental.get_device_details(one)
            found["gpu:0"] = details.get("device_name", "GPU")
        found["cpu:0"] = "cpu"
    else:
        raise SystemExit(f"KERAS_BACKEND={BACKEND}: set it to jax or tensorflow.")
    return found


def ways() -> tuple[str, ...]:
    """How a layer can be called there: JAX compiles whatever it runs."""
    return ("XLA",) if BACKEND == "jax" else ("plain", "XLA")


def milliseconds(
    make: Callable[[], keras.Layer],
    values: np.ndarray,
    device: str,
    way: str,
    repeats: int,
    calls: int,
) -> list[float]:
    """Of each repeat the time of a call, its input on the device already.

    Calls of a repeat are queued, and waited for at its end.

    Args:
        make: the layer, called in training.
        values: a batch.
        device: one of `devices()`.
        way: one of `ways()`.
        repeats: that are timed.
        calls: of a repeat.
    """
    with keras.device(device):
        # A model takes `training`, and says it to a layer that asks.
        entry = keras.Input(values.shape[1:], dtype=values.dtype.name)
        layer = keras.Sequential([entry, make()])
        bind = _in_jax if BACKEND == "jax" else _in_tensorflow
        call, wait = bind(layer, values, device, way == "XLA")
        for _ in range(WARM_UP):
            wait(call())
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            for _ in range(calls):
                found = call()
            wait(found)
            times.append(1000 * (time.perf_counter() - start) / calls)
    return times


Bound = tuple[Callable[[], Any], Callable[[Any], Any]]


def _in_jax(layer: keras.Layer, values: np.ndarray, device: str, xla: bool) -> Bound:
    import jax

    kind, number = device.split(":")
    place = jax.devices(kind)[int(number)]
    x, trained, state = jax.device_put(
        (
            values,
            [v.value for v in layer.trainable_variables],
            [v.value for v in layer.non_trainable_variables],
        ),
        place,
    )

    @jax.jit
    def stateless(trained, state, x):
        return layer.stateless_call(trained, state, x, training=True)

    def call():
        nonlocal state
        # The seeds go in and come out: other draws in each call.
        found, state = stateless(trained, state, x)
        return found

    return call, jax.block_until_ready


def _in_tensorflow(
    layer: keras.Layer, values: np.ndarray, device: str, xla: bool
) -> Bound:
    import tensorflow as tf

    x = tf.constant(values)
    function = tf.function(
        lambda x: layer(x, training=True), jit_compile=xla, autograph=False
    )

    def wait(found):
        # Of the last value of the last call alone: all before it are done then.
        tf.reshape(found, [-1])[-1].numpy()

    return lambda: function(x), wait
