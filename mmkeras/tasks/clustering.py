"""Groups of rows that lie together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import keras
import numpy as np
from pydantic import Field, model_validator

from mmkeras._cells import as_text, is_missing
from mmkeras._frozen import not_learned, wrong
from mmkeras.figures import ClusteringFigures
from mmkeras.tasks._groups import NOBODY, group_number
from mmkeras.tasks.task import Task

if TYPE_CHECKING:
    import tensorflow as tf


class Clustering(Task):
    """The fused embedding, and how it falls into clusters.

    It has no loss: it looks at what the other tasks of the spec make of the rows. An
    evaluation fits k-means (scikit-learn) to the split's embeddings and compares the
    clusters with labels, where there are some. Labels train nothing.

    Args:
        type: `"clustering"`.
        column: of labels to compare with; none if not given.
        optional: whether a row may lack its label.
        weight_column: a column of row weights.
        weight: unused: there is no loss.
        clusters: how many; the number of different labels of the training split if
            not given.
        seed: of k-means.

    Example:
        >>> Clustering(column="kind").fit(["cat", "dog", "cat"]).clusters
        2
    """

    type: Literal["clustering"] = "clustering"
    column: str | None = None
    clusters: Annotated[int, Field(ge=2)] | None = None
    seed: int = 0

    no_label: ClassVar[int] = NOBODY
    needs_label: ClassVar[bool] = False

    @model_validator(mode="after")
    def _number_is_known(self) -> Self:
        if self.column is None and self.clusters is None:
            fix = "There are no labels to count."
            raise wrong("given where there is no column", None, fix, ("clusters",))
        return self

    @property
    def weighted(self) -> bool:
        """Never: nothing is learned."""
        return False

    @property
    def label_dtype(self) -> str:
        """`int32`: a number of the row's label; -1 is none."""
        return "int32"

    def columns(self) -> tuple[str, ...]:
        """The column of labels, if there is one."""
        return () if self.column is None else (self.column,)

    def fit(self, cells: Iterable[Any]) -> Self:
        """Count the training split's labels if no number of clusters is given.

        Raises:
            SpecError: if there are fewer than two.
        """
        if self.clusters is not None:
            return self
        found = {as_text(cell) for cell in cells if not is_missing(cell)}
        return self.replace(clusters=len(found))

    def encode(self, cell: Any) -> int:
        """A number that equal labels share; -1 where there is no column."""
        return NOBODY if self.column is None else group_number(cell)

    def head(self, name: str) -> keras.Layer:
        """The fused embedding as it is."""
        return keras.layers.Identity(name=name, dtype="float32")

    def loss(self) -> None:
        """Nothing is learned."""
        return None

    def metrics(self) -> list[keras.metrics.Metric]:
        """None: a cluster is one of all rows, not of a batch."""
        return []

    def answers(self, predictions: np.ndarray) -> np.ndarray:
        """`(batch, dim)` embeddings as they are."""
        return predictions

    def serve(self, name: str, predictions: tf.Tensor) -> dict[str, tf.Tensor]:
        """`<name>`: the embedding."""
        return {name: predictions}

    def figures(self, labels: np.ndarray, predictions: np.ndarray) -> ClusteringFigures:
        """NMI and ARI against labels, silhouette, sizes."""
        if self.clusters is None:
            raise not_learned("Clustering", "clusters", "clusters are made")
        return ClusteringFigures(labels, predictions, self.clusters, self.seed)
