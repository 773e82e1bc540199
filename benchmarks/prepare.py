"""How fast files become a data set, and how little of it is done twice.

    python benchmarks/prepare.py [--rows 8000] [--repeats 3]
        [--folder runs/end_to_end] [--json FILE]

The files are those of `end_to_end.py`. Every figure is from a fresh process, its
imports left out, and the variants take turns:

- `load_dataset` into an empty cache, beside `tf.data` that decodes the same files
  and keeps nothing: by the same ops, and with a plain bilinear resize. The first
  call of a process traces; without such fixed costs, the rate is that of the rows
  between a quarter of them and all.
- rows 1, 4 and 16 times: the time of each row should not grow.
- the same manifest again, one with 1 % new rows, and a preparation that was killed
  at half of its values: what of the finished half was decoded again?

Medians, with smallest and largest.
"""

import os
import shutil
import signal
import time
from pathlib import Path

import _children
from _files import make_files, read_manifest, write_manifest
from _machine import machine
from _report import command_line, print_table, said, write_json

GROWTH = (16, 4, 1)  # The rows divided by these.
FEWEST = 320
NEW_SHARE = 0.01
KINDS = {
    "mmkeras": "load_dataset",
    "same_ops": "tf.data, the same ops",
    "bilinear": "tf.data, plain bilinear",
}
KEY_BYTES = 16  # Of each value that a store has.
POLL_SECONDS = 0.01


class Bench:
    """A folder of files, and processes that prepare some of its rows.

    Args:
        folder: of the files.
        rows: at most.
    """

    def __init__(self, folder: Path, rows: int):
        self.folder = folder
        self.rows = rows
        self.new = max(1, round(NEW_SHARE * rows))
        self.lines = read_manifest(make_files(folder, rows + self.new))
        self.cache = folder / "prepare"

    def told(self, rows: int, kind: str) -> dict:
        """What a child is told: it prepares the first rows."""
        manifest = f"manifest-{rows}.csv"
        write_manifest(self.folder / manifest, self.lines[:rows])
        return {
            "folder": str(self.folder),
            "manifest": manifest,
            "cache": str(self.cache),
            "kind": kind,
        }

    def run(self, rows: int, kind: str, empty: bool = True) -> dict:
        """A process of its own."""
        if empty:
            self.clear()
        told = self.told(rows, kind)
        found = _children.run("_preparing", told, MMKERAS_DATA=str(self.folder))
        if "failed" in found:
            raise SystemExit(f"{kind}, {rows} rows: {found['failed']}")
        return found

    def clear(self) -> None:
        """Empty the cache."""
        shutil.rmtree(self.cache, ignore_errors=True)

    def finished(self) -> int:
        """Values in the stores: those that have a key, without the blank ones."""
        files = list(self.cache.glob("*-store/*/keys.bin"))
        return sum(max(0, f.stat().st_size // KEY_BYTES - 1) for f in files)

    def killed(self) -> dict:
        """Kill a preparation at half of its values, then start it again."""
        self.clear()
        told = self.told(self.rows, "mmkeras")
        child = _children.start("_preparing", told, MMKERAS_DATA=str(self.folder))
        values = 2 * self.rows  # A picture and a sound a row.
        while child.poll() is None and self.finished() < values / 2:
            time.sleep(POLL_SECONDS)
        if child.poll() is None:
            os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        kept = self.finished()
        again = self.run(self.rows, "mmkeras", empty=False)
        decoded = again["decoded"]
        return again | {"kept": kept, "twice": decoded - (values - kept)}


def turn(bench: Bench) -> dict:
    """All measurements, once."""
    rows, sizes = bench.rows, [bench.rows // by for by in GROWTH]
    found: dict = {"whole": {}, "growth": {}}
    for size in sizes:
        found["growth"][size] = bench.run(size, "mmkeras")
    for kind in KINDS:
        found["whole"][kind] = [bench.run(n, kind) for n in sizes[1:]]
    bench.clear()
    found["first"] = bench.run(rows, "mmkeras")
    found["unchanged"] = bench.run(rows, "mmkeras", empty=False)
    found["grown"] = bench.run(rows + bench.new, "mmkeras", empty=False)
    found["killed"] = bench.killed()
    bench.clear()
    return found


def rates(turns: list[dict], kind: str, sizes: list[int]) -> tuple[list, list]:
    """Rows per second of the whole, and between the two sizes."""
    whole, between = [], []
    for one in turns:
        small, large = (each["seconds"] for each in one["whole"][kind])
        whole.append(sizes[1] / large)
        between.append((sizes[1] - sizes[0]) / (large - small))
    return whole, between


def show(turns: list[dict], bench: Bench) -> None:
    sizes = [bench.rows // by for by in GROWTH]
    speeds = {kind: rates(turns, kind, sizes[1:]) for kind in KINDS}
    ours = speeds["mmkeras"]

    def ratio(kind: str, which: int) -> str:
        pairs = zip(ours[which], speeds[kind][which], strict=True)
        return said([mine / theirs for mine, theirs in pairs], 2)

    print_table(
        ("of all rows", "rows/s, whole", "ours to it", "without fixed", "ours to it"),
        (
            [
                name,
                said(speeds[kind][0]),
                ratio(kind, 0),
                said(speeds[kind][1]),
                ratio(kind, 1),
            ]
            for kind, name in KINDS.items()
        ),
    )
    seconds = {size: [t["growth"][size]["seconds"] for t in turns] for size in sizes}
    print_table(
        ("rows", "seconds", "ms a row"),
        (
            [f"{n:,}", said(s, 2), said([1000 * x / n for x in s], 2)]
            for n, s in seconds.items()
        ),
    )
    names = {
        "first": "an empty cache",
        "unchanged": "the same manifest",
        "grown": f"{bench.new} new rows",
        "killed": "killed at half, again",
    }
    shares = {
        name: [t[name]["seconds"] / t["first"]["seconds"] for t in turns]
        for name in names
    }
    print_table(
        ("", "seconds", "% of the whole", "values decoded"),
        (
            [
                title,
                said([t[name]["seconds"] for t in turns], 2),
                said([100 * share for share in shares[name]], 1),
                said([t[name]["decoded"] for t in turns]),
            ]
            for name, title in names.items()
        ),
    )
    twice = [t["killed"]["twice"] for t in turns]
    kept = said([t["killed"]["kept"] for t in turns])
    print(f"\nKilled with {kept} values finished: {said(twice)} of them decoded again.")


def main() -> None:
    parser = command_line(__doc__, repeats=3)
    parser.add_argument("--rows", type=int, default=8000)
    parser.add_argument("--folder", type=Path, default=Path("runs/end_to_end"))
    arguments = parser.parse_args()
    if arguments.rows < FEWEST:
        parser.error(f"--rows: at least {FEWEST}, so that a part has all classes")
    print(machine())
    bench = Bench(arguments.folder.resolve(), arguments.rows)
    turns = []
    for number in range(arguments.repeats):
        print(f"turn {number + 1} of {arguments.repeats}", flush=True)
        turns.append(turn(bench))
    print(f"\n{machine()}\n{bench.rows:,} rows of a picture, a sentence and a sound")
    show(turns, bench)
    write_json(arguments.json, rows=bench.rows, turns=turns)


if __name__ == "__main__":
    main()
