"""How close steady training comes to the limit: an epoch of each in turn.

    python benchmarks/steady.py [--rows 2000] [--rounds 4] [--batch-size 64]
        [--folder runs/end_to_end] [--json FILE]

The files and the network of `end_to_end.py`, in one process: each model trains one
epoch by `fit`, then the next one does, round after round, so that all of them see
the same machine. A step's time is that from the end of one to the end of the next,
input and all; a virtual machine that stops for a second spoils a few steps, which
medians pass over, where it would spoil an epoch. `to D` divides medians. D trains on
arrays in memory that were preprocessed before. Layers are the same in all rows.

The augmented rows change every row in every step: pictures are flipped, rotated,
zoomed, sheared and moved, and recoloured; spectrograms are masked, and in the last
row samples are moved in time before, so that the spectrum is made in each step.
"In a cluster" means that XLA compiles the pictures' augmentation, and nothing else.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

import _children
import keras
import numpy as np
from _files import make_files
from _machine import machine
from _report import command_line, print_table, write_json
from end_to_end_rows import c_mmkeras
from end_to_end_rows.network import image_encoder, network, sound_encoder, text_encoder

import mmkeras as mm


class Settings:
    """What `network` asks for."""

    steps_per_execution = 1


class Steps(keras.callbacks.Callback):
    """Seconds from the end of a step to the end of the next."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.last = None

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        if self.last is not None:
            self.seconds.append(now - self.last)
        self.last = now


def limit(arrays: dict, settings: Settings, batch_size: int):
    x = {name: arrays[f"train.{name}"] for name in ("image", "text", "sound")}
    shapes = {name: values.shape[1:] for name, values in x.items()}
    sizes = int(arrays["vocabulary_size"]), int(arrays["classes"])
    model = network(settings, shapes, *sizes)
    return lambda clock: model.fit(
        x, arrays["train.label"], batch_size, verbose=0, callbacks=[clock]
    )


def ours(data, settings: Settings, batch_size: int, static: bool, **options):
    encoders = {
        "image": image_encoder(),
        "text": text_encoder(data.spec.inputs["text"].vocabulary_size),
        "sound": sound_encoder(),
    }
    model = mm.build_model(data.spec, encoders, **options)
    if static:
        model, data = mm.precompute(model, data)
    model.compile(
        "adam",
        loss=data.spec.losses(),
        metrics=data.spec.metrics(),
        steps_per_execution=settings.steps_per_execution,
    )
    batches = data["train"].batches(batch_size, shuffle=True, seed=0)
    return lambda clock: model.fit(batches, verbose=0, callbacks=[clock])


def augmentation(*sounds, compiled=False):
    pictures = [
        mm.layers.RandomFlip(),
        mm.layers.RandomAffine(),
        mm.layers.RandomColor(),
    ]
    if compiled:
        pictures = [mm.layers.Compiled(keras.Sequential(pictures))]
    return {"image": pictures, "sound": [*sounds, mm.layers.SpecAugment()]}


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--folder", type=Path, default=Path("runs/end_to_end"))
    told = parser.parse_args()
    folder = told.folder.resolve()
    make_files(folder, told.rows)
    arrays = folder / "arrays.npz"
    paths = {"folder": str(folder), "arrays": str(arrays)}
    _children.run("end_to_end_rows.make_arrays", paths)
    os.environ["MMKERAS_DATA"] = str(folder)
    settings, size = Settings(), told.batch_size
    print(machine())
    with tempfile.TemporaryDirectory() as cache:
        data = mm.load_dataset(c_mmkeras.SPEC, cache_dir=cache, progress=False)
        both = augmentation(mm.layers.TimeShift())
        runs = {
            "D limit: arrays in memory": limit(dict(np.load(arrays)), settings, size),
            "mmkeras": ours(data, settings, size, False),
            "mmkeras, precompute": ours(data, settings, size, True),
            "mmkeras, precompute, augmented": ours(
                data, settings, size, True, augment=augmentation()
            ),
            "mmkeras, precompute, augmented, in a cluster": ours(
                data, settings, size, True, augment=augmentation(compiled=True)
            ),
            "mmkeras, augmented, samples too": ours(
                data, settings, size, False, augment=both
            ),
        }
        seconds: dict[str, list[float]] = {name: [] for name in runs}
        for turn in range(told.rounds + 1):
            for name, run in runs.items():
                clock = Steps()
                run(clock)
                if turn:  # The first one traces.
                    seconds[name] += clock.seconds
    middle = {name: statistics.median(found) for name, found in seconds.items()}
    table = []
    for name, found in seconds.items():
        low, _, high = statistics.quantiles(found, n=4)
        spread = f"{1e3 * middle[name]:.0f} ({1e3 * low:.0f} to {1e3 * high:.0f})"
        ratio = next(iter(middle.values())) / middle[name]
        table.append((name, spread, f"{size / middle[name]:,.0f}", f"{ratio:.2f}"))
    print_table(("row", "ms a step (quartiles)", "rows/s", "to D"), table)
    write_json(told.json, seconds=seconds)


if __name__ == "__main__":
    main()
