"""How each stage between a file and a training step is timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from mmkeras.dataset import Dataset
from mmkeras.dataset._decode import Decoder
from mmkeras.dataset._quarantine import Quarantine
from mmkeras.dataset._rows import read_rows
from mmkeras.profiling._stage import Stage
from mmkeras.split_rule import TRAIN

# The first runs trace and fill caches.
_WARM_UP = 2
# Batches taken in one go, so that what was fetched ahead does not count for much.
_AT_ONCE = 8


def times(run: Callable[[], Any], repeats: int) -> list[float]:
    """Seconds of each run."""
    found = []
    for _ in range(repeats + _WARM_UP):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return found[_WARM_UP:]


def read_and_decode(data: Dataset, count: int) -> tuple[list[Stage], dict[str, float]]:
    """Some training rows, as a preparation does it.

    Returns:
        The two stages, and by input the share of files that the short decoder takes.
    """
    rows = read_rows(data.spec)
    root = data.spec.source.root_path()
    positions = data[TRAIN].positions[:count]
    decoders = {
        name: Decoder(modality, rows, root, Quarantine("quarantine"))
        for name, modality in data.spec.inputs.items()
    }
    plain = {}
    for name, modality in data.spec.inputs.items():
        if modality.binary:
            found = _read(decoders[name], positions)
            short = sum(modality.plain(encoded) is not None for encoded in found)
            plain[name] = short / max(len(found), 1)

    def read() -> None:
        for decoder in decoders.values():
            _read(decoder, positions)

    def decode() -> None:
        for decoder in decoders.values():
            for _ in decoder.decode(positions):
                pass

    what = "read and decode, all cores: once, when the data set is prepared"
    return [
        Stage.of("read", "files and cells", len(positions), times(read, 3)),
        Stage.of("decode", what, len(positions), times(decode, 3)),
    ], plain


def _read(decoder: Decoder, positions: np.ndarray) -> list[bytes]:
    return [x for _, chunk in decoder.read(positions) for _, x in chunk]


def cache(data: Dataset, batch_size: int, steps: int) -> Stage:
    """Rows of the columns in a random order, by NumPy."""
    random = np.random.default_rng(0)
    positions = data[TRAIN].positions

    def gather() -> None:
        index = random.choice(positions, batch_size)
        for name in data.spec.inputs:
            np.asarray(data.columns[name][index])

    what = "rows of the memory-mapped columns, in a random order"
    return Stage.of("cache", what, batch_size, times(gather, steps))


def epochs(batches: Any) -> Iterator[Any]:
    """Batches without end."""
    while True:
        yield from batches


def batch(batches: Any, batch_size: int, steps: int) -> Stage:
    """The whole input, while nobody else works."""
    source = epochs(batches)

    def take() -> None:
        for _ in range(_AT_ONCE):
            next(source)

    seconds = times(take, max(3, steps // _AT_ONCE))
    return Stage.of(
        "batch", "whole batches, nothing else", _AT_ONCE * batch_size, seconds
    )


def preprocess(name: str, layer: keras.Layer, values: Any, steps: int) -> Stage:
    """One input's device stage."""
    dtype = keras.backend.standardize_dtype(values.dtype)
    symbol = keras.Input(values.shape[1:], dtype=dtype)
    front = keras.Model(symbol, layer(symbol))
    seconds = times(lambda: front.predict_on_batch(values), steps)
    return Stage.of(f"preprocess {name}", "on the device", len(values), seconds)


def train(
    model: keras.Model, batches: Any, batch_size: int, steps: int
) -> tuple[list[Stage], float]:
    """Training steps on one batch, and on batches as they come.

    Returns:
        Both stages, and the share of time that the second waited for its input.
    """
    one = next(iter(batches))
    step = times(lambda: model.train_on_batch(*one), steps)
    source = epochs(batches)
    waits, whole = [], []

    def take_and_train() -> None:
        start = time.perf_counter()
        found = next(source)
        waits.append(time.perf_counter() - start)
        model.train_on_batch(*found)
        whole.append(time.perf_counter() - start)

    times(take_and_train, steps)
    waits, whole = waits[_WARM_UP:], whole[_WARM_UP:]
    again = "forward, backward and update, of one batch again and again"
    stages = [
        Stage.of("train step", again, batch_size, step),
        Stage.of("training", "the same, of batches as they come", batch_size, whole),
    ]
    return stages, sum(waits) / sum(whole)
