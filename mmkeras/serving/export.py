"""From a trained model to a SavedModel of raw bytes."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from mmkeras import _checks
from mmkeras._model_fit import check_fit
from mmkeras._quiet import quiet_tensorflow
from mmkeras.layers.compiled import Compiled
from mmkeras.spec import Spec

SPEC_FILE = "mmkeras_spec.json"


def export(model: keras.Model, spec: Spec, path: str | Path) -> Path:
    """Write a SavedModel for TensorFlow Serving, at the next version.

    The signature `serving_default` takes one string tensor `(batch,)` an input,
    named: encoded bytes as `<name>_bytes` (pictures, sounds), text, numbers and
    categories as `<name>`. They are what a source yields: JPEG or PNG bytes, WAV
    bytes, UTF-8. `""` is an absent optional input. They are decoded by the same
    functions as in training. Outputs are named: `<task>` is the answer (a class's
    name, a number), `<task>_probabilities` those of all classes. The signature
    `decoded` takes the model's own inputs. Only core TensorFlow ops are in it.

    Args:
        model: from `build_model`, trained or reloaded.
        spec: `data.spec`, with which it was built.
        path: the folder of versions, such as `serving/digits`; the model goes to
            `<path>/1`, or one above the highest version there.

    Returns:
        The version's folder.

    Raises:
        ValueError: if the model's inputs are not the spec's, or not as decoded.
        ImportError: if TensorFlow is not installed.

    Example:
        >>> folder = mm.export(model, data.spec, "serving/digits")
        >>> folder.name
        '1'
    """
    try:
        import tensorflow as tf  # noqa: F401 (whether it is there)
    except ImportError:
        raise ImportError(
            "`export`: a SavedModel needs TensorFlow. Run `pip install tensorflow`."
        ) from None
    fix = "Give the spec that the model was built from."
    check_fit("export", model, spec, fix)
    _check_shapes(model, spec)
    with _without_clusters(model):
        return _export(model, spec, Path(path))


def _export(model: keras.Model, spec: Spec, path: Path) -> Path:
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(model)
    for modality in spec.inputs.values():
        for resource in modality.resources():
            archive.track(resource)
    encoded = {
        modality.encoded_name(name): tf.TensorSpec(
            [None], tf.string, name=modality.encoded_name(name)
        )
        for name, modality in spec.inputs.items()
    }
    decoded = {
        name: tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype, name=name)
        for name, tensor in model.input.items()
    }

    def answer(tensors: dict[str, Any]) -> dict[str, Any]:
        predictions = model(tensors, training=False)
        outputs: dict[str, Any] = {}
        for name, task in spec.tasks.items():
            outputs |= task.serve(name, predictions[name])
        return outputs

    def serve_encoded(**strings: Any) -> dict[str, Any]:
        tensors = {}
        for name, modality in spec.inputs.items():
            string = strings[modality.encoded_name(name)]
            tensors[name] = modality.decode_batch(string)
            if modality.optional:
                tensors[f"{name}_present"] = tf.strings.length(string) > 0
        return answer(tensors)

    def serve_decoded(**tensors: Any) -> dict[str, Any]:
        return answer(tensors)

    for name, function, signature in (
        ("serving_default", serve_encoded, encoded),
        ("decoded", serve_decoded, decoded),
    ):
        traced = tf.function(function, autograph=False)
        # One named argument an input: the signature's names are the client's.
        traced.get_concrete_function(**signature)
        archive.add_endpoint(name, traced)
    return _publish(archive, spec, path)


def _check_shapes(model: keras.Model, spec: Spec) -> None:
    for name, modality in spec.inputs.items():
        shape = tuple(model.input[name].shape[1:])
        if shape != tuple(modality.shape):
            raise _checks.bad_value(
                "export",
                "model",
                f"one that takes '{name}' as it is decoded, {tuple(modality.shape)}",
                shape,
                "Of `precompute` give the whole model: it shares the weights.",
            )


@contextmanager
def _without_clusters(model: keras.Model) -> Iterator[None]:
    """XLA clusters would be compiled by the server for each size of a batch."""
    clusters = [x for x in model._flatten_layers() if isinstance(x, Compiled)]
    were = [cluster.jit for cluster in clusters]
    for cluster in clusters:
        cluster.jit = False
    try:
        yield
    finally:
        for cluster, was in zip(clusters, were, strict=True):
            cluster.jit = was


def _publish(archive: Any, spec: Spec, base: Path) -> Path:
    """Write aside on the same file system, then rename to the next version.

    TensorFlow Serving polls the folder and may load what is half written; it
    passes over names that are not whole numbers.
    """
    base.mkdir(parents=True, exist_ok=True)
    aside = base / f".tmp-{uuid.uuid4().hex}"
    try:
        with quiet_tensorflow():
            archive.write_out(str(aside), verbose=False)
        extra = aside / "assets.extra"
        extra.mkdir(exist_ok=True)
        content = {
            "name": spec.name,
            "inputs": {n: m.model_dump(mode="json") for n, m in spec.inputs.items()},
            "tasks": {n: t.model_dump(mode="json") for n, t in spec.tasks.items()},
        }
        text = json.dumps(content, indent=2, ensure_ascii=False)
        (extra / SPEC_FILE).write_text(text, encoding="utf-8")
        version = _next_version(base)
        while True:
            target = base / str(version)
            try:
                aside.rename(target)
                return target
            except OSError:
                # Another export took the number between the look and the rename.
                if not target.exists():
                    raise
                version += 1
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _next_version(base: Path) -> int:
    taken = [int(child.name) for child in base.iterdir() if child.name.isdigit()]
    return max(taken, default=0) + 1
