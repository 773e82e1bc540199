"""A multimodal evaluation set of unimodal parts, paired by label."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mmkeras import _checks
from mmkeras.evaluation_sets._assign import assign_splits
from mmkeras.evaluation_sets._card import data_card
from mmkeras.evaluation_sets._degradation import Degraded
from mmkeras.evaluation_sets._draw import draw_pairs
from mmkeras.evaluation_sets._files import (
    MANIFEST,
    SUFFIX,
    write_manifest,
    write_picture,
    write_sound,
    write_spec,
)
from mmkeras.evaluation_sets._folder import building
from mmkeras.evaluation_sets._items import OWNER, Items, read_items, reader
from mmkeras.evaluation_sets.pairing import Pairing
from mmkeras.evaluation_sets.unimodal_part import UnimodalPart
from mmkeras.sources import Csv
from mmkeras.spec import About, Spec
from mmkeras.split_rule import SplitByColumn
from mmkeras.tasks import Classification

VERSION = 1  # Raise it when the same arguments give other files.
# Independent random streams of a seed.
_SPLITS, _PAIRS, _NOISE = range(3)
TASK = "label"
_COLUMNS = ("id", "split", TASK)


def pair_by_label(
    name: str,
    parts: Mapping[str, UnimodalPart],
    folder: str | Path,
    pairing: Pairing | None = None,
) -> Path:
    """Build a multimodal evaluation set of unimodal parts, as AV-MNIST was made.

    Each row shows one item of each part, drawn at random among those of the row's
    class and split. The groups of a part (speakers, writers) and items that are
    nearly the same are assigned to splits first, so none is in two of them. An item
    is in at most `uses` rows, again only when all the others of its class were
    there. Degradations have a known strength; what was asked for and what is
    measured of the written file stand in the manifest.

    The folder gets the files (PNG, 16-bit WAV), `manifest.csv`, the spec
    `<name>.yaml` that `mm.load_dataset` opens, a data card `README.md`,
    `SHA256SUMS` and `generator.json`. The same arguments give the same bytes.

    Args:
        name: of the set.
        parts: by input's name, two or more.
        folder: new, empty, or an earlier built set, which is replaced as a whole.
        pairing: splits, rows, balance of classes, seed; `Pairing()` if `None`.

    Returns:
        The path of the spec.

    Raises:
        ValueError: if an item cannot be read, a class has too few items, a given
            split divides a group, or the folder holds anything else.

    Example:
        >>> import pandas as pd
        >>> random = np.random.default_rng(0)
        >>> photos = pd.DataFrame({
        ...     "photo": list(random.integers(0, 255, (60, 8, 8), "uint8")),
        ...     "kind": ["cat", "dog"] * 30,
        ... })
        >>> words = pd.DataFrame({
        ...     "word": [f"{k} {i}" for i in range(30) for k in ("miaow", "woof")],
        ...     "kind": ["cat", "dog"] * 30,
        ... })
        >>> parts = {
        ...     "image": UnimodalPart(
        ...         source=mm.sources.Frame(frame=photos),
        ...         modality=mm.modalities.Image(column="photo", size=(8, 8)),
        ...         label="kind",
        ...     ),
        ...     "text": UnimodalPart(
        ...         source=mm.sources.Frame(frame=words),
        ...         modality=mm.modalities.Text(column="word"),
        ...         label="kind",
        ...     ),
        ... }
        >>> spec = pair_by_label("pets", parts, "built/pets")
        >>> sorted(mm.load_dataset(spec, progress=False).splits)
        ['test', 'train', 'validation']

    Reference:
        Vielzeuf, Lechervy, Pateux and Jurie, 2018, "CentralNet: a multilayer
        approach for multimodal fusion", arXiv:1808.07275 (AV-MNIST).
    """
    import pandas as pd

    pairing = Pairing() if pairing is None else pairing
    _check_parts(parts)
    folder = Path(folder)
    spec = _spec(name, parts, pairing)
    with building(OWNER, folder, _arguments(name, parts, pairing)) as fresh:
        read = [read_items(key, part, pairing.classes) for key, part in parts.items()]
        assigned = [
            assign_splits(items, pairing, _random(pairing, _SPLITS, number))
            for number, items in enumerate(read)
        ]
        items, twins = zip(*assigned, strict=True)
        drawn = draw_pairs(items, pairing, _random(pairing, _PAIRS))
        rows = [
            (split, label, chosen)
            for split, some in drawn.items()
            for label, chosen in some
        ]
        columns: dict[str, Any] = {
            "id": [f"{name}_{row:05d}" for row in range(len(rows))],
            "split": [split for split, _, _ in rows],
            TASK: [label for _, label, _ in rows],
        }
        sizes = {}
        for number, some in enumerate(items):
            chosen = [row[2][number] for row in rows]
            more, sizes[some.name] = _write_part(
                fresh, some, number, chosen, columns, pairing
            )
            columns |= more
        table = pd.DataFrame(columns)
        classes = tuple(sorted(set(table[TASK])))
        spec = spec.replace(tasks={TASK: Classification(column=TASK, classes=classes)})
        write_manifest(fresh, table)
        write_spec(fresh, spec)
        card = data_card(spec, table, items, twins, sizes, pairing)
        (fresh / "README.md").write_text(card, encoding="utf-8", newline="\n")
    return folder / f"{name}.yaml"


def _check_parts(parts: Mapping[str, UnimodalPart]) -> None:
    if not isinstance(parts, Mapping) or len(parts) < 2:
        raise _checks.bad_value(
            OWNER, "parts", "two parts or more, by name", parts, "Pass a dict of them."
        )
    for key, part in parts.items():
        if not isinstance(part, UnimodalPart):
            raise _checks.bad_type(
                OWNER, f"parts.{key}", "a UnimodalPart", part, "Create one."
            )
        others = [other for other in parts if key.startswith(f"{other}_")]
        if key in _COLUMNS or others:
            raise _checks.bad_value(
                OWNER,
                "parts",
                "named unlike the manifest's other columns",
                key,
                f"{', '.join(_COLUMNS)} and `<input>_...` are taken: rename it.",
            )


def _arguments(
    name: str, parts: Mapping[str, UnimodalPart], pairing: Pairing
) -> dict[str, Any]:
    """What was asked for, for `generator.json`."""
    described = {
        key: part.model_dump(mode="json", exclude={"source"})
        | {"source_digest": part.source.fingerprint()}
        for key, part in parts.items()
    }
    pairs = pairing.model_dump(mode="json")
    return {"version": VERSION, "name": name, "pairing": pairs, "parts": described}


def _random(pairing: Pairing, *stream: int) -> np.random.Generator:
    return np.random.default_rng([pairing.seed, *stream])


def _write_part(
    folder: Path,
    items: Items,
    number: int,
    chosen: list[int],
    columns: dict[str, Any],
    pairing: Pairing,
) -> tuple[dict[str, list[Any]], list[float]]:
    """Write one part's values; the manifest's columns of it, and sizes."""
    part, key = items.part, items.name
    kind = part.modality.type  # type: ignore[attr-defined]
    degrade = None
    if part.degradation is not None:
        train = sorted({i for i in chosen if items.splits[i] == "train"})
        training = [items.contents[i] for i in train]
        degrade = part.degradation.prepare(training, reader(key, part))
    if kind in SUFFIX:
        (folder / key).mkdir()
    cells, notes, sizes = [], [], []
    for row, item in enumerate(chosen):
        made = Degraded(items.contents[item], {})
        if degrade is not None:
            stream = _random(pairing, _NOISE, number, row)
            made = degrade(made.value, stream, columns["split"][row])
            made.notes["strength"] = part.degradation.strength  # type: ignore[union-attr]
        cell = made.value
        if kind in SUFFIX:
            cell = f"{key}/{columns['id'][row]}{SUFFIX[kind]}"
        if kind == "image":
            write_picture(folder / cell, made.value)
            sizes.append(float(np.prod(made.value.shape[:2])))
        elif kind == "audio":
            rate = part.modality.sample_rate  # type: ignore[attr-defined]
            write_sound(folder / cell, made.value, rate)
            sizes.append(len(made.value) / rate)
        else:
            sizes.append(float(len(cell)))
        cells.append(cell)
        notes.append(made.notes)
    found = {
        key: cells,
        f"{key}_source": [items.names[i] for i in chosen],
        f"{key}_group": [items.groups[i] for i in chosen],
    }
    if part.group is None:
        del found[f"{key}_group"]
    for note in sorted({name for some in notes for name in some}):
        found[f"{key}_{note}"] = [some.get(note) for some in notes]
    return found, sizes


def _spec(name: str, parts: Mapping[str, UnimodalPart], pairing: Pairing) -> Spec:
    abouts = [part.about for part in parts.values()]
    licences = {about.licence for about in abouts} | {
        getattr(part.degradation, "licence", "") for part in parts.values()
    }
    citations = dict.fromkeys(about.citation for about in abouts if about.citation)
    return Spec(
        name=name,
        about=About(
            description=f"{' and '.join(parts)}, paired by label; see README.md.",
            licence=" AND ".join(sorted(filter(None, licences))),
            citation="; ".join(citations),
        ),
        source=Csv(path=MANIFEST),
        id_column="id",
        inputs={key: part.modality.replace(column=key) for key, part in parts.items()},
        tasks={TASK: Classification(column=TASK)},
        split=SplitByColumn(
            column="split", values={split: (split,) for split in pairing.shares}
        ),
    )
