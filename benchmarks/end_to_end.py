"""From files to a trained model: an article's script, tf.data, mmkeras, the limit.

    python benchmarks/end_to_end.py [--rows 2000] [--repeats 3] [--batch-size 64]
        [--epochs 3] [--steady-epochs 3] [--steps-per-execution 8]
        [--folder runs/end_to_end] [--json FILE]

The files are made first, if they are not there: JPEGs of 320x240, sentences, and
WAVs of 1 s at 16 kHz, of four classes, a fifth of the rows for testing. Each row of
the table is a script in `end_to_end_rows/` that runs in a fresh process, with the
same network; the rows take turns, so that all see the same load of the machine.

`wall s` is from the start of the process, imports included, to the end of epoch 3;
`epoch 1 s` to the end of the first one, with all preparation. Steady speed is that
of the epochs after. `to D` divides it by the limit's of the same turn: the same
network on arrays that were preprocessed before. Memory counts pages of mapped
files, which the system can take back. Lines are those between two comments of a
row's script (mmkeras: and of its spec), without imports and the network, which A, B
and D compile there. The files are in the page cache. Medians, with smallest and
largest.
"""

import shutil
import statistics
from pathlib import Path

import _children
from _files import make_files
from _machine import machine
from _report import command_line, print_table, said, write_json

ROWS = {
    "A article: OpenCV, librosa, NumPy": ("a_article", None),
    "B tf.data, cached": ("b_tfdata", None),
    "C mmkeras, first time": ("c_plain", "plain"),
    "C mmkeras, again": ("c_plain", "plain"),
    "C mmkeras, precompute, first time": ("c_precomputed", "precomputed"),
    "C mmkeras, precompute, again": ("c_precomputed", "precomputed"),
    "C mmkeras, augmented, again": ("c_augmented", "plain"),
    "D limit: arrays in memory": ("d_limit", None),
}
LIMIT = list(ROWS)[-1]
HEADINGS = (
    "row",
    "wall s",
    "epoch 1 s",
    "steady rows/s",
    "to D",
    "memory MB",
    "lines",
    "test accuracy",
)


def turn(settings: dict, caches: Path) -> dict[str, dict]:
    """Each row once."""
    shutil.rmtree(caches, ignore_errors=True)
    found = {}
    for name, (script, cache) in ROWS.items():
        # An empty cache the first time that one is used, in each turn anew.
        told = settings | {"cache": str(caches / (cache or "none"))}
        print(f"  {name}", flush=True)
        found[name] = _children.run(
            f"end_to_end_rows.{script}", told, MMKERAS_DATA=settings["folder"]
        )
    shutil.rmtree(caches, ignore_errors=True)
    return found


def steady(row: dict) -> float:
    """Rows per second of a row's steady epochs."""
    return statistics.median(row["steady"])


def cells(name: str, turns: list[dict[str, dict]]) -> list[str]:
    """A row of the table."""
    rows = [turn[name] for turn in turns if "failed" not in turn[name]]
    if not rows:
        return [name, f"failed: {turns[0][name]['failed'][:60]}", *[""] * 6]
    both = [turn for turn in turns if "failed" not in turn[name] | turn[LIMIT]]
    ratios = [steady(turn[name]) / steady(turn[LIMIT]) for turn in both]
    return [
        name,
        said([row["wall_s"] for row in rows], 1),
        said([row["first_epoch_s"] for row in rows], 1),
        said([steady(row) for row in rows]),
        said(ratios, 2),
        said([row["memory_mb"] for row in rows]),
        str(rows[0]["lines"]),
        said([row["accuracy"] for row in rows], 3),
    ]


def main() -> None:
    parser = command_line(__doc__, repeats=3)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--steady-epochs", type=int, default=3)
    parser.add_argument("--steps-per-execution", type=int, default=8)
    parser.add_argument("--folder", type=Path, default=Path("runs/end_to_end"))
    arguments = parser.parse_args()
    print(machine())
    folder = arguments.folder.resolve()
    make_files(folder, arguments.rows)
    settings = {
        "folder": str(folder),
        "arrays": str(folder / "arrays.npz"),
        "batch_size": arguments.batch_size,
        "first_epochs": arguments.epochs,
        "epochs": arguments.epochs + arguments.steady_epochs,
        "steps_per_execution": arguments.steps_per_execution,
    }
    _children.run("end_to_end_rows.make_arrays", settings)
    turns = []
    for seed in range(arguments.repeats):
        print(f"turn {seed + 1} of {arguments.repeats}", flush=True)
        turns.append(turn(settings | {"seed": seed}, folder / "cache"))
    print(f"\n{machine()}")
    print(
        f"{arguments.rows:,} rows, batches of {arguments.batch_size}, "
        f"{arguments.steps_per_execution} steps an execution"
    )
    print_table(HEADINGS, (cells(name, turns) for name in ROWS))
    write_json(arguments.json, settings=settings, turns=turns)


if __name__ == "__main__":
    main()
