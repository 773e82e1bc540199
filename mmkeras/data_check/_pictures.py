"""Findings about pictures: the files, and what the model gets of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mmkeras.data_check._checked import (
    Checked,
    are,
    histogram,
    kinds,
    number_of,
    percent,
    share_of,
)
from mmkeras.data_check._files import files_of, rows_where
from mmkeras.data_check._headers import picture_file
from mmkeras.data_check.finding import NOTE, WARNING

# How many times as wide for its height as what the model gets, or as narrow.
_EXTREME = 3.0
# The share of smaller files from which it is worth a word.
_ENLARGED = 0.1


def check_pictures(checked: Checked, name: str) -> tuple[dict[str, Any], set[int]]:
    """Sizes, shapes and formats of pictures, and those of one colour.

    Returns:
        Figures, and the rows whose picture has one colour.
    """
    modality: Any = checked.data.spec.inputs[name]
    constant = rows_where(checked, name, lambda x: np.ptp(x, axis=(1, 2, 3)) == 0)
    rows, files = files_of(checked, name, picture_file)
    figures: dict[str, Any] = {"splits": {}}
    sizes = np.array([(f.height, f.width) for f in files], float).reshape(-1, 2)
    target = np.array(modality.size, float)
    scales = target / np.maximum(sizes, 1)
    pick = {"pad": scales.min(1), "crop": scales.max(1)}
    enlarged = pick.get(modality.resize, np.sqrt(scales.prod(1))) > 1
    shape = np.abs(np.log(np.maximum(scales[:, 0], 1e-9) / scales[:, 1]))
    extreme = shape > math.log(_EXTREME)
    for split, mine in checked.by_split(rows):
        some = [file for file, chosen in zip(files, mine, strict=True) if chosen]
        figures["splits"][split] = _picture_figures(some) | {
            "share enlarged": share_of(enlarged[mine]),
            "share of another shape": share_of(extreme[mine]),
            "of one colour": sum(
                checked.split_of(row) == split for row in sorted(constant)
            ),
        }
    sides = sizes.max(1, initial=0)
    figures["histogram"] = histogram(
        "longer side of the file (pixels)",
        {split: sides[mine] for split, mine in checked.by_split(rows)},
    )
    _picture_findings(checked, name, rows, enlarged, extreme, constant)
    return figures, constant


def _picture_figures(files: Sequence[Any]) -> dict[str, Any]:
    if not files:
        return {"files looked at": 0}
    order = sorted(files, key=lambda file: file.height * file.width)
    named = {
        "smallest": order[0],
        "median": order[len(order) // 2],
        "largest": order[-1],
    }
    return {
        "files looked at": len(files),
        **{key: f"{file.width} x {file.height}" for key, file in named.items()},
        "formats": kinds(file.format for file in files),
        "channels": kinds(file.channels for file in files),
    }


def _picture_findings(
    checked: Checked,
    name: str,
    rows: np.ndarray,
    enlarged: np.ndarray,
    extreme: np.ndarray,
    constant: set[int],
) -> None:
    modality: Any = checked.data.spec.inputs[name]
    size = f"{modality.size[1]} x {modality.size[0]}"
    if constant:
        found = sorted(constant)
        checked.add(
            WARNING,
            "constant_pictures",
            name,
            f"{number_of(len(found), 'picture')} of '{name}' {are(found)} of one "
            f"colour, such as {checked.such_as(found)}: look at the files, and leave "
            "them out if they are empty.",
            found,
        )
    if extreme.any():
        found = rows[extreme].tolist()
        effect = {"stretch": "squeezed", "pad": "mostly padding", "crop": "mostly cut"}
        checked.add(
            WARNING,
            "extreme_shapes",
            name,
            f"{number_of(len(found), 'picture')} of '{name}' {are(found)} more than "
            f"{_EXTREME:g} times as wide or as high as {size}, such as "
            f"{checked.such_as(found)}, and {effect[modality.resize]}: cut them, or "
            "choose another `size` or `resize`.",
            found,
        )
    if share_of(enlarged) > _ENLARGED:
        found = rows[enlarged].tolist()
        checked.add(
            NOTE,
            "enlarged_pictures",
            name,
            f"{percent(share_of(enlarged))} of the pictures of '{name}' are smaller "
            f"than {size} and are enlarged: a smaller `size` costs them nothing.",
            found,
        )
