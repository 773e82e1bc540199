"""The signatures of an export, beside what its metadata promises clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmkeras.serving._check.judged import judged
from mmkeras.serving.serving_finding import ServingFinding

# The others are there where the model has such embeddings.
_ALWAYS = ("serving_default", "tf_example", "decoded")
_BASE64 = "_bytes"
# Of TensorFlow's own, for loading.
_INTERNAL = "__saved_model"


def check_signatures(graph: Any, metadata: Mapping[str, Any]) -> list[ServingFinding]:
    """Names, dtypes and shapes; and no output that a server would put in base64."""
    found = {
        name: {"inputs": _tensors(one.inputs), "outputs": _tensors(one.outputs)}
        for name, one in graph.signature_def.items()
        if not name.startswith(_INTERNAL)
    }
    promised = metadata["signatures"]
    faults = [f"there is no '{n}'" for n in _ALWAYS if n not in {*found, *promised}]
    for name in sorted({*found, *promised}):
        if name not in found:
            faults.append(f"there is no '{name}', which the metadata names")
        elif name not in promised:
            faults.append(f"the metadata has no '{name}'")
        else:
            faults += _differences(name, found[name], promised[name])
    return [
        judged(
            "signatures",
            faults,
            f"{', '.join(sorted(found))}: as the metadata says",
            "Export again with `mm.export`: clients go by the metadata.",
        ),
        judged(
            "names",
            [
                f"'{output}' of '{name}'"
                for name, one in sorted(found.items())
                for output in one["outputs"]
                if output.endswith(_BASE64)
            ],
            f"no output ends in '{_BASE64}'",
            "TensorFlow Serving answers such an output in base64: rename the task.",
        ),
    ]


def _tensors(infos: Mapping[str, Any]) -> dict[str, Any]:
    from tensorflow import dtypes

    return {
        name: {
            "dtype": dtypes.as_dtype(info.dtype).name,
            "shape": None
            if info.tensor_shape.unknown_rank
            else [None if d.size < 0 else d.size for d in info.tensor_shape.dim],
        }
        for name, info in infos.items()
    }


def _differences(
    name: str, found: Mapping[str, Any], promised: Mapping[str, Any]
) -> list[str]:
    faults = []
    for side, verb in (("inputs", "takes"), ("outputs", "gives")):
        have, want = found[side], promised.get(side, {})
        for tensor in sorted({*have, *want}):
            if tensor not in have:
                faults.append(f"'{name}' {verb} no '{tensor}'")
            elif tensor not in want:
                faults.append(f"'{name}' {verb} '{tensor}', unknown to the metadata")
            elif have[tensor] != want[tensor]:
                faults.append(
                    f"'{name}' {verb} '{tensor}' as {_said(have[tensor])}, in the "
                    f"metadata it is {_said(want[tensor])}"
                )
    return faults


def _said(tensor: Mapping[str, Any]) -> str:
    return f"{tensor.get('dtype')} {tensor.get('shape')}"
