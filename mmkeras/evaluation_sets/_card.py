"""The data card of a set that was paired by label: what is in it, in figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mmkeras.evaluation_sets._assign import Twins
from mmkeras.evaluation_sets._files import markdown_table
from mmkeras.evaluation_sets._items import Items
from mmkeras.evaluation_sets.pairing import Pairing
from mmkeras.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

HOW = """\
The parts were never recorded together: each row shows one item of each, drawn at
random among those of its class and its split. What fusing gains here is what
independent evidence for the same class gains; nothing follows for inputs that
depend on each other given the class."""


def data_card(
    spec: Spec,
    table: pd.DataFrame,
    parts: Sequence[Items],
    twins: Sequence[Twins],
    sizes: dict[str, list[float]],
    pairing: Pairing,
) -> str:
    """The text of `README.md`.

    Args:
        spec: of the built set.
        table: its manifest.
        parts: what there was to pair.
        twins: of each part.
        sizes: of each part, for each row: seconds, pixels or characters.
        pairing: as it was asked for.
    """
    import pandas as pd

    counts = pd.crosstab(table["label"], table["split"])
    counts = counts.reindex(columns=[s for s in pairing.shares if s in counts])
    total = ["all", *(int(n) for n in counts.sum())]
    rows = [[label, *map(int, row)] for label, row in counts.iterrows()]
    lines = [
        f"# {spec.name}",
        "",
        f"{len(table)} rows of {' and '.join(i.name for i in parts)}, paired by "
        "label. `mm.load_dataset` opens "
        f"`{spec.name}.yaml`.",
        "",
        HOW,
        "",
        "## Rows a class and split",
        "",
        *markdown_table(["class", *counts.columns], [*rows, total]),
        "",
        "## Parts",
        "",
        *markdown_table(
            ["input", "from", "licence", "read", "left out", "used", "rows an item"],
            [_used(items, table) for items in parts],
        ),
        "",
        "Left out are rows of the source that lack a value, a label, a group or a "
        "split.",
        "",
        "## Groups",
        "",
        "No group is in two splits.",
        "",
        *markdown_table(
            ["input", "split", "groups", "which"],
            [row for items in parts for row in _groups(items, table)],
        ),
        "",
        "## Items that are nearly the same",
        "",
        "Equal ones have the same content, or as texts the same words. Near ones have "
        "hashes that differ in few bits, and contents that correlate.",
        "",
        *markdown_table(
            ["input", "treated", "equal", "near", "left out", "pairs in two splits"],
            [
                [
                    *(items.name, items.part.duplicates),
                    *(found.exact, found.near, found.left_out, found.crossing),
                ]
                for items, found in zip(parts, twins, strict=True)
            ],
        ),
        "",
        "## Degradation",
        "",
        *_degradations(parts, table),
        "",
        "## Sizes",
        "",
        *markdown_table(
            ["input", "unit", "least", "mean", "most"],
            [_sizes(items, sizes[items.name]) for items in parts],
        ),
        "",
        "## How to make it again",
        "",
        "`generator.json` holds the arguments of `pair_by_label`, but for the sources, "
        "of which it has the digests. The same arguments and sources give the same "
        "bytes; `SHA256SUMS` lists them, and `sha256sum -c SHA256SUMS` checks them. "
        f"The seed is {pairing.seed}.",
        "",
    ]
    return "\n".join(lines)


def _used(items: Items, table: pd.DataFrame) -> list[Any]:
    about, degradation = items.part.about, items.part.degradation
    origin = "; ".join(filter(None, [about.description, about.homepage]))
    licences = [about.licence, getattr(degradation, "licence", "")]
    uses = table[f"{items.name}_source"].value_counts()
    many = f"{uses.min()} to {uses.max()} (at most {items.part.uses})"
    licence = " AND ".join(filter(None, licences)) or "not stated"
    read = len(items) + items.left_out
    return [items.name, origin, licence, read, items.left_out, len(uses), many]


def _groups(items: Items, table: pd.DataFrame) -> list[list[Any]]:
    if items.part.group is None:
        return [[items.name, "", "each item", ""]]
    rows = []
    for split, some in table.groupby("split", sort=False):
        names = sorted(set(some[f"{items.name}_group"]))
        listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
        rows.append([items.name, split, len(names), listed])
    return rows


def _degradations(parts: Sequence[Items], table: pd.DataFrame) -> list[str]:
    rows: list[list[Any]] = []
    notes = []
    for items in parts:
        degradation = items.part.degradation
        if degradation is None:
            rows.append([items.name, "none", *[None] * 4])
            continue
        measured = table[f"{items.name}_measured"].dropna().to_numpy("float64")
        span: list[float | None] = [None] * 3
        if len(measured):
            span = [float(f(measured)) for f in (np.mean, np.min, np.max)]
        strength = f"{degradation.strength:g} ({degradation.asked})"
        rows.append([items.name, type(degradation).__name__, strength, *span])
        notes.append(f"Measured of `{items.name}` is {degradation.measured}.")
    columns = ["input", "by", "asked", "measured: mean", "least", "most"]
    return [*markdown_table(columns, rows), "", *notes]


def _sizes(items: Items, sizes: list[float]) -> list[Any]:
    kind = items.part.modality.type  # type: ignore[attr-defined]
    unit = {"image": "pixels", "audio": "seconds", "text": "characters"}[kind]
    least, mean, most = (float(f(sizes)) for f in (np.min, np.mean, np.max))
    return [items.name, unit, least, mean, most]
