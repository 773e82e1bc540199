"""TensorFlow operations that tf2onnx does not know, or writes wrongly."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

# The last operator set that tf2onnx writes; ONNX has a DFT since 17.
OPERATOR_SET = 18


def handlers() -> dict[str, tuple[Callable[..., None], list[Any]]]:
    """tf2onnx's `custom_op_handlers`, by TensorFlow operation."""
    return {
        "RFFT": (_transform, []),
        "Real": (functools.partial(_part, index=0), []),
        "Imag": (functools.partial(_part, index=1), []),
        "Erfc": (_erfc, []),
        "FloorMod": (_modulo, []),
        "ScatterNd": (_scatter, []),
    }


def _transform(graph: Any, node: Any, name: str, _: Any) -> None:
    """ONNX has no complex numbers: the two parts are on a last axis."""
    from onnx import TensorProto

    wave, length = node.input
    shape = graph.get_shape(node.output[0])
    column = _add(graph, "Unsqueeze", [wave, _constant(graph, [-1])])
    whole = _add(graph, "Cast", [length], to=TensorProto.INT64)
    inputs = [column, _add(graph, "Squeeze", [whole])]
    attributes = {"axis": len(shape) - 1, "onesided": 1}
    _replace(graph, node, "DFT", inputs, [*shape, 2], **attributes)


def _part(graph: Any, node: Any, name: str, _: Any, index: int) -> None:
    shape = graph.get_shape(node.output[0])
    inputs = [node.input[0], _constant(graph, index)]
    _replace(graph, node, "Gather", inputs, shape, axis=-1)


def _erfc(graph: Any, node: Any, name: str, _: Any) -> None:
    one = _constant(graph, 1, "float32")
    inputs = [one, _add(graph, "Erf", [node.input[0]])]
    _replace(graph, node, "Sub", inputs, graph.get_shape(node.output[0]))


def _modulo(graph: Any, node: Any, name: str, _: Any) -> None:
    """With the sign of the divisor; tf2onnx divides whole numbers towards zero."""
    from onnx import TensorProto

    value, divisor = node.input
    dtype = graph.get_dtype(value)
    shape = graph.get_shape(node.output[0])
    if dtype in (TensorProto.INT32, TensorProto.INT64):
        _replace(graph, node, "Mod", [value, divisor], shape, dtype)
        return
    # ONNX's own takes no floats with this sign.
    times = _add(graph, "Floor", [_add(graph, "Div", [value, divisor])])
    whole = _add(graph, "Mul", [times, divisor])
    _replace(graph, node, "Sub", [value, whole], shape, dtype)


def _scatter(graph: Any, node: Any, name: str, _: Any) -> None:
    """Values at one place add up; tf2onnx lets the last one win."""
    from onnx import TensorProto

    places, values, shape = (
        _add(graph, "Cast", [one], to=kind)
        for one, kind in zip(
            node.input,
            (TensorProto.INT64, TensorProto.FLOAT, TensorProto.INT64),
            strict=True,
        )
    )
    zeros = _add(graph, "ConstantOfShape", [shape])
    inputs = [zeros, places, values]
    known = graph.get_shape(node.output[0])
    _replace(graph, node, "ScatterND", inputs, known, reduction="add")


def _add(graph: Any, kind: str, inputs: list[str], **attributes: Any) -> str:
    return graph.make_node(kind, inputs, attr=attributes).output[0]


def _replace(
    graph: Any,
    node: Any,
    kind: str,
    inputs: list[str],
    shape: list[int],
    dtype: int = 1,  # TensorProto.FLOAT
    **attributes: Any,
) -> None:
    """Another operation in the place of this one."""
    outputs = list(node.output)
    graph.remove_node(node.name)
    graph.make_node(
        kind,
        inputs,
        attr=attributes,
        name=node.name,
        outputs=outputs,
        shapes=[shape],
        dtypes=[dtype],
    )


def _constant(graph: Any, value: Any, dtype: str = "int64") -> str:
    from tf2onnx import utils

    name = utils.make_name("constant")
    return graph.make_const(name, np.array(value, dtype)).output[0]
