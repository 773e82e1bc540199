"""The contract of a fusion."""

from __future__ import annotations

import inspect
from typing import Any

import keras
import numpy as np

from mmkeras.testing._compare import require, to_numpy
from mmkeras.testing._compiled import check_export
from mmkeras.testing._fusion import check_masks, check_pooled, check_presence
from mmkeras.testing._gradient import check_gradient
from mmkeras.testing._layer import check_built_layer


def check_fusion(fusion_class: type[keras.Layer], **arguments: Any) -> None:
    """Hold a fusion to its contract.

    It works with one modality and with five, gives `(batch, dim)`, does not depend
    on the order of the dict, is exported, and meets what every layer must.

    One whose `call` takes `present` leaves an absent modality out: its values do
    not matter there, all present is the same as none said, and a row without any
    still gives numbers. One whose `call` takes `masks` reads token sequences too,
    and no padding; any other refuses them with a `ValueError`.

    Args:
        fusion_class: the layer's class.
        **arguments: for its constructor.

    Raises:
        AssertionError: naming what does not hold.
    """
    random = np.random.default_rng(0)
    parameters = inspect.signature(fusion_class.call).parameters
    # Of sequences, since attention to the one token of a pooled embedding is 1
    # whatever its weights are: no gradient would reach them.
    shape = (4, 3, 6) if "masks" in parameters else (4, 6)
    for names in (["a"], ["a", "b"], list("abcde")):
        inputs = {name: random.normal(size=shape).astype("float32") for name in names}
        fusion = fusion_class(**arguments)
        outputs = to_numpy(fusion(inputs))
        require(
            outputs.ndim == 2 and len(outputs) == 4,
            f"with {len(names)} modalities the output's shape is {outputs.shape}",
        )
        mixed = dict(reversed(inputs.items()))
        require(
            np.array_equal(to_numpy(fusion(mixed)), outputs),
            "the order of the dict matters",
        )
        if len(names) == 2:
            check_built_layer(fusion, inputs)
            check_export(fusion, inputs)
        else:
            check_gradient(fusion, inputs)
        if "present" in parameters:
            check_presence(fusion, inputs)
    if "masks" in parameters:
        for names in (["a"], ["a", "b"]):
            check_pooled(fusion_class(**arguments), names)
        check_masks(fusion_class(**arguments))
        return
    try:
        fusion_class(**arguments)({"a": np.zeros((2, 3, 4), "float32")})
    except ValueError as error:
        require("'a'" in str(error), "the error does not name the modality")
    else:
        require(False, "a token sequence is not refused")
