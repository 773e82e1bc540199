"""What the audio layers cost: mmkeras's, Keras's, librosa's and soxr's.

    python benchmarks/audio_layers.py [--repeats 9] [--json FILE]

Clips of 1 s at 16 kHz, in batches of 32 and 256; to resample, of 1 s at 44.1 kHz.
Layers run inside a `tf.function`, without XLA and with it, augmentations in
training; librosa and soxr clip by clip, as their users call them. Every figure is
microseconds a clip: the median of the repeats, with the smallest and largest.
Compare the ratios within a group and batch, measured in turns, as machines are
noisy.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import librosa
import numpy as np
import soxr
import tensorflow as tf
from _machine import machine, spread
from threadpoolctl import threadpool_limits

from mmkeras import layers

RATE, FILE_RATE = 16_000, 44_100
WINDOW, HOP, BINS, COEFFICIENTS = 512, 160, 64, 20
BATCHES = (32, 256)
FEW = 16  # Clips a repeat of what goes clip by clip.
FRAMING = {"n_fft": WINDOW, "hop_length": HOP}

# By group: what it is called, and what makes it. Keras's take a channel axis, or
# have their frames last.
DEVICE: dict[str, dict[str, Callable[[], keras.Layer]]] = {
    "STFT": {
        "mmkeras STFT": lambda: layers.STFT(WINDOW, HOP, kind="magnitude"),
        "keras STFTSpectrogram": lambda: keras.Sequential(
            [
                keras.layers.Reshape((-1, 1)),
                keras.layers.STFTSpectrogram(
                    frame_length=WINDOW, frame_step=HOP, fft_length=WINDOW
                ),
            ]
        ),
    },
    "log-mel": {
        "mmkeras LogMel": lambda: layers.LogMel(RATE, BINS, WINDOW, HOP),
        "keras MelSpectrogram": lambda: keras.layers.MelSpectrogram(
            fft_length=WINDOW,
            sequence_stride=HOP,
            sampling_rate=RATE,
            num_mel_bins=BINS,
        ),
    },
    "MFCC": {
        "mmkeras LogMel, MFCC": lambda: keras.Sequential(
            [
                layers.LogMel(RATE, BINS, WINDOW, HOP, ref=1.0),
                layers.MFCC(COEFFICIENTS),
            ]
        ),
        "mmkeras LogMel, MFCC, Deltas": lambda: keras.Sequential(
            [
                layers.LogMel(RATE, BINS, WINDOW, HOP, ref=1.0),
                layers.MFCC(COEFFICIENTS),
                layers.Deltas(),
            ]
        ),
    },
    "resampling": {"mmkeras Resample": lambda: layers.Resample(FILE_RATE, RATE)},
    "augmentation": {
        "mmkeras RandomGain": lambda: layers.RandomGain(seed=0),
        "mmkeras RandomNoise": lambda: layers.RandomNoise(seed=0),
        "mmkeras TimeShift": lambda: layers.TimeShift(seed=0),
        "keras GaussianNoise": lambda: keras.layers.GaussianNoise(0.1, seed=0),
        "mmkeras SpecAugment": lambda: layers.SpecAugment(seed=0),
    },
}


def librosa_log_mel(clip: np.ndarray) -> np.ndarray:
    return librosa.power_to_db(
        librosa.feature.melspectrogram(y=clip, sr=RATE, n_mels=BINS, **FRAMING)
    )


HOST: dict[str, dict[str, Callable[[np.ndarray], np.ndarray]]] = {
    "STFT": {"librosa": lambda clip: np.abs(librosa.stft(clip, **FRAMING))},
    "log-mel": {"librosa": librosa_log_mel},
    "MFCC": {
        "librosa": lambda clip: librosa.feature.mfcc(
            S=librosa_log_mel(clip), n_mfcc=COEFFICIENTS
        )
    },
    "resampling": {
        "soxr HQ": lambda clip: soxr.resample(clip, FILE_RATE, RATE, quality="HQ")
    },
}


def inputs_of(group: str, name: str, batch: int) -> np.ndarray:
    shape: tuple[int, ...] = (FILE_RATE if group == "resampling" else RATE,)
    if name.endswith("SpecAugment"):
        shape = (1 + RATE // HOP, BINS)
    random = np.random.default_rng(0)
    return random.normal(0, 0.1, (batch, *shape)).astype("float32")


def compiled(layer: keras.Layer, xla: bool) -> Callable[[tf.Tensor], tf.Tensor]:
    return tf.function(
        lambda x: layer(x, training=True), jit_compile=xla, autograph=False
    )


def one_by_one(function: Callable, clips: np.ndarray) -> None:
    # OpenBLAS's threads wait for each other on busy cores: librosa took 1.4 ms a
    # clip with one thread, and 16 with two.
    with threadpool_limits(1):
        for clip in clips:
            function(clip)


def runs_of(group: str, batch: int) -> Iterator[tuple[dict, Callable, int]]:
    """A row's words, what to time, and of how many clips."""
    for name, make in DEVICE[group].items():
        x = tf.constant(inputs_of(group, name, batch))
        for xla in (False, True):
            call = compiled(make(), xla)
            how = "XLA" if xla else "plain"
            row = {"group": group, "name": name, "how": how, "batch": batch}
            yield row, lambda call=call, x=x: call(x).numpy(), batch
    for name, function in HOST.get(group, {}).items():
        clips = inputs_of(group, name, FEW)
        row = {"group": group, "name": name, "how": "host", "batch": batch}
        yield row, lambda f=function, clips=clips: one_by_one(f, clips), FEW


def rows(repeats: int) -> Iterator[dict]:
    for group in DEVICE:
        for batch in BATCHES:
            runs = list(runs_of(group, batch))
            times: list[list[float]] = [[] for _ in runs]
            for _, run, _ in runs:
                run()  # Traces, and loads what is loaded at the first call.
            # In turns, so that all of them see the same load of the machine.
            for _ in range(repeats):
                for found, (_, run, clips) in zip(times, runs, strict=True):
                    start = time.perf_counter()
                    run()
                    found.append(1e6 * (time.perf_counter() - start) / clips)
            for found, (row, _, _) in zip(times, runs, strict=True):
                yield row | {"microseconds": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", type=Path, help="where to write the figures too")
    arguments = parser.parse_args()
    told = machine()
    print(told)
    print(f"{'':<13} {'':<29} {'':<6} batch  microseconds a clip")
    found = []
    for row in rows(arguments.repeats):
        found.append(row)
        print(
            f"{row['group']:<13} {row['name']:<29} {row['how']:<6} {row['batch']:>5}  "
            f"{spread(row['microseconds'])}",
            flush=True,
        )
    if arguments.json:
        for row in found:
            row["median"] = statistics.median(row["microseconds"])
        report = {"machine": told, "rows": found}
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
