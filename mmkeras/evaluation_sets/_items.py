"""A part's items: read, decoded, and those that are nearly the same found."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from mmkeras import _checks
from mmkeras import _duplicates as duplicates
from mmkeras._cells import as_text, is_missing
from mmkeras._row_error import RowError
from mmkeras.evaluation_sets.unimodal_part import UnimodalPart
from mmkeras.modalities import Audio
from mmkeras.split_rule import check_column

OWNER = "pair_by_label"


@dataclasses.dataclass
class Items:
    """What can be paired of one part.

    Args:
        name: of the input.
        part: where they come from.
        names: of the items: the file's path, or the row's position.
        labels: `(items,)` class names.
        groups: `(items,)` names of groups; those of the items if there are none.
        splits: `(items,)` names of splits, `""` where there is none yet.
        contents: pixels, samples or text.
        left_out: rows of the source that lack a cell, a label, a group or a split.
    """

    name: str
    part: UnimodalPart
    names: list[str]
    labels: np.ndarray
    groups: np.ndarray
    splits: np.ndarray
    contents: list[Any]
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.names)

    def keep(self, kept: np.ndarray) -> Items:
        """The items of a boolean mask."""
        chosen = np.flatnonzero(kept)
        return dataclasses.replace(
            self,
            names=[self.names[i] for i in chosen],
            labels=self.labels[kept],
            groups=self.groups[kept],
            splits=self.splits[kept],
            contents=[self.contents[i] for i in chosen],
        )


def read_items(name: str, part: UnimodalPart, classes: tuple[str, ...]) -> Items:
    """Read a part's table and decode its items of these classes (all if empty).

    Raises:
        SpecError: if a column is missing.
        ValueError: if an item cannot be read, with its name and the reason.
    """
    table = part.source.read()
    columns = [part.modality.column, part.label, part.group]
    for field, column in zip(("modality", "label", "group"), columns, strict=True):
        if column is not None:
            check_column(table, column, ("parts", name, field))
    used = [column for column in columns if column is not None]
    given = table[used].map(lambda cell: not is_missing(cell)).all(axis=1).to_numpy()
    splits = np.full(len(table), "", dtype=object)
    if part.split is not None:
        splits = part.split.assign(table)
        given = given & (splits != "")
    labels = np.array([as_text(cell) for cell in table[part.label]], dtype=object)
    wanted = given & np.isin(labels, classes) if classes else given
    rows = np.flatnonzero(wanted)
    cells = table[part.modality.column]
    names = [c if isinstance(c, str) and c else str(i) for i, c in enumerate(cells)]
    names = [names[row] for row in rows]
    if part.modality.type == "text":  # type: ignore[attr-defined]
        names = [str(row) for row in rows]  # Texts are no names: many are equal.
    groups = np.array(names, dtype=object)
    if part.group is not None:
        groups = np.array([as_text(c) for c in table[part.group].iloc[rows]], object)
    read = reader(name, part)
    contents = [read(cells.iloc[row]) for row in rows]
    left_out = int(len(table) - given.sum())
    return Items(
        name, part, names, labels[rows], groups, splits[rows], contents, left_out
    )


def reader(name: str, part: UnimodalPart) -> Callable[[Any], Any]:
    """A cell to pixels, samples of the whole clip, or text."""
    import tensorflow as tf

    modality, root = part.modality, part.source.root_path()
    kind = modality.type  # type: ignore[attr-defined]
    if isinstance(modality, Audio):
        # With it the whole clip is decoded, not the model's window of it.
        modality = modality.replace(
            window="random", max_seconds=max(modality.max_seconds, modality.seconds)
        )

    def read(cell: Any) -> Any:
        try:
            encoded = modality.read(cell, root)
            if kind == "text":
                return encoded.decode("utf-8")
            plain = modality.plain(encoded)
            if plain is None:
                content = modality.decode_stored(tf.constant(encoded))
            elif modality.plain_in_python:
                content = modality.decode_plain(plain)
            else:  # Of a tensor: traced once, which pays for many.
                content = modality.decode_plain(tf.constant(plain))
            content = np.asarray(content)
            if not len(content):
                raise RowError("it holds no sample")
        except (RowError, tf.errors.InvalidArgumentError) as error:
            reason = str(error).split("\n")[0].rstrip(".")
            fix = f"It cannot be read: {reason}. Mend it, or leave its row out."
            raise _checks.bad_value(
                OWNER, f"parts.{name}", f"of readable {kind}", cell, fix
            ) from None
        return content

    return read


def find_duplicates(items: Items) -> tuple[np.ndarray, int]:
    """Pairs of items that are the same: `(pairs, 2)`, and how many are so exactly."""
    contents = items.contents
    kind = items.part.modality.type  # type: ignore[attr-defined]
    if kind == "text":
        keys = [duplicates.exact_key(duplicates.text_key(c).encode()) for c in contents]
    else:
        keys = [
            duplicates.exact_key(f"{c.shape}".encode() + c.tobytes()) for c in contents
        ]
    first: dict[str, int] = {}
    exact = [(first.setdefault(key, i), i) for i, key in enumerate(keys)]
    exact = [(i, j) for i, j in exact if i != j]
    near: list[tuple[int, int]] = []
    if kind == "image":
        near = duplicates.near_pictures(contents)
    elif kind == "audio":
        rate = items.part.modality.sample_rate  # type: ignore[attr-defined]
        near = duplicates.near_sounds(contents, rate)
    near = [(i, j) for i, j in near if keys[i] != keys[j]]
    return np.array([*exact, *near], "int64").reshape(-1, 2), len(exact)
