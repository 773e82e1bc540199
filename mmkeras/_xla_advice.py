"""What to use instead of a layer that costs a model its XLA."""

from __future__ import annotations

from typing import NamedTuple

import keras

from mmkeras.layers.compiled import Compiled

_AFFINE = "mm.layers.RandomAffine"
_HOST = "a spec's text or category input: its ids are made on the host"
_BRANCHES = 'build_model(..., xla="branches"), or use_cudnn=False'
_APART = 'build_model(..., xla="branches"): the other branches compile'

#: By the name of a class of Keras's.
INSTEAD = {
    "AugMix": "mm.layers.RandAugment",
    "CutMix": "mm.layers.CutMix",
    "GRU": _BRANCHES,
    "HashedCrossing": _HOST,
    "Hashing": _HOST,
    "IntegerLookup": _HOST,
    "LSTM": _BRANCHES,
    "MelSpectrogram": "mm.layers.LogMel",
    "MixUp": "mm.layers.MixUp",
    "RandAugment": "mm.layers.RandAugment",
    "RandomCrop": "mm.layers.RandomCropPad",
    "RandomElasticTransform": _AFFINE,
    "RandomErasing": "mm.layers.RandomErasing",
    "RandomFlip": "mm.layers.RandomFlip",
    "RandomPerspective": _AFFINE,
    "RandomRotation": _AFFINE,
    "RandomShear": _AFFINE,
    "RandomTranslation": _AFFINE,
    "RandomZoom": _AFFINE,
    "Resizing": "bilinear without antialias; or the image input's size, on the host",
    "StringLookup": _HOST,
    "TextVectorization": _HOST,
}
# They compile, and take 20 to 100 times as long as without XLA on a CPU.
_SLOW = {"RandomErasing", "RandomFlip"}
_CUDNN = {"GRU", "LSTM"}


class Remark(NamedTuple):
    """What is to be said of a layer, and what to do."""

    reason: str
    instead: str


def is_known(layer: keras.Layer) -> bool:
    """Whether it is one of Keras's that the table replaces as a whole."""
    ours = type(layer).__module__.split(".")[0] == "keras"
    return ours and type(layer).__name__ in INSTEAD


def remark(layer: keras.Layer, error: str | None, allowed: bool) -> Remark:
    """On a layer that fails with an error, or that tells Keras not to compile.

    Args:
        layer: the layer.
        error: of its compilation.
        allowed: whether it and all its parts claim to support XLA.
    """
    name, known = type(layer).__name__, is_known(layer)
    instead = INSTEAD[name] if known else _APART
    if isinstance(layer, keras.Model) and not layer.supports_jit:
        return Remark("told not to: its `supports_jit` is False", "")
    if isinstance(layer, Compiled) and not error and not allowed:
        return Remark("a cluster of its own", "")
    if known and name in _CUDNN and not allowed:
        return Remark("uses cuDNN here, which XLA cannot", instead)
    if error:
        claims = "; yet it claims to compile" if allowed else ""
        return Remark(f"{error}{claims}", instead)
    if not allowed:
        return Remark("compiles, but tells Keras that it does not", instead)
    if known and name in _SLOW:
        return Remark("slow under XLA on a CPU", instead)
    if known and name == "MelSpectrogram" and getattr(layer, "power_to_db", False):
        return Remark("a clip's decibels depend on its batch", instead)
    return Remark("", "")
