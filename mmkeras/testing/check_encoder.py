"""The contract of an encoder."""

from __future__ import annotations

import keras
import numpy as np

from mmkeras.testing._compare import (
    ROW_TOLERANCE,
    largest_difference,
    magnitude,
    require,
    to_numpy,
)
from mmkeras.testing._compiled import check_export
from mmkeras.testing._layer import check_built_layer


def check_encoder(
    encoder: keras.Layer, inputs: np.ndarray, *, padding: bool = False
) -> None:
    """Hold an encoder to its contract.

    Output `(batch, dim)` or `(batch, tokens, dim)`; and what every layer must
    (`check_layer`), and it is exported.

    Args:
        encoder: a Keras layer or model.
        inputs: a batch of at least 4 different rows, as its preprocessing gives it.
        padding: whether the rows are token ids whose result must not change with
            more padding (id 0) at the end.

    Raises:
        AssertionError: naming what does not hold.
    """
    outputs = to_numpy(encoder(inputs))
    require(
        outputs.ndim in (2, 3) and outputs.shape[0] == len(inputs),
        f"the output's shape is {outputs.shape}, not (batch, dim) or "
        "(batch, tokens, dim)",
    )
    check_built_layer(encoder, inputs)
    check_export(encoder, inputs)
    if padding:
        wider = to_numpy(encoder(np.pad(inputs, ((0, 0), (0, 3)))))
        if outputs.ndim == 3:
            # What a token becomes where there is none is for the mask to hide.
            real = (inputs != 0)[..., None]
            outputs, wider = outputs * real, wider[:, : inputs.shape[1]] * real
        difference = largest_difference(wider, outputs)
        require(
            difference <= ROW_TOLERANCE * magnitude(outputs),
            f"padding changes the result by {difference:g}",
        )
