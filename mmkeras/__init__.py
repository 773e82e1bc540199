"""mmkeras: Keras models that see, read and hear at once."""

from mmkeras import (
    demo,
    encoders,
    experiments,
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
from mmkeras.dataset import Dataset, Split, load_dataset
from mmkeras.demo import quickstart
from mmkeras.evaluation import Report, evaluate, plot_confusion, plot_history, predict
from mmkeras.experiments import compare_fusions
from mmkeras.model import build_model, inputs
from mmkeras.precompute import Precomputed, precompute
from mmkeras.profiling import Profile, profile
from mmkeras.serving import export
from mmkeras.spec import About, Spec, load_spec
from mmkeras.split_rule import SplitByColumn, SplitByHash
from mmkeras.xla_report import XlaReport, xla_report

__all__ = [
    "About",
    "Dataset",
    "Precomputed",
    "Profile",
    "Report",
    "Spec",
    "SpecError",
    "Split",
    "SplitByColumn",
    "SplitByHash",
    "XlaReport",
    "__version__",
    "build_model",
    "compare_fusions",
    "demo",
    "encoders",
    "evaluate",
    "experiments",
    "export",
    "fusion",
    "inputs",
    "layers",
    "load_dataset",
    "load_spec",
    "modalities",
    "plot_confusion",
    "plot_history",
    "precompute",
    "predict",
    "profile",
    "quickstart",
    "recipes",
    "sources",
    "tasks",
    "text",
    "xla_report",
]
