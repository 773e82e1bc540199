"""mmkeras: Keras models that see, read and hear at once."""

from mmkeras import (
    demo,
    encoders,
    evaluation_sets,
    experiments,
    figures,
    fusion,
    layers,
    modalities,
    recipes,
    sources,
    tasks,
    text,
)
from mmkeras._frozen import SpecError
from mmkeras._version import __version__
from mmkeras.data_check import DataCheck, Finding, check_data
from mmkeras.dataset import Dataset, Split, load_dataset
from mmkeras.demo import quickstart
from mmkeras.evaluation import (
    Corruption,
    ModalityShares,
    Report,
    ReportComparison,
    Robustness,
    effective_robustness,
    evaluate,
    modality_shares,
    model_card,
    plot_confusion,
    plot_history,
    plot_modality_shares,
    plot_robustness,
    predict,
    relative_robustness,
    robustness,
)
from mmkeras.experiments import compare_fusions
from mmkeras.model import build_model, inputs
from mmkeras.precompute import Precomputed, precompute
from mmkeras.profiling import Profile, profile
from mmkeras.serving import export
from mmkeras.spec import About, Spec, load_spec
from mmkeras.split_rule import SplitByColumn, SplitByHash
from mmkeras.tower import tower
from mmkeras.xla_report import XlaReport, xla_report

__all__ = [
    "About",
    "Corruption",
    "DataCheck",
    "Dataset",
    "Finding",
    "ModalityShares",
    "Precomputed",
    "Profile",
    "Report",
    "ReportComparison",
    "Robustness",
    "Spec",
    "SpecError",
    "Split",
    "SplitByColumn",
    "SplitByHash",
    "XlaReport",
    "__version__",
    "build_model",
    "check_data",
    "compare_fusions",
    "demo",
    "effective_robustness",
    "encoders",
    "evaluate",
    "evaluation_sets",
    "experiments",
    "export",
    "figures",
    "fusion",
    "inputs",
    "layers",
    "load_dataset",
    "load_spec",
    "modalities",
    "modality_shares",
    "model_card",
    "plot_confusion",
    "plot_history",
    "plot_modality_shares",
    "plot_robustness",
    "precompute",
    "predict",
    "profile",
    "quickstart",
    "recipes",
    "relative_robustness",
    "robustness",
    "sources",
    "tasks",
    "text",
    "tower",
    "xla_report",
]
