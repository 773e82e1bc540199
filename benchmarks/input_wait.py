"""How long training waits for its input, as a share of a step's time.

    python benchmarks/input_wait.py [--rows 6000] [--batch-size 64] [--epochs 2]
        [--repeats 5] [--precompute] [--json FILE]

On avdigits, where $MMKERAS_REAL_DATA (or ../shared/data) has it, and on rows of a
64x64x3 picture, 1 s of 16 kHz sound and 32 tokens; encoders are `build_model`'s own.

`waits` is the time in `iter` and `next` of an epoch's batches by all of its time,
in a loop of `train_on_batch`: the start of an epoch, with its new order, counts.
`loop` is an epoch's time by that of as many steps on one batch again and again, and
`fit` the same of `model.fit`, where that batch comes from a `Dataset`. The three
take turns. 1.00 and less is noise: the input costs nothing. Medians, with smallest
and largest.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf
from _machine import machine
from _recipes import real_data
from _report import command_line, print_table, said, write_json
from read_cache import make_spec

import mmkeras as mm
from mmkeras._data_specs import shipped_spec


def data_sets(rows: int, cache: str) -> Iterator[mm.Dataset]:
    """avdigits if it is there, and made rows."""
    try:
        os.environ["MMKERAS_DATA"] = str(real_data("avdigits").parent)
        spec = mm.load_spec(shipped_spec("avdigits"))
        yield mm.load_dataset(spec, cache_dir=cache, progress=False)
    except SystemExit as missing:
        print(missing)
    yield mm.load_dataset(make_spec(rows), cache_dir=cache, progress=False)


def seconds_of(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def train_epochs(
    model: keras.Model, batches: tf.data.Dataset, epochs: int
) -> tuple[float, float]:
    """Seconds that the input took, and all seconds."""
    waited, start = 0.0, time.perf_counter()
    for _ in range(epochs):
        asked = time.perf_counter()
        iterator = iter(batches)
        batch = next(iterator, None)
        waited += time.perf_counter() - asked
        while batch is not None:
            model.train_on_batch(*batch)
            asked = time.perf_counter()
            batch = next(iterator, None)
            waited += time.perf_counter() - asked
    return waited, time.perf_counter() - start


def measure(
    data: mm.Dataset, batch_size: int, epochs: int, repeats: int, precompute: bool
) -> dict:
    """Of each repeat the shares and the ratios."""
    keras.utils.set_random_seed(0)
    model = mm.build_model(data.spec)
    if precompute:
        model, data = mm.precompute(model, data)
    model.compile("adam", loss=data.spec.losses())
    # Of one size, so that the one batch is like all.
    batches = data["train"].batches(batch_size, shuffle=True, seed=0, remainder="drop")
    steps = len(batches)
    one = next(iter(batches))
    # tf.data's rewriting of its graph would copy the batch at each start.
    plain = tf.data.Options()
    plain.experimental_optimization.apply_default_optimizations = False
    same = tf.data.Dataset.from_tensors(one).repeat(steps).with_options(plain)

    def again_and_again() -> None:
        for _ in range(epochs * steps):
            model.train_on_batch(*one)

    def fit(source: tf.data.Dataset) -> Callable[[], object]:
        return lambda: model.fit(source, epochs=epochs, verbose=0)

    for source in (batches, same):  # Traces, and fills the page cache.
        model.fit(source, verbose=0)
        train_epochs(model, source.take(3), 1)
    found = {"waits": [], "loop": [], "fit": [], "step_ms": []}
    for _ in range(repeats):
        alone = seconds_of(again_and_again)
        waited, whole = train_epochs(model, batches, epochs)
        fit_alone = seconds_of(fit(same))
        found["waits"].append(waited / whole)
        found["loop"].append(whole / alone)
        found["fit"].append(seconds_of(fit(batches)) / fit_alone)
        found["step_ms"].append(1000 * alone / (epochs * steps))
    return {"name": data.spec.name, "steps": steps, **found}


def main() -> None:
    parser = command_line(__doc__, repeats=5)
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument(
        "--precompute", action="store_true", help="spectra from disk: shorter steps"
    )
    arguments = parser.parse_args()
    print(machine())
    settings = {k: v for k, v in vars(arguments).items() if k not in ("rows", "json")}
    with tempfile.TemporaryDirectory() as cache:
        found = [measure(data, **settings) for data in data_sets(arguments.rows, cache)]
    print_table(
        ("data", "steps an epoch", "step ms", "waits %", "loop", "fit"),
        (
            [
                row["name"],
                str(row["steps"]),
                said(row["step_ms"], 1),
                said([100 * share for share in row["waits"]], 2),
                said(row["loop"], 3),
                said(row["fit"], 3),
            ]
            for row in found
        ),
    )
    write_json(arguments.json, settings=settings, rows=found)


if __name__ == "__main__":
    main()
