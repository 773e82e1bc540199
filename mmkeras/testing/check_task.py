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
    answers come back as names, and are those that are served; the head meets what
    every layer must (`check_layer`).

    Args:
        task: fitted.
        cells: good labels, at least two different ones.
        bad: cells that must be refused with `RowError`.

    Raises:
        AssertionError: naming what does not hold.
    """
    from mmkeras._row_error import RowError

    labels = np.array([task.encode(cell) for cell in cells], task.label_dtype)
    random = np.random.default_rng(0)
    fused = random.normal(size=(len(cells), 16)).astype("float32")
    head = task.head("task")
    predictions = to_numpy(head(fused))
    answers = task.answers(predictions)
    require(answers.shape == (len(cells),), f"answers have shape {answers.shape}")
    served = {k: v.numpy() for k, v in task.serve("task", head(fused)).items()}
    names = served["task"]
    if names.dtype == object:
        names = np.array([name.decode() for name in names])
    require(np.array_equal(names, answers), "served answers are other ones")
    score = task.score(labels, predictions, np.ones(len(cells), "float32"))
    require(bool(score), "there is no figure to evaluate")
    for cell in bad:
        try:
            task.encode(cell)
        except RowError:
            continue
        require(False, f"a bad label was not refused: {cell!r}")
    model = keras.Sequential([keras.Input((16,)), head])
    model.compile(keras.optimizers.Adam(0.01), task.loss(), metrics=task.metrics())
    before = float(task.loss()(labels, head(fused)))
    model.fit(fused, labels, epochs=20, verbose=0)
    after = float(task.loss()(labels, head(fused)))
    require(after < before, f"training does not lower the loss: {before} to {after}")
    rows = random.normal(size=(FEWEST_ROWS, 16)).astype("float32")
    check_built_layer(head, rows)
