"""Checks of the modalities that are absent, pooled or padded in a fusion."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmkeras.testing._compare import (
    ROW_TOLERANCE,
    largest_difference,
    magnitude,
    require,
    to_numpy,
)


def check_presence(fusion: Any, inputs: dict[str, np.ndarray]) -> None:
    """Row 1 lacks the first modality, row 2 all, the others have all."""
    first, *rest = sorted(inputs)
    present = {name: np.array([True, True, False, True]) for name in rest}
    present[first] = np.array([True, False, False, True])
    whole = to_numpy(fusion(inputs))
    outputs = to_numpy(fusion(inputs, present=present))
    everyone = dict.fromkeys(inputs, np.ones(4, bool))
    said = to_numpy(fusion(inputs, present=everyone))
    limit = ROW_TOLERANCE * magnitude(whole)
    require(
        largest_difference(said, whole) <= limit, "all present is not the same as whole"
    )
    require(
        largest_difference(outputs[[0, 3]], whole[[0, 3]]) <= limit,
        "who is absent in one row changes another",
    )
    require(bool(np.isfinite(outputs).all()), "a row without any modality is no number")
    if not rest:
        return
    moved = inputs[first].copy()
    moved[1] += 7
    other = {**inputs, first: moved}
    require(
        largest_difference(to_numpy(fusion(other, present=present)), outputs) <= limit,
        "the values of an absent modality matter",
    )
    require(
        largest_difference(outputs[1], whole[1]) > limit,
        "an absent modality is not left out",
    )


def check_pooled(fusion: Any, names: list[str]) -> None:
    random = np.random.default_rng(2)
    inputs = {name: random.normal(size=(4, 5)).astype("float32") for name in names}
    outputs = to_numpy(fusion(inputs))
    require(
        outputs.ndim == 2 and len(outputs) == 4 and bool(np.isfinite(outputs).all()),
        f"of {len(names)} pooled embeddings the output's shape is {outputs.shape}",
    )
    check_presence(fusion, inputs)


def check_masks(fusion: Any) -> None:
    random = np.random.default_rng(1)
    inputs = {
        "a": random.normal(size=(4, 5, 6)).astype("float32"),
        "b": random.normal(size=(4, 3)).astype("float32"),
        "c": random.normal(size=(4, 2, 4)).astype("float32"),
    }
    masks = {"a": np.arange(5) < np.array([[5], [1], [3], [4]])}
    outputs = to_numpy(fusion(inputs, masks=masks))
    require(
        outputs.ndim == 2 and len(outputs) == 4,
        f"of token sequences the output's shape is {outputs.shape}",
    )
    limit = ROW_TOLERANCE * magnitude(outputs)
    other = {**inputs, "a": np.where(masks["a"][..., None], inputs["a"], 9.0)}
    require(
        largest_difference(to_numpy(fusion(other, masks=masks)), outputs) <= limit,
        "padding matters",
    )
    present = {"a": np.array([False, True, True, True]), "c": np.arange(4) != 2}
    lacking = to_numpy(fusion(inputs, masks=masks, present=present))
    other = {**other, "a": other["a"] + np.array([5, 0, 0, 0.0])[:, None, None]}
    other["c"] = inputs["c"] + np.array([0, 0, 5, 0.0])[:, None, None]
    require(
        largest_difference(
            to_numpy(fusion(other, masks=masks, present=present)), lacking
        )
        <= limit,
        "the tokens of an absent modality matter",
    )
