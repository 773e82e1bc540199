"""Two tasks in one fit against one model a task, with each way of balancing.

    MMKERAS_DATA=... python benchmarks/multitask.py [--seeds 3] [--epochs 16]

On avdigits by `split_official_fsdd` (2,700 rows to train, 300 to test; speakers are
in both), from picture and sound: which digit, and who says it. Every model has the
same encoders, batches and epochs. Prints a Markdown table of test accuracies.
"""

import argparse
import json
import statistics
from pathlib import Path

import keras
from _machine import machine
from _report import command_line, print_table

import mmkeras as mm
from mmkeras._data_specs import shipped_spec

BALANCING = ("fixed", "uncertainty", "gradnorm")


def load(cache: Path | None = None) -> mm.Dataset:
    """avdigits with both tasks, split as FSDD's authors did."""
    spec = mm.load_spec(shipped_spec("avdigits"))
    return mm.load_dataset(
        spec.replace(
            tasks={
                **spec.tasks,
                "speaker": mm.tasks.Classification(column="speaker"),
            },
            split=mm.SplitByColumn(
                column="split_official_fsdd",
                values={"train": ("train",), "test": ("test",)},
            ),
        ),
        cache_dir=cache,
        progress=False,
    )


def train(data: mm.Dataset, epochs: int, seed: int) -> dict[str, float]:
    """Test accuracy by task."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    # The default LSTM reads the silence after a word last, and stays at chance on
    # who says it.
    model = mm.build_model(data.spec, {"sound": mm.encoders.audio_cnn()})
    fast, ready = mm.precompute(model, data)
    batches = ready["train"].batches(64, shuffle=True, seed=seed)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, epochs * len(batches))
    fast.compile(
        keras.optimizers.Adam(rate),
        loss=data.spec.losses(),
        weighted_metrics=data.spec.metrics(),
    )
    fast.fit(batches, epochs=epochs, verbose=0)
    report = mm.evaluate(model, data["test"], repeats=0)
    return {name: figures["accuracy"] for name, figures in report.tasks.items()}


def compare(
    data: mm.Dataset, seeds: int, epochs: int
) -> dict[str, dict[str, list[float]]]:
    """By model, by task, the accuracies of all seeds."""
    runs = {f"{name} alone": ((name,), "fixed") for name in data.spec.tasks}
    runs |= {f"both, {how}": (tuple(data.spec.tasks), how) for how in BALANCING}
    found: dict[str, dict[str, list[float]]] = {title: {} for title in runs}
    for seed in range(seeds):
        for title, (tasks, how) in runs.items():
            accuracies = train(
                data.with_tasks(*tasks, loss_balancing=how), epochs, seed
            )
            for name, accuracy in accuracies.items():
                found[title].setdefault(name, []).append(accuracy)
    return found


def said(values: list[float]) -> str:
    if not values:
        return ""
    low, high = min(values), max(values)
    return f"{100 * statistics.mean(values):.1f} ({100 * low:.1f} to {100 * high:.1f})"


def main() -> None:
    parser: argparse.ArgumentParser = command_line(__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=16)
    arguments = parser.parse_args()
    data = load()
    found = compare(data, arguments.seeds, arguments.epochs)
    print(f"{machine()}\n{arguments.seeds} seeds, {arguments.epochs} epochs")
    print_table(
        ["model", *(f"{name}, %" for name in data.spec.tasks)],
        [
            [title, *(said(by_task.get(name, [])) for name in data.spec.tasks)]
            for title, by_task in found.items()
        ],
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
