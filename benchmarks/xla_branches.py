"""What XLA costs and gives: none, in branches, or the whole model.

    python benchmarks/xla_branches.py [--repeats 5] [--batch 64] [--json FILE]

The model that `build_model` makes of a 64x64 picture, one second of sound and 32
tokens, with default encoders; and with encoders that have no recurrence, since a
branch with one stays plain. Seconds until the first step is done, of which most is
tracing and compiling; then milliseconds of a step on one batch, the variants taking
turns, since machines are noisy: median, smallest and largest.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from _machine import machine

import mmkeras as mm

STEPS = 10
# `build_model(xla=...)`, then `compile(jit_compile=...)`.
VARIANTS = {
    'xla="auto"': ("auto", "auto"),
    'xla="branches"': ("branches", "auto"),
    'xla="off"': ("off", "auto"),
    "jit_compile=True": ("auto", True),
}
ENCODERS = {
    "default encoders": dict,
    "no recurrence": lambda: {
        "sound": mm.encoders.audio_cnn(),
        "words": mm.encoders.text_cnn(10_000),
    },
}


def make_spec() -> mm.Spec:
    words = tuple(f"word{i}" for i in range(9_998))
    return mm.Spec(
        name="things",
        source=mm.sources.Frame(frame=pd.DataFrame()),
        inputs={
            "photo": mm.modalities.Image(column="photo", size=(64, 64)),
            "sound": mm.modalities.Audio(column="sound", seconds=1.0),
            "words": mm.modalities.Text(
                column="words", max_tokens=32, vocabulary=words, vocabulary_size=10_000
            ),
        },
        tasks={
            "kind": mm.tasks.Classification(
                column="kind", classes=tuple(f"class{i}" for i in range(10))
            )
        },
        split=mm.SplitByColumn(column="split", values={"train": ("t",)}),
    )


def make_batch(rows: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    random = np.random.default_rng(0)
    inputs = {
        "photo": random.integers(0, 256, (rows, 64, 64, 3)).astype("uint8"),
        "sound": random.integers(-9999, 9999, (rows, 16_000)).astype("int16"),
        "words": random.integers(1, 10_000, (rows, 32)).astype("int32"),
    }
    return inputs, {"kind": random.integers(0, 10, rows)}


def measure(encoders, rows: int, repeats: int) -> list[dict]:
    spec, batch, models, found = make_spec(), make_batch(rows), {}, {}
    for name, (xla, jit) in VARIANTS.items():
        keras.utils.set_random_seed(0)
        start = time.perf_counter()
        model = mm.build_model(spec, encoders(), xla=xla)
        built = time.perf_counter()
        model.compile("adam", loss=spec.losses(), jit_compile=jit)
        model.train_on_batch(*batch)
        first = time.perf_counter()
        models[name] = model
        found[name] = {
            "variant": name,
            "clusters": sum(isinstance(x, mm.layers.Compiled) for x in model.layers),
            "build_s": built - start,
            "first_step_s": first - built,
            "step_ms": [],
        }
    for _ in range(repeats):
        for name, model in models.items():
            start = time.perf_counter()
            for _ in range(STEPS):
                # The loss is fetched: the step is done when it returns.
                model.train_on_batch(*batch)
            seconds = (time.perf_counter() - start) / STEPS
            found[name]["step_ms"].append(1000 * seconds)
    return list(found.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    said = machine()
    print(said)
    tables = {}
    for title, encoders in ENCODERS.items():
        rows = measure(encoders, arguments.batch, arguments.repeats)
        tables[title] = rows
        print(f"\n{title}, batch {arguments.batch}\n")
        print("| | clusters | build s | first step s | step ms | to auto |")
        print("| --- | --- | --- | --- | --- | --- |")
        for row in rows:
            times = row["step_ms"]
            # Of the same round: noise hits neighbours alike.
            pairs = zip(times, rows[0]["step_ms"], strict=True)
            ratio = statistics.median(mine / auto for mine, auto in pairs)
            print(
                f"| {row['variant']} | {row['clusters']} | {row['build_s']:.1f} "
                f"| {row['first_step_s']:.1f} | {statistics.median(times):.0f} "
                f"({min(times):.0f} to {max(times):.0f}) | {ratio:.2f} |"
            )
    if arguments.json:
        written = json.dumps({"machine": said, "tables": tables}, indent=2)
        arguments.json.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
