"""Pairs drawn by label: how many rows a class, and which items are in each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmkeras import _checks
from mmkeras.evaluation_sets._items import OWNER, Items
from mmkeras.evaluation_sets.pairing import Pairing


def draw_pairs(
    parts: Sequence[Items], pairing: Pairing, random: np.random.Generator
) -> dict[str, list[tuple[str, tuple[int, ...]]]]:
    """For each split its rows: a label, and the number of an item of each part.

    Raises:
        ValueError: if the parts' classes differ, or a class has too few items.
    """
    classes = _classes(parts, pairing)
    drawn = {}
    for split in pairing.shares:
        pools = {
            label: [
                np.flatnonzero((items.labels == label) & (items.splits == split))
                for items in parts
            ]
            for label in classes
        }
        counts = _counts(split, parts, pools, pairing)
        rows: list[tuple[str, tuple[int, ...]]] = []
        for label, count in counts.items():
            chosen = [_cycle(pool, count, random) for pool in pools[label]]
            rows += [
                (label, tuple(map(int, some))) for some in zip(*chosen, strict=True)
            ]
        drawn[split] = [rows[i] for i in random.permutation(len(rows))]
    return drawn


def _classes(parts: Sequence[Items], pairing: Pairing) -> list[str]:
    first, *others = parts
    known = set(pairing.classes) or set(first.labels)
    for items in parts if pairing.classes else others:
        missing = sorted(known ^ set(items.labels))
        if missing:
            raise _checks.bad_value(
                OWNER,
                f"parts.{items.name}",
                "labelled with the same classes as the others",
                missing,
                "Not all parts have them: pass `classes` to the `Pairing`.",
            )
    return sorted(known)


def _counts(
    split: str,
    parts: Sequence[Items],
    pools: dict[str, list[np.ndarray]],
    pairing: Pairing,
) -> dict[str, int]:
    """Rows of each class in a split."""
    uses = [items.part.uses for items in parts]
    most = {
        label: min(use * len(pool) for use, pool in zip(uses, some, strict=True))
        for label, some in pools.items()
    }
    asked = None if pairing.rows is None else pairing.rows[split]
    if pairing.balance == "proportional":
        total = sum(most.values())
        asked = total if asked is None else asked
        if asked > total or not total:
            raise _too_few(split, parts, pools, min(most, key=most.__getitem__), asked)
        exact = {label: asked * count / total for label, count in most.items()}
        counts = {label: int(share) for label, share in exact.items()}
        # The largest remainders get what rounding down left over.
        ranked = sorted(exact, key=lambda label: counts[label] - exact[label])
        for label in ranked[: asked - sum(counts.values())]:
            counts[label] += 1
        return counts
    each = min(most.values())
    if asked is not None:
        each, rest = divmod(asked, len(most))
        if rest:
            raise _checks.bad_value(
                OWNER,
                f"pairing.rows.{split}",
                f"a multiple of the {len(most)} classes, for `balance='equal'`",
                asked,
                f"Ask for {max(each, 1) * len(most)}.",
            )
    scarce = min(most, key=most.__getitem__)
    if most[scarce] < max(each, 1):
        raise _too_few(split, parts, pools, scarce, asked)
    return dict.fromkeys(most, each)


def _too_few(
    split: str,
    parts: Sequence[Items],
    pools: dict[str, list[np.ndarray]],
    label: str,
    asked: int | None,
) -> ValueError:
    items, pool = min(
        zip(parts, pools[label], strict=True),
        key=lambda pair: pair[0].part.uses * len(pair[1]),
    )
    return _checks.bad_value(
        OWNER,
        f"pairing.rows.{split}",
        "no more than the items allow",
        asked,
        f"The class '{label}' has {len(pool)} items of '{items.name}' in '{split}', "
        f"each for {items.part.uses} row(s): ask for fewer rows, raise `uses`, give "
        "the split a larger share, or (of few different texts) pass "
        "`duplicates='keep'`.",
    )


def _cycle(pool: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """So many items of a pool, each again only when all the others were there."""
    rounds = [random.permutation(pool) for _ in range(-(-count // max(len(pool), 1)))]
    return np.concatenate(rounds or [pool[:0]])[:count]
