"""Preprocessing where the model runs: rows/s on an accelerator and on the CPU.

    KERAS_BACKEND=jax python benchmarks/device_preprocessing.py [--batch-size 256]
        [--repeats 7] [--calls 10] [--steps 10] [--devices gpu:0 cpu:0] [--json FILE]

Batches of 64x64x3 uint8 pictures, of 1 s of 16 kHz int16 sound and of spectrograms
are on the device already; each layer is compiled (TensorFlow: without XLA too) and
called in training. Then epochs of `model.fit` of a small picture and sound model:
with preprocessing and augmentation in it, with preprocessing, and with neither, on
floats that were preprocessed before. Needs Keras with JAX or TensorFlow, whichever
KERAS_BACKEND names. Medians, with smallest and largest.
"""

import time
from collections.abc import Callable

import keras
import numpy as np
from _devices import devices, milliseconds, ways
from _machine import machine
from _report import command_line, print_table, said, write_json

from mmkeras import encoders, layers

RATE, BINS, FRAMES = 16_000, 64, 101
CLASSES = 10
# Epochs that compile: a second time when the variables have been used.
WARM_UP = 2


def log_mel() -> keras.Layer:
    return keras.Sequential(
        [
            layers.Waveform(),
            layers.LogMel(RATE, BINS),
            keras.layers.Rescaling(1 / 40, 1),
        ]
    )


# By what they take: pictures, clips or spectrograms.
LAYERS: dict[str, dict[str, Callable[[], keras.Layer]]] = {
    "image": {
        "ImageNormalize": layers.ImageNormalize,
        "RandomFlip": layers.RandomFlip,
        "RandomCropPad": layers.RandomCropPad,
        "RandomAffine": layers.RandomAffine,
        "RandomColor": layers.RandomColor,
        "RandomErasing": layers.RandomErasing,
        "RandAugment": layers.RandAugment,
    },
    "sound": {
        "Waveform, LogMel": log_mel,
        "Waveform, LogMel, MFCC": lambda: keras.Sequential([log_mel(), layers.MFCC()]),
        "RandomGain": layers.RandomGain,
        "RandomNoise": layers.RandomNoise,
        "TimeShift": layers.TimeShift,
    },
    "frames": {"SpecAugment": layers.SpecAugment},
}


def batch_of(rows: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {
        "image": random.integers(0, 256, (rows, 64, 64, 3)).astype("uint8"),
        "sound": random.integers(-9999, 9999, (rows, RATE)).astype("int16"),
        "frames": random.uniform(-1, 1, (rows, FRAMES, BINS)).astype("float32"),
    }


def preprocessing(augmented: bool) -> dict[str, list[keras.Layer]]:
    """What stands before the encoders."""
    if not augmented:
        return {"image": [layers.ImageNormalize()], "sound": [log_mel()]}
    pictures = [layers.RandomFlip(), layers.RandomAffine(), layers.RandomColor()]
    return {
        "image": [*pictures, layers.ImageNormalize()],
        "sound": [layers.TimeShift(), log_mel(), layers.SpecAugment()],
    }


def make_model(batch: dict[str, np.ndarray], before: dict) -> keras.Model:
    """Convolutions over both: they compile wherever they run."""
    branches = {"image": encoders.image_cnn((16, 32)), "sound": encoders.audio_cnn()}
    entries, embeddings = {}, []
    for name, encoder in branches.items():
        shape, dtype = batch[name].shape[1:], batch[name].dtype.name
        entries[name] = keras.Input(shape, dtype=dtype, name=name)
        x = entries[name]
        for layer in [*before.get(name, ()), encoder]:
            x = layer(x)
        embeddings.append(x)
    joined = keras.layers.concatenate(embeddings)
    answer = keras.layers.Dense(CLASSES, activation="softmax")(joined)
    model = keras.Model(entries, answer)
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=True)
    return model


class Epochs(keras.callbacks.Callback):
    """Seconds of each epoch."""

    def __init__(self):
        super().__init__()
        self.seconds, self._start = [], 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self._start)


def step_times(
    device: str, rows: int, steps: int, repeats: int
) -> dict[str, list[float]]:
    """Milliseconds of a step, of each repeat."""
    raw = {name: x for name, x in batch_of(rows * steps).items() if name != "frames"}
    ready = {
        "image": (raw["image"] / 255).astype("float32"),
        "sound": batch_of(rows * steps)["frames"],
    }
    variants = {
        "augmented and preprocessed in the model": (raw, preprocessing(True)),
        "preprocessed in the model": (raw, preprocessing(False)),
        "on preprocessed floats": (ready, {}),
    }
    labels = np.arange(rows * steps) % CLASSES
    found = {}
    with keras.device(device):
        models = {name: make_model(x, before) for name, (x, before) in variants.items()}
        for name, (x, _) in variants.items():
            clock = Epochs()
            models[name].fit(
                x,
                labels,
                batch_size=rows,
                epochs=WARM_UP + repeats,
                shuffle=False,
                verbose=0,
                callbacks=[clock],
            )
            found[name] = [1000 * s / steps for s in clock.seconds[WARM_UP:]]
    return found


def main() -> None:
    parser = command_line(__doc__, repeats=7)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--calls", type=int, default=10)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--devices", nargs="+", help="such as gpu:0; all by default")
    arguments = parser.parse_args()
    rows, there = arguments.batch_size, devices()
    chosen = arguments.devices or list(there)
    print(machine())
    for device in chosen:
        print(f"{device}: {there[device]}, {keras.backend.backend()}")
    batch, found = batch_of(rows), []
    for takes, makers in LAYERS.items():
        for name, make in makers.items():
            row = {"layer": name, "takes": takes, "ms": {}}
            for device in chosen:
                for way in ways():
                    row["ms"][f"{device}, {way}"] = milliseconds(
                        make,
                        batch[takes],
                        device,
                        way,
                        arguments.repeats,
                        arguments.calls,
                    )
            found.append(row)
    columns = [f"{device}, {way}" for device in chosen for way in ways()]
    headings = [f"{c}: {unit}" for c in columns for unit in ("ms a batch", "rows/s")]
    print(f"\nBatches of {rows}")
    print_table(("layer", *headings), (cells(row, columns, rows) for row in found))
    steps = {
        device: step_times(device, rows, arguments.steps, arguments.repeats)
        for device in chosen
    }
    print("\nMilliseconds of a training step, XLA")
    print_table(
        ("model", *chosen),
        (
            [name, *(said(steps[device][name], 1) for device in chosen)]
            for name in steps[chosen[0]]
        ),
    )
    write_json(
        arguments.json,
        backend=keras.backend.backend(),
        devices={device: there[device] for device in chosen},
        batch_size=rows,
        layers=found,
        steps=steps,
    )


def cells(row: dict, columns: list[str], rows: int) -> list[str]:
    """Times and speeds of a layer."""
    cells = [row["layer"]]
    for column in columns:
        times = row["ms"][column]
        cells += [said(times, 2), said([1000 * rows / t for t in times])]
    return cells


if __name__ == "__main__":
    main()
