"""Rows per second as the batch grows: the input, preprocessing, a training step.

    python benchmarks/scaling.py [--batch-sizes 16 64 256] [--rows 6000]
        [--repeats 5] [--json FILE]

Rows of a 64x64x3 picture, 1 s of 16 kHz sound and 32 tokens. The input alone is
whole epochs of shuffled batches; preprocessing is each layer on a batch that is on
the device; a step is that of `build_model`'s own encoders on one batch. Rows as
they grow 1, 4 and 16 times: see `prepare.py`. Medians, with smallest and largest.
"""

import tempfile
import time

import keras
from _devices import WARM_UP, devices, milliseconds
from _machine import machine
from _report import command_line, print_table, said, write_json
from device_preprocessing import LAYERS, batch_of
from read_cache import make_spec, rows_per_second

import mmkeras as mm

PREPROCESSING = {
    "image": ("ImageNormalize", "RandomAffine", "RandomColor"),
    "sound": ("Waveform, LogMel",),
    "frames": ("SpecAugment",),
}
CALLS = 5


def preprocessing_rates(name: str, takes: str, size: int, repeats: int) -> list[float]:
    """Of a layer, as a model that is not compiled by XLA has it."""
    device = next(iter(devices()))
    make, values = LAYERS[takes][name], batch_of(size)[takes]
    times = milliseconds(make, values, device, "plain", repeats, CALLS)
    return [1000 * size / each for each in times]


def step_rates(model: keras.Model, split: mm.Split, size: int, repeats: int) -> list:
    """Of training steps on one batch."""
    batch = next(iter(split.batches(size, shuffle=True, seed=0, remainder="drop")))
    rates = []
    for _ in range(WARM_UP + repeats):
        start = time.perf_counter()
        model.train_on_batch(*batch)
        rates.append(size / (time.perf_counter() - start))
    return rates[WARM_UP:]


def main() -> None:
    parser = command_line(__doc__, repeats=5)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[16, 64, 256])
    parser.add_argument("--rows", type=int, default=6000)
    arguments = parser.parse_args()
    print(machine())
    sizes, repeats = arguments.batch_sizes, arguments.repeats
    found: dict[str, list[list[float]]] = {}
    with tempfile.TemporaryDirectory() as cache:
        spec = make_spec(arguments.rows)
        data = mm.load_dataset(spec, cache_dir=cache, progress=False)
        split = data["train"]
        found["input alone"] = [
            rows_per_second(
                split.batches(size, shuffle=True, seed=0), arguments.rows, repeats
            )
            for size in sizes
        ]
        model = mm.build_model(data.spec)
        model.compile("adam", loss=data.spec.losses())
        found["training step"] = [
            step_rates(model, split, size, repeats) for size in sizes
        ]
    for takes, names in PREPROCESSING.items():
        for name in names:
            found[name] = [
                preprocessing_rates(name, takes, size, repeats) for size in sizes
            ]
    print_table(
        ("rows/s", *(f"batch {size}" for size in sizes)),
        ([name, *map(said, rates)] for name, rates in found.items()),
    )
    write_json(arguments.json, batch_sizes=sizes, rows_per_second=found)


if __name__ == "__main__":
    main()
