"""Evaluation: figures that one can trust."""

from mmkeras.evaluation.corruption import Corruption
from mmkeras.evaluation.effective_robustness import effective_robustness
from mmkeras.evaluation.evaluate import evaluate, predict
from mmkeras.evaluation.modality_shares import ModalityShares, modality_shares
from mmkeras.evaluation.model_card import model_card
from mmkeras.evaluation.plot_confusion import plot_confusion
from mmkeras.evaluation.plot_history import plot_history
from mmkeras.evaluation.plot_modality_shares import plot_modality_shares
from mmkeras.evaluation.plot_robustness import plot_robustness
from mmkeras.evaluation.relative_robustness import relative_robustness
from mmkeras.evaluation.report import Report
from mmkeras.evaluation.report_comparison import ReportComparison
from mmkeras.evaluation.robustness import Robustness, robustness

__all__ = [
    "Corruption",
    "ModalityShares",
    "Report",
    "ReportComparison",
    "Robustness",
    "effective_robustness",
    "evaluate",
    "modality_shares",
    "model_card",
    "plot_confusion",
    "plot_history",
    "plot_modality_shares",
    "plot_robustness",
    "predict",
    "relative_robustness",
    "robustness",
]
