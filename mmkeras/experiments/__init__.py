"""Experiments: the same training, for choices side by side."""

from mmkeras.experiments.budget import Budget
from mmkeras.experiments.compare_fusions import compare_fusions
from mmkeras.experiments.comparison import Comparison

__all__ = ["Budget", "Comparison", "compare_fusions"]
