"""Every fusion on real data, under one budget.

    python benchmarks/fusions.py avdigits|tuxstamps [--seeds 3] [--folder runs/fusions]

`avdigits` is degraded as its README says (pictures from 4 principal components,
sound at 0 dB), since raw the picture alone is nearly enough. Prints Markdown:
test accuracy over the seeds, trainable weights, milliseconds of a training step.
Finished runs are kept in the folder: a second call goes on where one was stopped.
"""

import argparse
from pathlib import Path

from _machine import machine
from _recipes import DATA_SETS

import mmkeras as mm


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=DATA_SETS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("runs/fusions"))
    arguments = parser.parse_args()
    load, encoders, budget, baselines = DATA_SETS[arguments.data]
    folder = arguments.folder
    data = load(folder / "data")
    compared = mm.compare_fusions(
        data,
        seeds=arguments.seeds,
        budget=budget,
        encoders=encoders,
        split="test",
        folder=folder / arguments.data,
    )
    print(f"{machine()}\n\n{compared.title}; {budget}\n")
    print(compared.to_markdown())
    print("\n| baseline of the data set's README | accuracy |\n| --- | --- |")
    for name, figure in baselines.items():
        print(f"| {name} | {figure:.3f} |")


if __name__ == "__main__":
    main()
