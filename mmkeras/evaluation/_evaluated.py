"""What an evaluation of one task was made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mmkeras.figures import Figures


class Evaluated(NamedTuple):
    """One task's rows with a label.

    Attributes:
        figures: of the rows.
        weights: of the rows.
        rows: their places in the split.
        predictions: of the rows.
    """

    figures: Figures
    weights: np.ndarray
    rows: np.ndarray
    predictions: np.ndarray
