"""The contract of a task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from mmkeras.tasks import Task
from mmkeras.testing._compare import require, to_numpy
from mmkeras.testing._layer import FEWEST_ROWS, check_built_layer


def check_task(task: Task, cells: Sequence[Any], bad: Sequence[Any] = ()) -> None:
    """Hold a task to its contract.

    Labels encode; the head fits the loss; steps on a fixed batch lower the loss;
    answers come back as names, and are those that are served; the figures' headline
    is there, and resamples give the same figures; the head meets what every layer
    must (`check_layer`).

    Args:
        task: fitted.
        cells: good labels, at least two different ones.
        bad: cells that must be refused with `RowError`.

    Raises:
        AssertionError: naming what does not hold.
    """
    from mmkeras._row_error import RowError

    labels = np.array([task.encode(cell) for cell in cells], task.label_dtype)
    shape = (len(cells), *task.label_shape)
    require(labels.shape == shape, f"labels have shape {labels.shape}, not {shape}")
    embeddings = _embeddings(task, len(cells))
    head = task.head("task")
    predictions = to_numpy(head(embeddings))
    answers = task.answers(predictions)
    require(len(answers) == len(cells), f"answers have shape {answers.shape}")
    served = {k: v.numpy() for k, v in task.serve("task", head(embeddings)).items()}
    names = served["task"]
    if names.dtype == object:
        names = np.array([name.decode() for name in names])
    if not task.inputs():
        require(np.array_equal(names, answers), "served answers are other ones")
    _check_figures(task, labels, predictions)
    for cell in bad:
        try:
            task.encode(cell)
        except RowError:
            continue
        require(False, f"a bad label was not refused: {cell!r}")
    if task.loss() is not None:
        _check_training(task, head, embeddings, labels)
    check_built_layer(head, _embeddings(task, FEWEST_ROWS))


def _embeddings(task: Task, rows: int) -> Any:
    random = np.random.default_rng(0)

    def draw() -> np.ndarray:
        return random.normal(size=(rows, 16)).astype("float32")

    return {name: draw() for name in task.inputs()} or draw()


def _check_figures(task: Task, labels: np.ndarray, predictions: np.ndarray) -> None:
    figures, ones = task.figures(labels, predictions), np.ones(len(labels), "float32")
    point = figures.point(ones)
    require(figures.headline in point, f"there is no figure '{figures.headline}'")
    scores = figures.rows()
    if scores is not None:
        same = np.isclose(scores.mean(), point[figures.headline])
        require(bool(same), "the headline is not the mean of the rows' scores")
    for key, values in figures.replicates(ones[None]).items():
        same = key not in point or np.isclose(values[0], point[key], rtol=1e-5)
        require(bool(same), f"'{key}' of a resample is another figure")


def _check_training(
    task: Task, head: keras.Layer, embeddings: Any, labels: np.ndarray
) -> None:
    inputs: Any = {n: keras.Input((16,), name=n) for n in task.inputs()}
    inputs = inputs or keras.Input((16,))
    model = keras.Model(inputs, head(inputs))
    model.compile(
        keras.optimizers.Adam(0.01), task.loss(), weighted_metrics=task.metrics()
    )
    before = float(task.loss()(labels, head(embeddings)))  # type: ignore[misc]
    model.fit(embeddings, labels, epochs=20, verbose=0)
    after = float(task.loss()(labels, head(embeddings)))  # type: ignore[misc]
    require(after < before, f"training does not lower the loss: {before} to {after}")
