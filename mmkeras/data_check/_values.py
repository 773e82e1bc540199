"""Findings about numbers and categories."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmkeras.data_check._checked import Checked, are, histogram, listed, number_of
from mmkeras.data_check.finding import WARNING
from mmkeras.split_rule import TRAIN

# Standard deviations from the mean.
_OUTLIER = 6.0


def check_numbers(checked: Checked, name: str) -> dict[str, Any]:
    """Ranges of numbers, and those far from all others."""
    modality: Any = checked.data.spec.inputs[name]
    rows = checked.present(name, checked.usable())
    values = np.asarray(checked.data.columns[name])[rows, 0].astype(float)
    far = np.abs(values - modality.mean) > _OUTLIER * modality.std
    figures: dict[str, Any] = {"splits": {}}
    for split, mine in checked.by_split(rows):
        found: dict[str, Any] = {"rows with a number": int(mine.sum())}
        if mine.any():
            found |= {
                "lowest": float(values[mine].min()),
                "mean": float(values[mine].mean()),
                "highest": float(values[mine].max()),
                "standard deviation": float(values[mine].std()),
                "outliers": int(far[mine].sum()),
            }
            if split == TRAIN and np.ptp(values[mine]) == 0:
                checked.add(
                    WARNING,
                    "constant_number",
                    name,
                    f"'{name}' is {values[mine][0]:g} on every row of '{TRAIN}': it "
                    "says nothing; drop the input.",
                )
        figures["splits"][split] = found
    figures["histogram"] = histogram(
        name, {split: values[mine] for split, mine in checked.by_split(rows)}
    )
    if far.any():
        found_rows = rows[far].tolist()
        checked.add(
            WARNING,
            "outliers",
            name,
            f"{number_of(len(found_rows), 'number')} of '{name}' {are(found_rows)} "
            f"further than {_OUTLIER:g} standard deviations from the mean of "
            f"'{TRAIN}', such as {values[far][0]:g} of "
            f"'{checked.data.ids[found_rows[0]]}': see whether the unit is right, "
            "or whether it means 'missing'.",
            found_rows,
        )
    return figures


def check_categories(checked: Checked, name: str) -> dict[str, Any]:
    """How many names there are, and those that training does not have."""
    modality = checked.data.spec.inputs[name]
    rows = checked.present(name, checked.usable())
    ids = np.asarray(checked.data.columns[name])[rows]
    cells = checked.data.cells(modality.column)
    figures: dict[str, Any] = {"splits": {}}
    for split, mine in checked.by_split(rows):
        strange = rows[mine & (ids == 0)].tolist()
        figures["splits"][split] = {
            "rows with a name": int(mine.sum()),
            "different names": len(np.unique(ids[mine])),
            "rows of a name not in train": len(strange),
        }
        if strange:
            names = list(dict.fromkeys(str(cells[row]) for row in strange))
            checked.add(
                WARNING,
                "unknown_names",
                name,
                f"'{name}' of {number_of(len(strange), 'row')} of '{split}' is a name "
                f"that no row of '{TRAIN}' has ({listed(names)}): the model takes all "
                "such for one unknown name; mend the spelling, or add rows.",
                strange,
            )
    return figures
