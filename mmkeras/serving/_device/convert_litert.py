"""A program that makes a LiteRT file of a SavedModel, with TensorFlow alone.

It is run by its path: the converter may end its process (it does where it quantises
a loop), and is then not the caller's. Its folder holds `job.json`, the SavedModel in
`saved` and `rows.npz`; it writes the file, its answers to the rows in `answers.npz`,
and last `done.json`.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

SIGNATURE = "serving_default"


def main(folder: Path) -> None:
    """Do the job in the folder."""
    warnings.simplefilter("ignore")
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    sys.path += job["path"]
    try:
        content = _convert(folder, job)
        (folder / job["file"]).write_bytes(content)
        done = _describe(content)
        np.savez(folder / "answers.npz", **_answers(folder, content))
    except Exception as error:
        done = {"error": f"{type(error).__name__}: {error}"}
    (folder / "done.json").write_text(json.dumps(done), encoding="utf-8")


def _convert(folder: Path, job: dict[str, Any]) -> bytes:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / "saved"))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if job["precision"] == "float32":
        return converter.convert()
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if job["precision"] == "float16":
        converter.target_spec.supported_types = [tf.float16]
        return converter.convert()
    # Tensors have the names in the float file that the quantiser knows them by.
    floats = _interpreter(_convert(folder, {"precision": "float32"}), False)
    names = [tensor["name"] for tensor in floats.get_tensor_details()]
    converter.representative_dataset = lambda: _rows(folder)
    return tf.lite.experimental.QuantizationDebugger(
        converter=converter,
        debug_options=tf.lite.experimental.QuantizationDebugOptions(
            denylisted_nodes=[
                name for name in names if _stays_float(name, **job["float_layers"])
            ]
        ),
    ).get_nondebug_quantized_model()


def _stays_float(tensor: str, names: list[str], but: list[str]) -> bool:
    """Whether a tensor is computed in a layer of `names` and in none of `but` in it.

    Args:
        tensor: its name, `model_1/layer_1/operation`; of operations that were made
            one, such names joined by `;`.
        names: of layers.
        but: of layers.
    """
    for one in tensor.split(";"):
        # A scope has its layer's name, with or without a number.
        scopes = [{x, re.sub(r"_\d+$", "", x)} for x in one.split("/")[:-1]]
        for place, scope in enumerate(scopes):
            inside = set().union(*scopes[place + 1 :])
            if scope & set(names) and not inside & set(but):
                return True
    return False


def _interpreter(content: bytes, delegated: bool) -> Any:
    """With what runs the file on most devices (XNNPACK), or plainly."""
    import tensorflow as tf

    kinds = tf.lite.experimental.OpResolverType
    kind = kinds.AUTO if delegated else kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    return tf.lite.Interpreter(
        model_content=content, experimental_op_resolver_type=kind
    )


def _describe(content: bytes) -> dict[str, Any]:
    """Inputs and outputs by name, in the file's order."""
    interpreter = _interpreter(content, False)
    interpreter.allocate_tensors()
    signature = interpreter.get_signature_runner(SIGNATURE)
    sides = {
        "inputs": (signature.get_input_details(), interpreter.get_input_details()),
        "outputs": (signature.get_output_details(), interpreter.get_output_details()),
    }
    done: dict[str, Any] = {}
    for side, (by_name, in_order) in sides.items():
        order = [tensor["index"] for tensor in in_order]
        names = sorted(by_name, key=lambda name: order.index(by_name[name]["index"]))
        done[side] = {name: _tensor(by_name[name]) for name in names}
    return done


def _tensor(details: dict[str, Any]) -> dict[str, Any]:
    scale, zero_point = details["quantization"]
    return {
        "dtype": np.dtype(details["dtype"]).name,
        "shape": [int(size) for size in details["shape"]],
        # A scale of 0 says that there is none.
        "scale": float(scale) or None,
        "zero_point": int(zero_point) if scale else None,
    }


def _answers(folder: Path, content: bytes) -> dict[str, Any]:
    run = _interpreter(content, True).get_signature_runner(SIGNATURE)
    answers = [run(**row) for row in _rows(folder)]
    return {
        name: np.concatenate([answer[name] for answer in answers])
        for name in answers[0]
    }


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    with np.load(folder / "rows.npz") as file:
        columns = dict(file)
    for row in range(len(next(iter(columns.values())))):
        yield {name: values[row : row + 1] for name, values in columns.items()}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
