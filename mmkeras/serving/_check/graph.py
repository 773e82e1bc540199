"""The graph of an export: whether a stock TensorFlow Serving can run all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmkeras.serving._check.judged import judged
from mmkeras.serving._check.text_ops import TEXT_OPS
from mmkeras.serving.serving_finding import ServingFinding

# Registered in Python's TensorFlow, and run by a Python that a server has not.
_PYTHON = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}
# The ends of a function in older graphs.
_ENDS = {"_Arg", "_Retval"}
# What has kernels for NVIDIA's devices alone.
_DEVICE = re.compile("Cudnn|TRT")
_COMPILED = "_XlaMustCompile"
# `/home/me/words.txt`: an absolute path, and nothing else.
_PATH = re.compile(r"(/[\w.+-]+){2,}/?")


def read_graph(version: Path) -> Any:
    """The MetaGraphDef that a server loads.

    Raises:
        ValueError: if there is none.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel()
    try:
        saved.ParseFromString((version / "saved_model.pb").read_bytes())
    except (OSError, DecodeError) as error:
        raise ValueError(f"saved_model.pb cannot be read: {error}") from None
    for graph in saved.meta_graphs:
        if "serve" in graph.meta_info_def.tags:
            return graph
    raise ValueError("saved_model.pb has no graph with the tag 'serve'")


def check_graph(graph: Any) -> list[ServingFinding]:
    """Its operations, and what would bind it to this machine."""
    functions = {one.signature.name for one in graph.graph_def.library.function}
    used: dict[str, str] = {}  # The first place of each operation.
    for where, node in _nodes(graph):
        used.setdefault(node.op, f"'{node.op}' ({where})")
    called = used.keys() - functions
    python = called & _PYTHON
    known = _core_ops() | TEXT_OPS
    kinds = len(called)
    texts = f", {len(called & TEXT_OPS)} of them TensorFlow Text's"
    return [
        judged(
            "operations",
            [used[op] for op in sorted(called - known - python)],
            f"{kinds:,} kinds, all in a stock TensorFlow Serving"
            f"{texts if called & TEXT_OPS else ''}",
            "A stock TensorFlow Serving does not link them: write the layer or the "
            "modality in TensorFlow's own operations, or build a server that does.",
        ),
        judged(
            "python",
            [used[op] for op in sorted(python)],
            "nothing calls back into Python",
            "A server has no Python: write it in TensorFlow's operations, not with "
            "`py_function` or `numpy_function`.",
        ),
        judged(
            "devices",
            [used[op] for op in sorted(called) if _DEVICE.search(op)],
            "nothing that a CPU lacks",
            "They run on NVIDIA's devices alone: export again with `mm.export`, which "
            "leaves cuDNN out, or give the layer `use_cudnn=False`.",
        ),
        judged(
            "clusters",
            _clusters(graph),
            "nothing that XLA has to compile at the first request of each size",
            "Leave `jit_compile=True` out of what is served.",
        ),
        judged(
            "paths",
            [f"'{path}' ({where})" for where, path in _paths(graph)],
            "no path of a machine",
            "A server does not have it: track the file as an asset "
            "(`tf.saved_model.Asset`), or put its content into the graph.",
        ),
    ]


def _core_ops() -> set[str]:
    """What a plain TensorFlow registers, whatever was loaded beside it."""
    import tensorflow as tf

    names = {name for name in dir(tf.raw_ops) if not name.startswith("_")}
    return (names | _ENDS) - _PYTHON


def _nodes(graph: Any) -> Iterator[tuple[str, Any]]:
    for node in graph.graph_def.node:
        yield f"at {node.name}", node
    for function in graph.graph_def.library.function:
        for node in function.node_def:
            yield f"in {function.signature.name}", node


def _clusters(graph: Any) -> list[str]:
    functions = [
        f"function {one.signature.name}"
        for one in graph.graph_def.library.function
        if one.attr[_COMPILED].b
    ]
    return functions + [
        f"'{node.op}' ({where})"
        for where, node in _nodes(graph)
        if _COMPILED in node.attr and node.attr[_COMPILED].b
    ]


def _paths(graph: Any) -> Iterator[tuple[str, str]]:
    """Constants of one string; those of several are vocabularies."""
    for where, node in _nodes(graph):
        if node.op != "Const" or len(node.attr["value"].tensor.string_val) != 1:
            continue
        tensor = node.attr["value"].tensor
        text = tensor.string_val[0].decode("utf-8", "replace")
        if not tensor.tensor_shape.dim and _PATH.fullmatch(text):
            yield where, text
