"""Tasks: what is learned."""

from mmkeras.tasks.bounding_box import BoundingBox
from mmkeras.tasks.classification import Classification
from mmkeras.tasks.clustering import Clustering
from mmkeras.tasks.multi_label import MultiLabel
from mmkeras.tasks.ordinal import Ordinal
from mmkeras.tasks.regression import Regression
from mmkeras.tasks.retrieval import Retrieval
from mmkeras.tasks.task import Task

#: What a spec's `type` names.
TASKS: dict[str, type[Task]] = {
    "bounding_box": BoundingBox,
    "classification": Classification,
    "clustering": Clustering,
    "multi_label": MultiLabel,
    "ordinal": Ordinal,
    "regression": Regression,
    "retrieval": Retrieval,
}

__all__ = [
    "TASKS",
    "BoundingBox",
    "Classification",
    "Clustering",
    "MultiLabel",
    "Ordinal",
    "Regression",
    "Retrieval",
    "Task",
]
