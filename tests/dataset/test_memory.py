"""How columns are read where memory is short."""

import dataclasses
import mmap
import os
from pathlib import Path

import numpy as np
import pytest

from mmkeras.dataset import _memory

MEMINFO = "MemTotal: 900 kB\nMemAvailable: 800 kB\n"


def machine(folder, cgroup, limits):
    (folder / "proc/self").mkdir(parents=True)
    (folder / "proc/meminfo").write_text(MEMINFO)
    (folder / "proc/self/cgroup").write_text(cgroup)
    for path, text in limits.items():
        (folder / "groups" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "groups" / path).write_text(text)
    return _memory.available_bytes(folder / "proc", folder / "groups")


@pytest.mark.parametrize(
    ("cgroup", "limits", "kilobytes"),
    [
        ("0::/\n", {}, 800),
        ("0::/job\n", {"job/memory.max": "max\n"}, 800),
        ("0::/job\n", {"job/memory.max": "102400\n"}, 100),
        ("0::/seen/from/outside\n", {"memory.max": "204800\n"}, 200),
        ("3:cpu,x:/\n2:memory:/a\n", {"memory/a/memory.limit_in_bytes": "1024"}, 1),
        ("2:memory:/a\n", {"memory/memory.limit_in_bytes": "9223372036854771712"}, 800),
        ("nonsense\n", {}, 800),
    ],
)  # fmt: skip
def test_smallest_limit_counts(tmp_path, cgroup, limits, kilobytes):
    assert machine(tmp_path, cgroup, limits) == kilobytes * 1024


def test_nothing_known_is_no_limit(tmp_path):
    assert _memory.available_bytes(tmp_path, tmp_path) == 2**63


@pytest.mark.parametrize(("available", "expected"), [(10_000, True), (50_000, False)])
def test_reading_ahead_is_turned_off_where_columns_do_not_fit(
    tmp_path, monkeypatch, available, expected
):
    np.save(tmp_path / "x.npy", np.zeros((2, 1000)))
    column = np.load(tmp_path / "x.npy", mmap_mode="c")
    advice = []

    class Listening:
        madvise = advice.append

    monkeypatch.setattr(column, "_mmap", Listening())
    monkeypatch.setattr(_memory, "available_bytes", lambda: available)
    assert _memory.advise([column, np.zeros(9)]) is expected
    assert advice == [mmap.MADV_RANDOM] * expected


def anonymous_megabytes():
    """Memory of this process that no file stands behind."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("RssAnon:"))
    return int(line.split()[1]) / 1024


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs Linux")
def test_epoch_over_mapped_columns_copies_none_of_them(small_data, monkeypatch):
    name = "image"
    column = small_data.columns[name]
    # 420 MB of nothing behind the pictures: a hole, which takes no disk.
    with open(small_data.path / "large.bin", "wb") as file:
        file.truncate(550_000 * column.values[0].nbytes)
    values = np.memmap(file.name, "uint8", "c").reshape(-1, *column.values.shape[1:])
    large = dataclasses.replace(column, values=values)
    monkeypatch.setitem(small_data.columns, name, large)
    batches = small_data["train"].batches(8, shuffle=True, seed=0)
    before = anonymous_megabytes()
    for _ in range(2):
        for _ in batches:
            pass
    os.remove(file.name)
    assert anonymous_megabytes() - before < 100
