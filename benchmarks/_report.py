"""What a benchmark says: a median with its spread, a Markdown table, a JSON file."""

import argparse
import json
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from _machine import machine


def command_line(doc: str, repeats: int = 0) -> argparse.ArgumentParser:
    """A parser with the options that benchmarks have."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    if repeats:
        parser.add_argument("--repeats", type=int, default=repeats)
    parser.add_argument("--json", type=Path, help="where to write the figures too")
    return parser


def said(values: Sequence[float], digits: int = 0, unit: str = "") -> str:
    """Median, then smallest and largest; nothing of no value."""
    if not values:
        return ""
    low, median, high = (
        f"{value:,.{digits}f}{unit}"
        for value in (min(values), statistics.median(values), max(values))
    )
    return f"{median} ({low} to {high})" if len(values) > 1 else median


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A Markdown table; numbers, in all columns but the first, to the right."""
    print(f"\n| {' | '.join(headings)} |")
    print(f"| --- |{' ---: |' * (len(headings) - 1)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def write_json(path: Path | None, **found: Any) -> None:
    """The figures with the machine they are of, if a file was asked for."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"machine": machine(), **found}, indent=1, default=float)
        path.write_text(text + "\n", encoding="utf-8")
