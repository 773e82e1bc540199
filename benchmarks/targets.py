"""One model in Keras, in LiteRT at each precision and in ONNX: size, figures, speed.

    MMKERAS_DATA=... python benchmarks/targets.py [--epochs 8] [--repeats 5]

On avdigits, picture and sound, with the default encoders (an LSTM over 101 frames)
and with convolutions alone. `int8` is calibrated with training rows and measured on
test rows. Latency is that of one row in this process, preprocessing included, decoding
not. Prints a Markdown table.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
from _machine import machine
from _report import command_line, print_table, said, write_json

import mmkeras as mm
from mmkeras._data_specs import shipped_spec
from mmkeras.serving.export_litert import export_litert
from mmkeras.serving.export_onnx import export_onnx

Row = dict[str, np.ndarray]
TASK = "digit"
ENCODERS = {"default": {}, "convolutions": {"sound": mm.encoders.audio_cnn}}


def train(data: mm.Dataset, encoders: dict[str, Callable], epochs: int) -> keras.Model:
    keras.utils.set_random_seed(0)
    made = {name: factory() for name, factory in encoders.items()}
    model = mm.build_model(data.spec, made)
    fast, ready = mm.precompute(model, data)
    batches = ready["train"].batches(64, shuffle=True, seed=0)
    fast.compile(keras.optimizers.Adam(2e-3), loss=data.spec.losses())
    fast.fit(batches, epochs=epochs, verbose=0)
    return model


def targets(
    model: keras.Model, data: mm.Dataset, folder: Path
) -> Iterator[tuple[str, int, float, Callable[[Row], np.ndarray]]]:
    """Name, bytes of the file, seconds to make it, and what answers one row."""
    from ai_edge_litert.interpreter import Interpreter

    start = time.perf_counter()
    model.save(folder / "model.keras")
    step = keras.tree.map_structure  # Inputs as they come: no dataset around a row.
    yield (
        "Keras, `predict_on_batch`",
        (folder / "model.keras").stat().st_size,
        time.perf_counter() - start,
        lambda row: step(np.asarray, model.predict_on_batch(row))[TASK],
    )
    for precision in ("float32", "float16", "int8"):
        start = time.perf_counter()
        file = export_litert(
            model,
            data.spec,
            folder / precision,
            precision=precision,
            examples=data["train"],
        )
        seconds = time.perf_counter() - start
        run = Interpreter(str(file)).get_signature_runner()
        yield (
            f"LiteRT, {precision}",
            file.stat().st_size,
            seconds,
            lambda row, run=run: run(**row)[TASK],
        )
    import onnxruntime

    start = time.perf_counter()
    file = export_onnx(model, data.spec, folder / "model")
    seconds = time.perf_counter() - start
    session = onnxruntime.InferenceSession(file)
    yield (
        "ONNX Runtime",
        file.stat().st_size,
        seconds,
        lambda row: session.run([TASK], row)[0],
    )


def measure(answer: Callable[[Row], np.ndarray], rows: list[Row], repeats: int):
    """Predictions of all rows, and the median milliseconds a row of each repeat."""
    found = np.concatenate([answer(row) for row in rows])
    medians = []
    for _ in range(repeats):
        times = []
        for row in rows:
            start = time.perf_counter()
            answer(row)
            times.append(time.perf_counter() - start)
        medians.append(1e3 * statistics.median(times))
    return found, medians


def main() -> None:
    parser: argparse.ArgumentParser = command_line(__doc__, repeats=5)
    parser.add_argument("--epochs", type=int, default=8)
    arguments = parser.parse_args()
    data = mm.load_dataset(shipped_spec("avdigits"), progress=False)
    test = data["test"]
    labels = test.labels(TASK)
    rows = [
        {name: np.asarray(values) for name, values in batch[0].items()}
        for batch in test.batches(1)
    ]
    print(f"{machine()}\n{arguments.epochs} epochs, {len(rows)} test rows")
    results = []
    for title, encoders in ENCODERS.items():
        model = train(data, encoders, arguments.epochs)
        expected = None
        with tempfile.TemporaryDirectory() as folder:
            for name, size, seconds, answer in targets(model, data, Path(folder)):
                found, medians = measure(answer, rows, arguments.repeats)
                expected = found if expected is None else expected
                chosen = found.argmax(-1)
                results.append(
                    {
                        "encoders": title,
                        "target": name,
                        "bytes": size,
                        "seconds_to_make": seconds,
                        "accuracy": float((chosen == labels).mean()),
                        "same_answers": float((chosen == expected.argmax(-1)).mean()),
                        "largest_difference": float(np.abs(found - expected).max()),
                        "milliseconds": medians,
                    }
                )
    print_table(
        [
            "encoders, target",
            "file, kB",
            "made in, s",
            "accuracy, %",
            "same answers, %",
            "largest difference",
            "ms a row",
        ],
        [
            [
                f"{one['encoders']}, {one['target']}",
                f"{one['bytes'] / 1000:,.0f}",
                f"{one['seconds_to_make']:.0f}",
                f"{100 * one['accuracy']:.1f}",
                f"{100 * one['same_answers']:.1f}",
                f"{one['largest_difference']:.1g}",
                said(one["milliseconds"], digits=2),
            ]
            for one in results
        ],
    )
    write_json(arguments.json, epochs=arguments.epochs, rows=len(rows), results=results)


if __name__ == "__main__":
    main()
