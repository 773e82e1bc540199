"""Accuracy against the share of rows that lack a modality.

    python benchmarks/missing_modalities.py [--fusion Concat] [--seeds 3]
        [--rate 0.3] [--folder runs/fusions]

On the degraded avdigits (pictures from 4 principal components, sound at 0 dB), with
and without `modality_dropout` in training, and beside them a model of the picture
alone and one of the sound alone. All are trained on whole rows; rows of the test
split then lose their picture or their sound. Prints a Markdown table.
"""

import argparse
import dataclasses
import statistics
from pathlib import Path

import keras
from _machine import machine
from _recipes import AVDIGITS_BUDGET, avdigits, avdigits_encoders

import mmkeras as mm

RATES = (0.0, 0.25, 0.5, 0.75)


def train(data, fusion, budget, seed):
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model = mm.build_model(
        data.spec,
        avdigits_encoders(data.spec, tokens=False),
        fusion,
        modality_dropout=budget.modality_dropout,
    )
    batches = data["train"].batches(budget.batch_size, shuffle=True, seed=seed)
    optimizer = budget.optimizer(budget.epochs * len(batches))
    model.compile(optimizer, loss=data.spec.losses())
    model.fit(batches, epochs=budget.epochs, verbose=0)
    return model


def accuracies(model, data):
    """By `(input, rate)`: the same rows are missing for every model of a seed."""
    found = {}
    for name in data.spec.inputs:
        for rate in RATES:
            split = data["test"].with_missing({name: rate})
            found[name, rate] = mm.evaluate(model, split)["digit"]["accuracy"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fusion", choices=mm.fusion.__all__, default="Concat")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=0.3)
    parser.add_argument("--folder", type=Path, default=Path("runs/fusions"))
    arguments = parser.parse_args()
    data = avdigits(arguments.folder / "data")
    budget = AVDIGITS_BUDGET
    dropping = dataclasses.replace(budget, modality_dropout=arguments.rate)
    rows = {}
    for seed in range(arguments.seeds):
        for name in data.spec.inputs:
            part = data.select(name)
            model = train(part, mm.fusion.Concat(), budget, seed)
            figure = mm.evaluate(model, part["test"])["digit"]["accuracy"]
            rows.setdefault(f"{name} alone", []).append({(name, 0.0): figure})
        for what, chosen in (
            (arguments.fusion, budget),
            (f"{arguments.fusion}, modality_dropout={arguments.rate}", dropping),
        ):
            model = train(data, getattr(mm.fusion, arguments.fusion)(), chosen, seed)
            found = accuracies(model, data)
            rows.setdefault(what, []).append(found)
            print(f"seed {seed}, {what}: {found}", flush=True)
    print(f"\n{machine()}\n\nTest accuracy, mean of {arguments.seeds} seeds; {budget}")
    for missing in data.spec.inputs:
        print(f"\n| rows without {missing} | {' | '.join(map(str, RATES))} |")
        print(f"| --- |{' --- |' * len(RATES)}")
        for name, runs in rows.items():
            cells = [cell(runs, missing, rate) for rate in RATES]
            if any(cells):
                print(f"| {name} | {' | '.join(cells)} |")


def cell(runs, missing, rate):
    """Mean, smallest and largest; what does not use the input never lacks it."""
    values = [run[missing, rate] for run in runs if (missing, rate) in run]
    if not values and all(len(run) == 1 for run in runs):
        ((name, _),) = runs[0]
        values = [run[name, 0.0] for run in runs if name != missing]
    if not values:
        return ""
    return f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


if __name__ == "__main__":
    main()
