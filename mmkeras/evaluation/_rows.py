"""The rows of a split in memory, to be changed and predicted again and again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import keras
import numpy as np

from mmkeras import _checks
from mmkeras._model_fit import check_fit
from mmkeras._quiet import quiet_tensorflow
from mmkeras.dataset.split import Split
from mmkeras.evaluation._row_means import Headline

# Rows predicted at once; always as many, so that nothing is traced twice.
_BATCH = 256


class Rows:
    """Rows of a split, decoded as its batches give them.

    Args:
        owner: who was called, for errors.
        split: whose rows.
        max_rows: at most as many, drawn by the seed, in the split's order; all if
            `None`.
        seed: of the draw.
    """

    def __init__(self, owner: str, split: Split, max_rows: int | None, seed: int):
        if not isinstance(split, Split):
            raise _checks.bad_type(
                owner,
                "split",
                "a split of a data set",
                type(split).__name__,
                "Pass for example `data['test']`.",
            )
        positions = split.positions
        if max_rows is not None:
            _checks.check_positive_int(owner, "max_rows", max_rows)
            drawn = np.random.default_rng(seed).permutation(len(positions))[:max_rows]
            positions = positions[np.sort(drawn)]
        if not len(positions):
            raise _checks.bad_value(owner, "split", "one with rows", split.name)
        self.owner = owner
        self.split = Split(split.data, split.name, positions, split.without)
        self.spec = split.data.spec
        parts = [
            batch[0] for batch in self.split.batches(_BATCH, seed=0).as_numpy_iterator()
        ]
        self.inputs = {
            key: np.concatenate([part[key] for part in parts]) for key in parts[0]
        }
        # What a task's figures are of: rows with a label that counts.
        self.counted = {name: self.split.weights(name) > 0 for name in self.spec.tasks}

    def __len__(self) -> int:
        return len(self.split)

    def weights(self, task: str) -> np.ndarray:
        """Of the rows that count for a task."""
        return self.split.weights(task)[self.counted[task]].astype("float64")

    def present(self, name: str) -> np.ndarray:
        """Whether each row has an input."""
        return self.inputs.get(f"{name}_present", np.ones(len(self), bool))

    def without(self, name: str, gone: np.ndarray) -> dict[str, np.ndarray]:
        """An optional input as it is where some rows lack it.

        Args:
            name: of the input.
            gone: `(rows,)` bools.
        """
        values = self.inputs[name].copy()
        blank = self.spec.inputs[name].blank()
        values[gone] = 0 if name in self.split.data.floats else blank
        return {name: values, f"{name}_present": self.present(name) & ~gone}

    def shuffled(self, name: str, order: np.ndarray) -> dict[str, np.ndarray]:
        """An input with the values of other rows, present where they are."""
        keys = (name, f"{name}_present")
        return {key: self.inputs[key][order] for key in keys if key in self.inputs}

    def check(self, model: keras.Model) -> None:
        """Raise a `ValueError` unless the model and the spec fit."""
        fix = "Build it from `data.spec`; `data.select(...)` gives fewer inputs."
        check_fit(self.owner, model, self.spec, fix)

    def figures(
        self,
        model: keras.Model,
        changed: Mapping[str, np.ndarray] | None = None,
        tasks: Iterable[str] | None = None,
    ) -> dict[str, Any]:
        """Tasks' `Figures`, of the rows with a label that counts.

        Args:
            model: that fits.
            changed: what differs from `inputs`.
            tasks: whose; all if `None`.
        """
        predictions = self._predict(model, {**self.inputs, **(changed or {})})
        found = {}
        for name in self.spec.tasks if tasks is None else tasks:
            counted = self.counted[name]
            if not counted.any():
                raise _checks.bad_value(
                    self.owner,
                    "split",
                    f"one with a label of '{name}'",
                    self.split.name,
                    "No row of it has one with a weight above 0.",
                )
            labels = self.split.labels(name)[counted]
            task = self.spec.tasks[name]
            found[name] = task.figures(labels, predictions[name][counted])
        return found

    def clean(
        self, model: keras.Model
    ) -> tuple[dict[str, np.ndarray], dict[str, Headline]]:
        """Scores and headlines of the tasks whose headline is a mean over rows."""
        figures = self.figures(model)
        scores = _scores(figures)
        if not scores:
            raise _checks.bad_value(
                self.owner,
                "split",
                "one of a task whose headline figure is a mean over rows",
                sorted(self.spec.tasks),
                "Clustering has no such figure.",
            )
        headlines = {n: Headline.of(figures[n], self.spec.tasks[n]) for n in scores}
        return scores, headlines

    def scores(
        self,
        model: keras.Model,
        changed: Mapping[str, np.ndarray] | None,
        tasks: Iterable[str],
    ) -> dict[str, np.ndarray]:
        """Each row's score, by task.

        Args:
            model: that fits.
            changed: what differs from `inputs`.
            tasks: those of `clean`.
        """
        return _scores(self.figures(model, changed, tasks))

    def _predict(
        self, model: keras.Model, inputs: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        size = min(_BATCH, len(self))
        parts: dict[str, list[np.ndarray]] = {name: [] for name in self.spec.tasks}
        with quiet_tensorflow():
            for start in range(0, len(self), size):
                # Copies of the last row fill the last batch.
                index = np.minimum(np.arange(start, start + size), len(self) - 1)
                batch = {key: values[index] for key, values in inputs.items()}
                predicted = model.predict_on_batch(batch)
                for name, found in parts.items():
                    found.append(np.asarray(predicted[name])[: len(self) - start])
        predictions = {name: np.concatenate(found) for name, found in parts.items()}
        for name, values in predictions.items():
            bad = ~np.isfinite(values).reshape(len(self), -1).all(-1)
            if bad.any():
                raise ValueError(
                    f"`{self.owner}`: the model's '{name}' is not finite for "
                    f"{int(bad.sum())} rows, the first of them "
                    f"'{self.split.ids[bad][0]}'. Look at the model's layers: "
                    "changed inputs are of the same range as others."
                )
        return predictions


def _scores(figures: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The rows' scores, of the tasks that have them."""
    scores = {name: made.rows() for name, made in figures.items()}
    return {n: np.asarray(s, "float64") for n, s in scores.items() if s is not None}
