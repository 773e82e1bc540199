"""Inputs of a few rows, as parts of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmkeras._page_media import picture, sound
from mmkeras.dataset import Dataset, Split

ABSENT = "absent"
# What stands in the page of a long sound, in seconds.
_LONGEST = 20
# Of a text, in characters.
_LONGEST_TEXT = 600
# Okabe and Ito's green for the truth, vermilion for the answer.
_TRUTH, _ANSWER = (0, 158, 115), (213, 94, 0)
# Pixels of the shorter side from which a thin line can be told from its neighbours.
_DRAWABLE = 160


class Media:
    """What the model gets of some rows.

    Args:
        split: whose rows.
        rows: their places in it.
    """

    def __init__(self, split: Split, rows: Sequence[int]):
        self._split = split
        self._places = {row: place for place, row in enumerate(rows)}
        self._inputs: Mapping[str, np.ndarray] = {}
        if len(rows):
            data = _decoded(split.data)
            few = Split(data, split.name, split.positions[rows], split.without)
            batch = next(iter(few.batches(len(rows), seed=0)))
            self._inputs = {name: x.numpy() for name, x in batch[0].items()}

    def parts(
        self, row: int, boxes: Mapping[str, Sequence[np.ndarray]]
    ) -> list[tuple[str, str]]:
        """Each input of a row, by its label.

        Args:
            row: its place in the split.
            boxes: to draw into the picture of that name: the truth, the answer.
        """
        found = []
        inputs: Mapping[str, Any] = self._split.spec.inputs
        for name, modality in inputs.items():
            there = self._split.has(name, self._split.positions[row])
            said = [] if modality.type in name else [modality.type]
            if modality.type == "audio" and modality.seconds > _LONGEST:
                said.append(f"the first {_LONGEST} seconds")
            if name in boxes:
                said.append("green: the truth, orange: the answer")
            label = f"{name} ({', '.join(said)})" if said else name
            part = self._part(row, name, boxes.get(name, ())) if there else ABSENT
            found.append((label, part))
        return found

    def _part(self, row: int, name: str, boxes: Sequence[np.ndarray]) -> str:
        split = self._split
        modality, position = split.spec.inputs[name], split.positions[row]
        value = self._inputs[name][self._places[row]]
        alt = f"{name} of row {split.ids[row]}"
        if modality.type == "image":
            if boxes:
                value = with_boxes(value, boxes)
                alt += " with two boxes"
            return picture(value, alt)
        if modality.type == "audio":
            most = round(_LONGEST * modality.sample_rate)
            return sound(value[:most], modality.sample_rate, alt)
        cell = split.data.cells(modality.column)[position]
        text = modality.read(cell, split.spec.source.root_path()).decode(
            "utf-8", "replace"
        )
        if len(text) <= _LONGEST_TEXT:
            return text
        return f"{text[:_LONGEST_TEXT]} ... ({len(text):,} characters)"


def _decoded(data: Dataset) -> Dataset:
    """The data set without what was preprocessed: pixels and samples again."""
    if not data.floats:
        return data
    return Dataset(
        data.spec,
        data.columns,
        data.ids,
        data.quarantine,
        data.counts,
        data.path,
        data.media,
    )


def with_boxes(pixels: np.ndarray, boxes: Sequence[np.ndarray]) -> np.ndarray:
    """A copy of a picture, enlarged if it is small, with the truth and the answer.

    Args:
        pixels: uint8 `(height, width, channels)`.
        boxes: corners `x0 y0 x1 y1` in parts of the picture: of the truth, then of
            the answer.
    """
    import cv2

    height, width, channels = pixels.shape
    scale = max(1, -(-_DRAWABLE // min(height, width)))
    large: Any = pixels.repeat(scale, 0).repeat(scale, 1)
    large = np.ascontiguousarray(large.repeat(3, -1) if channels == 1 else large)
    size = np.array([width, height] * 2) * scale
    thick = max(2, round(min(size) / _DRAWABLE))
    for corners, colour in zip(boxes, (_TRUTH, _ANSWER), strict=True):
        x0, y0, x1, y1 = (int(v) for v in np.rint(corners * size).clip(0, size - 1))
        # With white on both sides a line is seen on any colour.
        for line, width in (((255, 255, 255), 3 * thick), (colour, thick)):
            cv2.rectangle(large, (x0, y0), (x1, y1), line, width)
    return large
