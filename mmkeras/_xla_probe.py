"""Which layers XLA can compile, found out with XLA's own compiler."""

from __future__ import annotations

import contextlib
import functools
import inspect
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras
import numpy as np

from mmkeras.layers._loops import has_loop

# What stands for a batch, and for any other size that a model leaves open.
BATCH = 2
UNKNOWN = 32
_LONGEST_REASON = 80


class Tensor(NamedTuple):
    """What is known of one while a layer is called."""

    shape: tuple[int, ...]
    dtype: str


class Call(NamedTuple):
    """How a layer was called: `Tensor`s where it was given tensors."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def tensors(self) -> list[Tensor]:
        """Those of it, in order."""
        leaves = keras.tree.flatten(_hidden([self.args, self.kwargs]))
        return [leaf.value for leaf in leaves if isinstance(leaf, _Leaf)]


def describe(model: keras.Layer, batch: Any = None) -> Any:
    """The model's inputs as `Tensor`s: of a batch, or as it states them itself.

    Raises:
        AttributeError: if there is no batch and it does not state them.
    """
    if batch is None:
        sequential = isinstance(model, keras.Sequential)
        stated = model.inputs[0] if sequential else model.input
        return keras.tree.map_structure(_stated, stated)
    return keras.tree.map_structure(_given, batch)


def record_calls(model: keras.Layer, inputs: Any) -> dict[int, Call]:
    """How the model calls each layer in it, by the layer's `id`.

    The model is traced, not run: no weight and no seed changes.
    """
    calls: dict[int, Call] = {}
    with contextlib.ExitStack() as stack:
        for layer in model._flatten_layers():
            stack.enter_context(_recorded(layer, calls))
        _trace(model, inputs)
    return calls


def compile_error(layer: keras.Layer, call: Call, apart: bool = False) -> str | None:
    """Why XLA cannot compile a step through the layer; `None` if it can.

    Lowered, as in training: forward and the gradient. It is this half of compiling
    that can fail, and it takes a tenth of the time.

    Args:
        layer: the layer, built.
        call: how it is called.
        apart: whether as a cluster of its own, in a model that is not compiled.
    """
    if any(tensor.dtype == "string" for tensor in call.tensors()):
        # Such a call would end the process, not raise.
        return "takes strings"
    lower = {"tensorflow": _lower_in_tensorflow, "jax": _lower_in_jax}
    try:
        lower[keras.backend.backend()](layer, call, apart)
    except Exception as error:  # XLA's refusals are of many types.
        return _reason(str(error) or type(error).__name__)
    finally:
        # Tensors of the graph that is gone.
        layer._clear_losses()
    return None


def can_lower() -> bool:
    """Whether the backend has XLA."""
    return keras.backend.backend() in ("tensorflow", "jax")


def signature(layer: keras.Layer, call: Call) -> Any:
    """Equal for two layers that compute the same function of other weights."""
    try:
        config = {**layer.get_config(), "name": None}
        written = json.dumps(keras.saving.serialize_keras_object(config))
    except Exception:  # A config is the user's code too.
        return id(layer)
    return type(layer), written, str(call)


class _Leaf:
    """Hides a `Tensor`, itself a tuple, from `keras.tree`."""

    def __init__(self, value: Tensor) -> None:
        self.value = value


def _hidden(tree: Any) -> Any:
    if isinstance(tree, Tensor):
        return _Leaf(tree)
    if isinstance(tree, dict):
        return {key: _hidden(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_hidden(value) for value in tree]
    return tree


def _stated(tensor: Any) -> Tensor:
    stand_ins = [BATCH, *[UNKNOWN] * len(tensor.shape)]
    sizes = zip(tensor.shape, stand_ins, strict=False)
    shape = tuple(other if size is None else size for size, other in sizes)
    return Tensor(shape, keras.backend.standardize_dtype(tensor.dtype))


def _given(array: Any) -> Tensor:
    array = array if hasattr(array, "dtype") else np.asarray(array)
    text = getattr(array.dtype, "kind", "") in "OSU" and array.dtype != "bool"
    dtype = "string" if text else keras.backend.standardize_dtype(array.dtype)
    return Tensor(tuple(array.shape), dtype)


@contextlib.contextmanager
def _recorded(layer: Any, calls: dict[int, Call]) -> Iterator[None]:
    call = layer.call

    def leaf(value: Any) -> Any:
        return _stated(value) if keras.ops.is_tensor(value) else value

    @functools.wraps(call)
    def record(*args: Any, **kwargs: Any) -> Any:
        # Of a tensor even of unknown rank nothing can be stated.
        with contextlib.suppress(ValueError):
            if id(layer) not in calls:
                kept = {k: v for k, v in kwargs.items() if k != "training"}
                found = keras.tree.map_structure(leaf, (args, kept))
                calls[id(layer)] = Call(*found)
        return call(*args, **kwargs)

    # Past Keras's own `__setattr__`, which tracks what it is given.
    own = vars(layer).get("call")
    vars(layer)["call"] = record
    try:
        yield
    finally:
        del vars(layer)["call"]
        if own is not None:
            vars(layer)["call"] = own


def _trace(model: Any, inputs: Any) -> None:
    if keras.backend.backend() == "jax":
        import jax

        weights = (model.trainable_variables, model.non_trainable_variables)
        values = [[v.value for v in variables] for variables in weights]
        stateless = functools.partial(model.stateless_call, training=True)
        jax.eval_shape(stateless, *values, _map(_jax_spec, inputs))
    elif keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        def call(values: Any) -> Any:
            return model(values, training=True)

        traced = tf.function(call, autograph=False)
        traced.get_concrete_function(_map(_tensorflow_spec, inputs))
    model._clear_losses()


def _map(function: Callable[[Tensor], Any], inputs: Any) -> Any:
    return keras.tree.map_structure(lambda leaf: function(leaf.value), _hidden(inputs))


def _tensorflow_spec(tensor: Tensor) -> Any:
    import tensorflow as tf

    return tf.TensorSpec(tensor.shape, tensor.dtype)


def _jax_spec(tensor: Tensor) -> Any:
    import jax

    return jax.ShapeDtypeStruct(tensor.shape, tensor.dtype)


def _caller(call: Call) -> Callable[..., Any]:
    """Calls a function as the layer was, with other tensors."""

    def run(function: Callable[..., Any], tensors: Any) -> Any:
        waiting = iter(tensors)

        def put(leaf: Any) -> Any:
            return next(waiting) if isinstance(leaf, _Leaf) else leaf

        args, kwargs = keras.tree.map_structure(put, _hidden([call.args, call.kwargs]))
        return function(*args, **kwargs)

    return run


def _lower_in_tensorflow(layer: Any, call: Call, apart: bool) -> None:
    import tensorflow as tf

    variables = [variable.value for variable in layer.trainable_variables]
    run = _caller(call)
    trained = functools.partial(layer, training=True)

    def step(*tensors: Any) -> Any:
        with tf.GradientTape() as tape:
            watched = [x for x in tensors if x.dtype.is_floating]
            tape.watch(watched)
            outputs = keras.tree.flatten(run(trained, tensors))
            outputs = [y for y in outputs if y is not None]
            if any(y.dtype == tf.string for y in outputs):
                raise TypeError("gives strings")
            total = sum(tf.reduce_sum(tf.cast(y, tf.float32)) for y in outputs)
        return outputs, tape.gradient(total, [*variables, *watched])

    # The size of a batch is open while Keras traces, and known to XLA.
    specs = [
        tf.TensorSpec([None, *tensor.shape[1:]] if tensor.shape else [], tensor.dtype)
        for tensor in call.tensors()
    ]
    function = tf.function(step, specs, autograph=False, jit_compile=True)
    traced = function.get_concrete_function()
    if any(tensor.dtype == tf.string for tensor in traced.captured_inputs):
        raise TypeError("holds strings")
    if apart and has_loop(traced.graph):
        raise TypeError("has a loop, whose states cannot leave a cluster")
    zeros = [tf.zeros(tensor.shape, tensor.dtype) for tensor in call.tensors()]
    function.experimental_get_compiler_ir(*zeros)(stage="hlo")


def _lower_in_jax(layer: Any, call: Call, apart: bool) -> None:
    import jax

    run = _caller(call)
    # Unlike a layer, its `stateless_call` takes what `call` takes alone.
    takes = "training" in inspect.signature(layer.call).parameters
    training = {"training": True} if takes else {}

    def step(trainable: Any, state: Any, tensors: Any) -> Any:
        def stateless(*args: Any, **kwargs: Any) -> Any:
            options = {**kwargs, **training}
            return layer.stateless_call(trainable, state, *args, **options)

        outputs, _ = run(stateless, tensors)
        flat = [y for y in keras.tree.flatten(outputs) if y is not None]
        return sum(keras.ops.sum(keras.ops.cast(y, "float32")) for y in flat)

    trainable = [variable.value for variable in layer.trainable_variables]
    state = [variable.value for variable in layer.non_trainable_variables]
    tensors = [_jax_spec(tensor) for tensor in call.tensors()]
    jax.jit(jax.grad(step) if trainable else step).lower(trainable, state, tensors)


def _reason(message: str) -> str:
    """An error of XLA's, or of the layer's, in few words."""
    missing = dict.fromkeys(re.findall(r"(\w+) \(No registered", message))
    if missing:
        return f"XLA has no {', '.join(missing)}"
    constant = re.search(r"with op (\w+) must be a compile-time constant", message)
    if constant:
        return f"XLA must know the argument of {constant[1]} beforehand"
    lines = [line for line in message.splitlines() if line.strip()]
    line = re.sub(r"\x1b\[\d*m", "", lines[0]).removeprefix("Failed getting HLO text: ")
    if line.startswith("Exception encountered when calling") and len(lines) > 1:
        line = re.sub(r"\x1b\[\d*m", "", lines[1])
    line = line.strip("'\" ")
    short = line[: _LONGEST_REASON - 3]
    return line if len(line) <= _LONGEST_REASON else f"{short}..."
