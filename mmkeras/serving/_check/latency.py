"""How long an exported model takes: its first answer, and then each batch size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmkeras._tables import Table
from mmkeras.serving._check.kit import DECODED, DEFAULT, Kit
from mmkeras.serving._check.process import Answer, Call, Outcome

_PERCENTILES = (50, 95, 99)
_MILLI = 1e3
# Of each batch size.
_SECONDS = 2.0


def timed_calls(kit: Kit) -> list[Call]:
    """Each batch size, from bytes and decoded; the first is one row."""
    sizes = sorted(kit.metadata["batch_sizes"])
    first = Call(DEFAULT, kit.batch(1))
    encoded = [Call(DEFAULT, kit.batch(size), _SECONDS) for size in sizes]
    decoded = [Call(DECODED, kit.blank(size), _SECONDS) for size in sizes]
    return [first, *encoded, *decoded]


def latency_of(
    cold: Outcome, warm: Outcome, warm_up: int, sizes: Sequence[int]
) -> dict[str, Any]:
    """The figures, as plain values in seconds and milliseconds.

    Args:
        cold: of a process whose first call is one row.
        warm: of one that answers the warm-up records, and then `timed_calls`.
        warm_up: how many records there are.
        sizes: of batches.
    """
    records, (first, *timed) = warm.answers[:warm_up], warm.answers[warm_up:]
    order = [(name, size) for name in (DEFAULT, DECODED) for size in sorted(sizes)]
    return {
        "load_seconds": cold.seconds.get("loaded"),
        "first_seconds": cold.answers[0].seconds,
        "warm_up_seconds": sum(answer.seconds for answer in records),
        "first_seconds_after_warm_up": first.seconds,
        "calls": [
            {"signature": name, "rows": size, **_figures(answer)}
            for (name, size), answer in zip(order, timed, strict=True)
            if answer.times
        ],
    }


def _figures(answer: Answer) -> dict[str, float]:
    found = np.percentile(answer.times, _PERCENTILES) * _MILLI
    figures = {f"p{p}_ms": float(v) for p, v in zip(_PERCENTILES, found, strict=True)}
    return {**figures, "repeated": len(answer.times)}


def latency_tables(latency: Mapping[str, Any]) -> list[Table]:
    """The same as tables."""
    first = [
        ["load", f"{latency['load_seconds']:.2f} s"],
        ["first answer", _shown(latency["first_seconds"])],
        ["answer to the warm-up", _shown(latency["warm_up_seconds"])],
        ["first answer after it", _shown(latency["first_seconds_after_warm_up"])],
    ]
    rows = [
        [
            one["signature"],
            f"{one['rows']}",
            *(f"{one[f'p{percentile}_ms']:.2f}" for percentile in _PERCENTILES),
            f"{_MILLI * one['rows'] / one['p50_ms']:,.0f}",
        ]
        for one in latency["calls"]
    ]
    header = ["signature", "rows", *(f"p{p} ms" for p in _PERCENTILES), "rows/s"]
    return [
        Table("a new process, TensorFlow alone, on the CPU", ["", "took"], first),
        Table("and then, batch by batch", header, rows),
    ]


def _shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{_MILLI * seconds:.1f} ms"
