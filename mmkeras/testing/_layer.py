"""What every layer must: the checks that the public ones share."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from mmkeras.testing._compare import (
    ROW_TOLERANCE,
    largest_difference,
    magnitude,
    require,
    to_numpy,
)
from mmkeras.testing._compiled import check_xla
from mmkeras.testing._config import check_config, check_round_trip
from mmkeras.testing._gradient import check_gradient

# Fewer rows, or equal ones, could hide that a layer mixes them.
FEWEST_ROWS = 4


def check_built_layer(layer: keras.Layer, inputs: Any) -> None:
    """As the public `check_layer`, of a layer that has been called before."""
    leaves = keras.tree.flatten(inputs)
    count = len(leaves[0])
    require(
        count >= FEWEST_ROWS
        and any(len(np.unique(leaf, axis=0)) == count for leaf in leaves),
        f"give the check at least {FEWEST_ROWS} rows, each of them different",
    )
    together = to_numpy(layer(inputs))
    alone = np.concatenate(
        [to_numpy(layer(_rows(inputs, slice(i, i + 1)))) for i in range(count)]
    )
    difference = largest_difference(alone, together)
    require(
        difference <= ROW_TOLERANCE * magnitude(together),
        f"a row's result depends on its batch, by {difference:g}",
    )
    check_config(layer)
    check_round_trip(layer, inputs)
    check_xla(layer, inputs, together)
    check_gradient(layer, inputs)


def _rows(inputs: Any, rows: slice) -> Any:
    return keras.tree.map_structure(lambda x: x[rows], inputs)
