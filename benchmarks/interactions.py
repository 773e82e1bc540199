"""Models of sets whose best accuracies are known.

    python benchmarks/interactions.py [--seeds 3] [--noise 0.0] [--interaction xor]

Makes `mm.evaluation_sets.make_synthetic` (1,200 rows to train, 3,000 to test), trains
fusions on all inputs and the default model on each alone, and prints test accuracies
beside the ceilings, then the Shapley shares of a model with modality dropout.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import keras
from _machine import machine
from _report import print_table

import mmkeras as mm

ROWS = {"train": 1200, "validation": 100, "test": 3000}
FUSIONS = {
    "Concat": mm.fusion.Concat,
    "MLPFusion((64,))": lambda: mm.fusion.MLPFusion((64,)),
    "MultiplicativeInteractions(32)": lambda: mm.fusion.MultiplicativeInteractions(32),
}


def train(data, seed, fusion=None, modality_dropout=0.0, epochs=4):
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model = mm.build_model(data.spec, fusion=fusion, modality_dropout=modality_dropout)
    model.compile(keras.optimizers.Adam(2e-3), loss=data.spec.losses())
    batches = data["train"].batches(32, shuffle=True, seed=seed)
    model.fit(batches, epochs=epochs, verbose=0)
    return model


def accuracy(model, data):
    report = mm.evaluate(model, data["test"], repeats=0)
    return 100 * report["label"]["accuracy"]


def said(values):
    return f"{statistics.mean(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--interaction", default="xor")
    arguments = parser.parse_args()
    seeds = range(arguments.seeds)
    with tempfile.TemporaryDirectory() as folder:
        made = mm.evaluation_sets.make_synthetic(
            Path(folder) / "set",
            arguments.interaction,
            rows=ROWS,
            noise=arguments.noise,
        )
        data = mm.load_dataset(
            made.spec, cache_dir=Path(folder) / "cache", progress=False
        )
        rows = []
        for name in data.spec.inputs:
            part = data.select(name)
            found = [accuracy(train(part, seed, epochs=2), part) for seed in seeds]
            rows.append([f"{name} alone", said(found), f"{made.ceiling(name):.1%}"])
        best = f"{made.ceiling(*data.spec.inputs):.1%}"
        for title, make in FUSIONS.items():
            found = [accuracy(train(data, seed, make()), data) for seed in seeds]
            rows.append([f"all, {title}", said(found), best])
        print(f"{machine()}\n{arguments.interaction}, {arguments.seeds} seeds")
        print_table(["model", "test accuracy, %", "ceiling"], rows)
        model = train(data, 0, mm.fusion.MLPFusion((64,)), 0.2, epochs=6)
        print(mm.modality_shares(model, data["test"]))


if __name__ == "__main__":
    main()
