"""Shuffled reading when the columns are several times what memory holds of them.

    python benchmarks/larger_than_memory.py [--limit-mb 1200] [--columns-mb 3200]
        [--seconds 40] [--every 2] [--folder DIR] [--json FILE]

Columns of 64x64x3 pixels and 16,000 samples a row are written as they lie in a
cache, and their pages dropped. Then a process reads `batches(64, shuffle=True)` of
them for a while: in a control group of that much memory, page cache included, with
the package's advice to the system (nothing is read ahead where the columns do not
fit) and without it; and with all of the machine's memory. Prints rows/s of each 2 s,
and the median of the second half, when memory is full. Needs root, or the right to
make a control group; without, it says so.

Rates hang on the disk. The default folder is a temporary one; give one on the disk
that the caches will be on.
"""

import contextlib
import os
import statistics
import tempfile
from pathlib import Path

import _children
import numpy as np
from _control_group import NoLimit, limited
from _machine import machine
from _report import command_line, print_table, said, write_json

PIXELS, SAMPLES = (64, 64, 3), (16_000,)
COLUMNS = {"image": (PIXELS, "uint8"), "sound": (SAMPLES, "int16")}
ROW_BYTES = sum(int(np.prod(s)) * np.dtype(d).itemsize for s, d in COLUMNS.values())
CHUNK = 512
VARIANTS = {
    "limited, as the package does it": {"limited": True, "advice": True},
    "limited, without its advice": {"limited": True, "advice": False},
    "all memory": {"limited": False, "advice": True},
}


def write_columns(folder: Path, rows: int) -> None:
    """Random values: what a file system might compress would be no measure."""
    random = np.random.default_rng(0)
    for name, (shape, dtype) in COLUMNS.items():
        with open(folder / f"{name}.bin", "wb") as file:
            for start in range(0, rows, CHUNK):
                size = (min(CHUNK, rows - start), *shape)
                file.write(random.integers(0, 128, size, dtype).tobytes())
            file.flush()
            os.fsync(file.fileno())


def drop_pages(folder: Path) -> None:
    """Out of memory with them; they are on the disk."""
    for name in COLUMNS:
        with open(folder / f"{name}.bin", "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def run(folder: Path, limit: int, told: dict, variant: dict) -> dict:
    """One variant, in a process of its own."""
    drop_pages(folder)
    with contextlib.ExitStack() as stack:
        group = None
        if variant["limited"]:
            group = stack.enter_context(limited(f"mmkeras-{os.getpid()}", limit))
        told = {**told, "advice": variant["advice"], "group": str(group or "")}
        return _children.run("_reading", told)


def row_of(name: str, found: dict, size: int, limit: int) -> list[str]:
    """A row of the table."""
    if "failed" in found:
        return [name, f"failed: {found['failed'][:60]}", "", "", ""]
    limited_to = limit if VARIANTS[name]["limited"] else found["available"]
    held = max(limited_to - found["process"], 1)
    second_half = found["rates"][len(found["rates"]) // 2 :]
    return [
        name,
        said(second_half),
        "off" if found["advised"] else "on",
        f"{held / 2**20:,.0f}",
        f"{size / held:.1f}",
    ]


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--limit-mb", type=int, default=1200)
    parser.add_argument("--columns-mb", type=int, default=3200)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--every", type=float, default=2)
    parser.add_argument("--folder", type=Path, help="where the columns are written")
    arguments = parser.parse_args()
    print(machine())
    rows = arguments.columns_mb * 2**20 // ROW_BYTES
    limit = arguments.limit_mb * 2**20
    found = {}
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        write_columns(folder, rows)
        told = {
            "folder": name,
            "rows": rows,
            "seconds": arguments.seconds,
            "every": arguments.every,
        }
        for title, variant in VARIANTS.items():
            try:
                found[title] = run(folder, limit, told, variant)
            except NoLimit as reason:
                print(f"{title}: cannot be measured here: {reason}")
                continue
            rates = " ".join(f"{rate:,.0f}" for rate in found[title].get("rates", []))
            print(f"{title}, rows/s of each {arguments.every} s: {rates}", flush=True)
    print(f"\n{machine()}")
    print(
        f"{rows:,} rows, {arguments.columns_mb:,} MB of columns; limit "
        f"{arguments.limit_mb:,} MB; batches of 64"
    )
    print_table(
        ("", "rows/s", "reading ahead", "MB for pages", "columns by that"),
        (row_of(n, f, rows * ROW_BYTES, limit) for n, f in found.items()),
    )
    medians = {
        name: statistics.median(row["rates"])
        for name, row in found.items()
        if row.get("rates")
    }
    write_json(arguments.json, rows=rows, limit=limit, variants=found, medians=medians)


if __name__ == "__main__":
    main()
