"""What can go wrong with each input, and the inputs as they then are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from mmkeras import _checks
from mmkeras.evaluation._picture_corruptions import PICTURE_CORRUPTIONS
from mmkeras.evaluation._rows import Rows
from mmkeras.evaluation._sound_corruptions import sound_corruptions
from mmkeras.evaluation._value_corruptions import (
    category_corruptions,
    number_corruptions,
)
from mmkeras.evaluation._writing_corruptions import WRITING_CORRUPTIONS
from mmkeras.evaluation.corruption import Corruption
from mmkeras.modalities import Modality

_OWNER = "robustness"


def _is_missing(value: bool, rate: float, random: np.random.Generator) -> bool:
    return bool(random.random() < rate)


# Of an optional input, for one example: whether it is missing.
MISSING = Corruption("missing", _is_missing, (0.2, 0.4, 0.6, 0.8, 1.0), "of the rows")


class Step(NamedTuple):
    """One curve: what is done, and to which inputs at once."""

    label: str
    parts: tuple[tuple[str, Corruption], ...]


def _known(modality: Any, floats: bool) -> tuple[Corruption, ...]:
    """What mmkeras can do to an input, its first the one of "all inputs"."""
    found: tuple[Corruption, ...] = ()
    if floats:
        pass  # Preprocessed: no longer pixels or samples.
    elif modality.type == "image":
        found = PICTURE_CORRUPTIONS
    elif modality.type == "audio":
        found = sound_corruptions(modality.sample_rate)
    elif modality.type == "text":
        found = WRITING_CORRUPTIONS
    elif modality.type == "number":
        found = number_corruptions(modality.std)
    elif modality.type == "category":
        names = modality.vocabulary_size - 1
        found = category_corruptions(names)
    return (*found, MISSING) if modality.optional else found


def plan(
    rows: Rows,
    asked: Mapping[str, Sequence[str | Corruption]] | None,
    severities: int,
) -> dict[str, list[Step]]:
    """By input, and for `"all inputs"`, the curves to draw.

    Args:
        rows: that will be corrupted.
        asked: by input, names or corruptions of one's own; all that are known where
            `None`.
        severities: how many each must have.
    """
    known = {
        name: {c.name: c for c in _known(modality, name in rows.split.data.floats)}
        for name, modality in rows.spec.inputs.items()
    }
    if asked is None:
        chosen = {name: list(found.values()) for name, found in known.items()}
    else:
        chosen = {name: _asked(name, asked[name], known) for name in asked}
    chosen = {name: found for name, found in chosen.items() if found}
    if not chosen:
        fix = "Take the data set itself, not what `mm.precompute` gives."
        received = "nothing" if asked is None else asked
        raise _checks.bad_value(
            _OWNER, "corruptions", "of one input or more", received, fix
        )
    for name, found in chosen.items():
        for corruption in found:
            if len(corruption.strengths) < severities:
                raise _checks.bad_value(
                    _OWNER,
                    "severities",
                    f"at most {len(corruption.strengths)}, the strengths of "
                    f"'{corruption.name}' of '{name}'",
                    severities,
                    "Ask for fewer, or give the corruption more strengths.",
                )
    steps = {
        name: [Step(c.name, ((name, c),)) for c in found]
        for name, found in chosen.items()
    }
    if len(chosen) > 1:
        first = tuple((name, found[0]) for name, found in chosen.items())
        label = " + ".join(f"{name} {c.name}" for name, c in first)
        steps["all inputs"] = [Step(label, first)]
    return steps


def _asked(
    name: str,
    asked: Sequence[str | Corruption],
    known: Mapping[str, Mapping[str, Corruption]],
) -> list[Corruption]:
    argument = f"corruptions['{name}']"
    if name not in known:
        fix = _checks.did_you_mean(name, known)
        raise _checks.bad_value(
            _OWNER, "corruptions", "keyed by the split's inputs", name, fix
        )
    if isinstance(asked, str) or not isinstance(asked, Sequence):
        fix = "Put it in a list."
        raise _checks.bad_type(_OWNER, argument, "a list", asked, fix)
    found = []
    for item in asked:
        if not isinstance(item, Corruption):
            _checks.check_choice(_OWNER, argument, item, known[name])
            item = known[name][item]
        found.append(item)
    return found


def corrupted(
    rows: Rows, name: str, corruption: Corruption, severity: int, seed: int
) -> dict[str, np.ndarray]:
    """An input, and its presence where that changes, at a severity.

    A row's draws follow from the seed, its id, the input and the corruption: not
    from the severity, or from which other rows there are.
    """
    if severity == 0:
        return {}
    values, present = rows.inputs[name], rows.present(name)
    prefix = f"{seed}\0{name}\0{corruption.name}\0"

    def random(row: int) -> np.random.Generator:
        key = f"{prefix}{rows.split.ids[row]}".encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(key, digest_size=8).digest()
        return np.random.default_rng(int.from_bytes(digest, "little"))

    here = np.flatnonzero(present).tolist()
    if corruption is MISSING:
        gone = np.zeros(len(rows), bool)
        gone[here] = [corruption(True, severity, random(row)) for row in here]
        return rows.without(name, gone)
    modality: Any = rows.spec.inputs[name]
    changed = values.copy()
    if modality.type == "text" and name not in rows.split.data.floats:
        texts = [
            _text(corruption(text, severity, random(row)), name, corruption)
            for row, text in zip(here, _texts(rows, modality, here), strict=True)
        ]
        if texts:
            changed[here] = modality.decode_batch(texts).numpy()
        return {name: changed}
    for row in here:
        found = np.asarray(corruption(values[row], severity, random(row)))
        if found.shape != values[row].shape or found.dtype != values.dtype:
            raise ValueError(
                f"`{_OWNER}`: '{corruption.name}' of '{name}' must give "
                f"{values.dtype} {values[row].shape}, as it gets. Received: "
                f"{found.dtype} {found.shape}. Convert what the function returns."
            )
        changed[row] = found
    return {name: changed}


def _texts(rows: Rows, modality: Modality, here: list[int]) -> list[str]:
    """The cells as text, as they were decoded."""
    data = rows.split.data
    cells = data.cells(modality.column)[rows.split.positions[here]]
    root = rows.spec.source.root_path()
    return [modality.read(cell, root).decode("utf-8") for cell in cells]


def _text(found: Any, name: str, corruption: Corruption) -> bytes:
    if not isinstance(found, str):
        raise TypeError(
            f"`{_OWNER}`: '{corruption.name}' of '{name}' must give a `str`, as it "
            f"gets. Received: {type(found).__name__}. Return the changed text."
        )
    return found.encode("utf-8")
