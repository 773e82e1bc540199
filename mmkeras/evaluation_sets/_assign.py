"""Items to splits: no group in two, no item that is nearly another's twin."""

from __future__ import annotations

import dataclasses

import numpy as np

from mmkeras import _checks
from mmkeras.evaluation_sets._items import OWNER, Items, find_duplicates
from mmkeras.evaluation_sets.pairing import Pairing

_NAMED = 3  # examples in an error


@dataclasses.dataclass(frozen=True)
class Twins:
    """What was found of items that are nearly the same.

    Args:
        exact: items equal to an earlier one.
        near: pairs that are nearly equal.
        left_out: items left out for it.
        crossing: pairs of either kind whose items are in two splits all the same.
    """

    exact: int
    near: int
    left_out: int
    crossing: int


def assign_splits(
    items: Items, pairing: Pairing, random: np.random.Generator
) -> tuple[Items, Twins]:
    """Give each item its split.

    Raises:
        ValueError: if the given splits share a group, or an item's near twin is not
            in its split and the part says that this is an error.
    """
    part = items.part
    pairs, exact = find_duplicates(items)
    if part.split is None:
        links = _chains(items.groups)
        if part.duplicates == "together":
            links = np.concatenate([links, pairs])
        units = _components(len(items), links)
        splits = _share_out(items.labels, units, pairing, random)
        items = dataclasses.replace(items, splits=splits)
    else:
        _check_given(items, pairing)
    crossing = items.splits[pairs[:, 0]] != items.splits[pairs[:, 1]]
    if part.duplicates == "error" and crossing.any():
        named = [[items.names[i] for i in pair] for pair in pairs[crossing][:_NAMED]]
        raise _checks.bad_value(
            OWNER,
            f"parts.{items.name}",
            "free of items that are nearly the same in two splits",
            named,
            f"There are {crossing.sum()} such pairs: leave items out, or pass "
            "`duplicates='together'`.",
        )
    if part.duplicates == "together" and crossing.any():
        kept = _last_split_only(items, pairs, pairing)
        left_out = int((~kept).sum())
        return items.keep(kept), Twins(exact, len(pairs) - exact, left_out, 0)
    return items, Twins(exact, len(pairs) - exact, 0, int(crossing.sum()))


def _chains(groups: np.ndarray) -> np.ndarray:
    """Pairs that link the items of each group one after the other."""
    _, numbers = np.unique(groups.astype(str), return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    same = np.diff(numbers[order]) == 0
    return np.stack([order[:-1][same], order[1:][same]], axis=1)


def _components(number: int, links: np.ndarray) -> np.ndarray:
    """For each item the number of the connected component it is in."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(links), "int8")
    graph = coo_array((ones, (links[:, 0], links[:, 1])), shape=(number, number))
    return connected_components(graph, directed=False)[1]


def _share_out(
    labels: np.ndarray, units: np.ndarray, pairing: Pairing, random: np.random.Generator
) -> np.ndarray:
    """Whole units to splits, so that each class comes near to its shares.

    The largest units go first, each to the split that lacks most of its classes.
    """
    names = list(pairing.shares)
    shares = np.array(list(pairing.shares.values()))
    shares = shares / shares.sum()
    classes, codes = np.unique(labels.astype(str), return_inverse=True)
    content = np.zeros((units.max(initial=-1) + 1, len(classes)))
    np.add.at(content, (units, codes), 1)
    lacking = shares[:, None] * content.sum(0)  # (splits, classes)
    order = random.permutation(len(content))
    order = order[np.argsort(-content[order].sum(1), kind="stable")]
    chosen = np.zeros(len(content), "int64")
    for unit in order:
        split = int(np.argmax(lacking @ content[unit]))
        chosen[unit] = split
        lacking[split] -= content[unit]
    return np.array(names, dtype=object)[chosen[units]]


def _check_given(items: Items, pairing: Pairing) -> None:
    unknown = sorted(set(items.splits) - set(pairing.shares))
    if unknown:
        raise _checks.bad_value(
            OWNER,
            f"parts.{items.name}.split",
            f"of the splits of `shares`: {', '.join(pairing.shares)}",
            unknown,
            "Name the splits alike in `values` and in `shares`.",
        )
    found: dict[str, str] = {}
    for group, split in zip(items.groups, items.splits, strict=True):
        if found.setdefault(group, split) != split:
            raise _checks.bad_value(
                OWNER,
                f"parts.{items.name}.split",
                "one that keeps each group in one split",
                group,
                f"It is in '{found[group]}' and in '{split}': leave `split` out to "
                "have the groups assigned.",
            )


def _last_split_only(items: Items, pairs: np.ndarray, pairing: Pairing) -> np.ndarray:
    """Items but those whose near twin is in a later split: the test stays whole."""
    ranks = {name: rank for rank, name in enumerate(pairing.shares)}
    rank = np.array([ranks[split] for split in items.splits])
    units = _components(len(items), pairs)
    latest = np.zeros(units.max() + 1, "int64")
    np.maximum.at(latest, units, rank)
    return rank == latest[units]
