"""One half of a retrieval, as a model of its own."""

from __future__ import annotations

import keras

from mmkeras import _checks
from mmkeras._graph import calls_of, first_argument
from mmkeras.tasks._contrastive import Towers, UnitVector


def tower(model: keras.Model, task: str, name: str) -> keras.Model:
    """The tower of one input of a `Retrieval`: to embed a collection once.

    Rows of the other input are then found by the largest product of two vectors
    (a cosine), here or in an index of nearest neighbours.

    Args:
        model: from `build_model`, trained or reloaded; layers and weights are
            shared.
        task: the retrieval's name.
        name: the input's name.

    Returns:
        A `keras.Model` from a dict with this input (and `<name>_present` if it is
        optional) to unit vectors `(batch, dim)`.

    Raises:
        ValueError: if the model has no such retrieval, or that has no such input.

    Example:
        >>> pictures = mm.tower(model, "match", "picture")  # doctest: +SKIP
        >>> captions = mm.tower(model, "match", "caption")  # doctest: +SKIP
    """
    heads = {x.name: x for x in model.layers if isinstance(x, Towers)}
    if task not in heads:
        raise _checks.bad_value(
            "tower",
            "task",
            "a retrieval of the model",
            task,
            _checks.did_you_mean(task, heads),
        )
    head = heads[task]
    if name not in (head.left, head.right):
        raise _checks.bad_value(
            "tower",
            "name",
            "one of the two inputs",
            name,
            _checks.did_you_mean(name, (head.left, head.right)),
        )
    position = (head.left, head.right).index(name)
    (embedding,) = (
        first_argument(call)[name] for call in calls_of(model) if call.operation is head
    )
    vector = UnitVector(name=f"{task}_{name}")(head.projections[position](embedding))
    inputs = {
        key: tensor
        for key, tensor in model.input.items()
        if key in (name, f"{name}_present")
    }
    return keras.Model(inputs, vector, name=f"{task}_{name}")
