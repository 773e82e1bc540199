"""Figures of an evaluation, and how sure one can be of them."""

from mmkeras.figures.bootstrap import (
    bootstrap_counts,
    bootstrap_intervals,
    mean_interval,
)
from mmkeras.figures.box_figures import BoxFigures
from mmkeras.figures.classification_figures import ClassificationFigures
from mmkeras.figures.clustering_figures import ClusteringFigures
from mmkeras.figures.figures import Figures
from mmkeras.figures.multi_label_figures import MultiLabelFigures
from mmkeras.figures.ordinal_figures import OrdinalFigures
from mmkeras.figures.regression_figures import RegressionFigures
from mmkeras.figures.retrieval_figures import RetrievalFigures

__all__ = [
    "BoxFigures",
    "ClassificationFigures",
    "ClusteringFigures",
    "Figures",
    "MultiLabelFigures",
    "OrdinalFigures",
    "RegressionFigures",
    "RetrievalFigures",
    "bootstrap_counts",
    "bootstrap_intervals",
    "mean_interval",
]
