"""The calls of layers that a functional model is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras


def calls_of(model: keras.Model) -> Iterator[Any]:
    """Keras's nodes of a functional model, inputs first.

    A layer that another model shares was called for that one too: those calls are
    not among them, but are in `layer._inbound_nodes` and make `layer.input` fail.
    """
    for depth in sorted(model._nodes_by_depth, reverse=True):
        yield from model._nodes_by_depth[depth]


def first_argument(call: Any) -> Any:
    """What the layer was called on, in the shape that it was given."""
    arguments = call.arguments.args
    return arguments[0] if arguments else None
