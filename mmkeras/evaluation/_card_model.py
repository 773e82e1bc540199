"""What a model card says of the model and its training."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from mmkeras._markdown import escape
from mmkeras._tables import Table
from mmkeras._version import __version__
from mmkeras.spec import Spec
from mmkeras.tasks import Task

# A last loss above the best one by more is worth a word.
_OVERFIT = 1.02


def input_table(spec: Spec) -> Table:
    """What goes in."""
    rows = []
    inputs: dict[str, Any] = spec.inputs
    for name, modality in inputs.items():
        presence = "may be absent" if modality.optional else "needed"
        rows.append([name, modality.type, _what(modality), presence])
    return Table(
        "", ["input", "kind", "what the model gets", "presence"], rows, words=4
    )


def _what(modality: Any) -> str:
    kind = modality.type
    if kind == "image":
        height, width = modality.size
        colours = "grey" if modality.channels == 1 else "RGB"
        return f"{height} x {width} pixels, {colours} (uint8)"
    if kind == "audio":
        rate = f"{modality.seconds:g} s at {modality.sample_rate:,} Hz, mono (int16)"
        bands = f"{modality.num_mel_bins} mel bands"
        if modality.features == "mfcc":
            bands = f"{modality.num_mfcc} cepstral coefficients"
        return f"{rate}, heard in {bands}"
    if kind == "text":
        tokens = modality.split.replace("_", " ")
        size = f"a vocabulary of {modality.vocabulary_size:,}"
        return f"up to {modality.max_tokens} tokens ({tokens}), {size}"
    if kind == "number":
        return f"one number, in training {modality.mean:.4g} ± {modality.std:.4g}"
    if kind == "category":
        return f"one of {modality.vocabulary_size - 1} known names"
    return f"{modality.dtype} of the shape {modality.shape}"


def task_sentence(name: str, task: Any) -> str:
    """What comes out, as Markdown."""
    columns = ", ".join(f"`{column}`" for column in task.columns())
    learned = f"learned from {columns}" if columns else "each row is its own"
    return f"`{name}` is {_answer(task)} ({task.type.replace('_', ' ')}, {learned})"


def _answer(task: Any) -> str:
    kind = task.type
    if kind in ("classification", "ordinal"):
        ordered = ", from low to high" if kind == "ordinal" else ""
        return f"one of {_listed(task.known_classes())}{ordered}"
    if kind == "multi_label":
        return f"any of {_listed(task.known_classes())}"
    if kind == "regression":
        names = task.value_names()
        unit = task.unit if isinstance(task.unit, str) else ", ".join(task.unit)
        counted = f" in {escape(unit)}" if unit else ""
        return f"{'a number' if len(names) == 1 else f'{len(names)} numbers'}{counted}"
    if kind == "bounding_box":
        return f"a box in `{task.picture}`, in parts of its width and height"
    if kind == "retrieval":
        left, right = task.pair
        return f"an embedding of `{left}` and one of `{right}`, near where they match"
    if kind == "clustering":
        return f"an embedding, looked at in {task.clusters} clusters"
    return "an answer"


def _listed(classes: Sequence[str]) -> str:
    shown = ", ".join(map(escape, classes[:12]))
    more = f" and {len(classes) - 12} more" if len(classes) > 12 else ""
    return f"{len(classes)} classes ({shown}{more})"


def model_sentences(model: keras.Model | None) -> list[str]:
    """Its size, its fusion, and the versions that it was made with."""
    backend = keras.backend.backend()
    versions = f"mmkeras {__version__}, Keras {keras.__version__}"
    if backend == "tensorflow":
        import tensorflow as tf

        versions += f" and TensorFlow {tf.__version__}"
    else:
        versions += f" on {backend}"
    found = [f"Made with {versions}."]
    if model is None:
        return found
    learned = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    total = model.count_params()
    part = "all" if learned == total else f"{learned:,}"
    size = f"It has {total:,} parameters, {part} of them trained"
    fusions = [
        type(layer).__name__
        for layer in model.layers
        if type(layer).__module__.startswith("mmkeras.fusion.")
    ]
    fused = f"; the inputs meet in `{fusions[0]}`" if fusions else ""
    return [*found, f"{size}{fused}."]


def layer_table(model: keras.Model, tasks: Mapping[str, Task]) -> Table:
    """The parts that hold parameters, in the model's order."""
    rows = []
    for layer in model.layers:
        if layer.count_params():
            role = "head" if layer.name in tasks else type(layer).__name__
            role = "network" if role in ("Sequential", "Functional") else role
            rows.append([layer.name, role, f"{layer.count_params():,}"])
    return Table("", ["part", "kind", "parameters"], rows, words=2)


def training_sentences(
    model: keras.Model | None, history: Mapping[str, Sequence[float]] | None
) -> list[str]:
    """Optimizer and epochs, and when the validation loss was lowest."""
    found = []
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
        name = type(optimizer).__name__
        found.append(f"Trained with {name}; its learning rate was {rate:.3g} at last.")
    if not history:
        return found
    epochs = len(next(iter(history.values())))
    count = "one epoch" if epochs == 1 else f"{epochs} epochs"
    found.append(f"It was trained for {count}.")
    losses = history.get("val_loss", ())
    if len(losses) > 1:
        best = int(np.argmin(losses))
        sentence = f"The validation loss was lowest in epoch {best + 1}"
        if best == len(losses) - 1:
            sentence += ", the last: it may not have been trained to the end"
        elif losses[-1] > losses[best] * _OVERFIT:
            sentence += f" and {losses[-1] / losses[best]:.2f} times that in the last"
        found.append(f"{sentence}.")
    return found


def history_table(history: Mapping[str, Sequence[float]]) -> Table:
    """First, best and last value of each curve."""
    rows = []
    for key, values in history.items():
        best = max if _is_score(key) else min
        rows.append(
            [
                key.replace("_", " "),
                *(f"{x:.4g}" for x in (values[0], best(values), values[-1])),
            ]
        )
    return Table("", ["curve", "first epoch", "best", "last epoch"], rows)


def _is_score(key: str) -> bool:
    return not any(word in key for word in ("loss", "mae", "error", "learning_rate"))
