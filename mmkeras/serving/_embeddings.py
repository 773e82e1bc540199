"""Where in a model the embeddings are: before and after the fusion."""

from __future__ import annotations

from typing import Any

import keras

from mmkeras._graph import calls_of, first_argument
from mmkeras.spec import Spec
from mmkeras.tasks._contrastive import Towers


def embeddings(
    model: keras.Model, spec: Spec
) -> tuple[dict[str, keras.KerasTensor], keras.KerasTensor | None]:
    """What each input becomes, and what fusion makes of them.

    The fusion is the last layer that is called on a dict of tensors by the inputs'
    names, and those tensors are no inputs of the model: so it is found in a reloaded
    model and behind any name. Of a model without one, a retrieval's towers are
    looked at.

    Args:
        model: a functional model.
        spec: from which it was built.

    Returns:
        `(by input, fused)`; empty and `None` where there is no such layer.
    """
    raw = {id(tensor) for tensor in model.input.values()}
    found: dict[str, keras.KerasTensor] = {}
    fused = None
    for call in calls_of(model):
        given = first_argument(call)
        if not isinstance(given, dict) or not set(given) <= set(spec.inputs):
            continue
        if any(id(tensor) in raw for tensor in given.values()):
            continue
        if isinstance(call.operation, Towers):
            found = {**given, **found}
        elif set(given) == set(spec.inputs) and _is_one(call.outputs):
            found, fused = dict(given), call.outputs[0]
    return found, fused


def _is_one(outputs: list[Any]) -> bool:
    return len(outputs) == 1 and len(outputs[0].shape) == 2
