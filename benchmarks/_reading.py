"""Reads columns for some seconds; `larger_than_memory.py` starts it, limited."""

import sys
import time
from pathlib import Path

import _children
from _control_group import join

BATCH = 64


def open_columns(folder: Path, rows: int):
    """A data set over columns that were written by hand."""
    import numpy as np
    import pandas as pd
    from larger_than_memory import COLUMNS

    import mmkeras as mm
    from mmkeras.dataset._store import Column

    spec = mm.Spec(
        name="large",
        source=mm.sources.Frame(frame=pd.DataFrame()),
        inputs={
            "image": mm.modalities.Image(column="image", size=(64, 64)),
            "sound": mm.modalities.Audio(column="sound"),
        },
        tasks={"label": mm.tasks.Classification(column="label", classes=("a", "b"))},
        split=mm.SplitByColumn(column="split", values={"train": ("train",)}),
    )
    columns = {
        "label.label": np.zeros(rows, "int32"),
        "weight.label": np.ones(rows, "float32"),
        "row.split": np.full(rows, "train"),
        "row.usable": np.ones(rows, bool),
    }
    for name, (shape, dtype) in COLUMNS.items():
        # Copy on write, as the package opens them.
        values = np.memmap(folder / f"{name}.bin", dtype, "c", shape=(rows, *shape))
        columns[name] = Column(values, np.arange(rows))
        columns[f"present.{name}"] = np.ones(rows, bool)
    nothing = pd.DataFrame(columns=["left_out"])
    counts = {"total": rows, "unused": 0}
    return mm.Dataset(spec, columns, np.arange(rows), nothing, counts)


def own_bytes() -> int:
    """Memory of this process that is no file's page."""
    with open("/proc/self/status") as file:
        lines = [line for line in file if line.startswith("RssAnon:")]
    return 1024 * int(lines[0].split()[1])


def main() -> None:
    told = _children.arguments_of_child(sys.argv)
    if told["group"]:
        join(Path(told["group"]))
    data = open_columns(Path(told["folder"]), told["rows"])
    from mmkeras.dataset import _gather, _memory

    available, advised = _memory.available_bytes(), []

    def advise(columns):
        advised.append(_memory.advise(columns) if told["advice"] else False)
        return advised[-1]

    _gather.advise = advise
    batches = data["train"].batches(BATCH, shuffle=True, seed=0, remainder="drop")
    rates, rows = [], 0
    begun = since = time.perf_counter()
    while since - begun < told["seconds"]:
        for _ in batches:
            rows += BATCH
            now = time.perf_counter()
            if now - since >= told["every"]:
                rates.append(rows / (now - since))
                rows, since = 0, now
                if now - begun >= told["seconds"]:
                    break
    _children.found(
        rates=rates, process=own_bytes(), available=available, advised=any(advised)
    )


if __name__ == "__main__":
    main()
