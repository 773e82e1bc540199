"""Decode a data set once, and open it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mmkeras import _checks
from mmkeras._aside import discard
from mmkeras.dataset import _cache
from mmkeras.dataset._decode import Decoder, left_out
from mmkeras.dataset._preparing import preparing
from mmkeras.dataset._progress import bar, say
from mmkeras.dataset._quarantine import (
    COLUMNS,
    ROW,
    Quarantine,
    row_sentence,
    summary,
)
from mmkeras.dataset._rows import (
    Rows,
    check_splits,
    encode_labels,
    fit_tasks,
    read_rows,
)
from mmkeras.dataset._store import BLANK, Column, Store, key_of
from mmkeras.dataset.dataset import Dataset
from mmkeras.modalities import Modality
from mmkeras.spec import Spec, load_spec
from mmkeras.split_rule import TRAIN
from mmkeras.tasks import Task

QUARANTINE = "quarantine.csv"
# Decoded training rows that statistics are learned from, at once.
_FIT_CHUNK = 256


def load_dataset(
    spec: Spec | str | Path,
    *,
    cache: bool = True,
    cache_dir: str | Path | None = None,
    on_error: str = "quarantine",
    progress: bool = True,
) -> Dataset:
    """Read a data set, decode every row once, and open it for training.

    Decoded columns are kept as memory-mapped files under a name that follows from
    the spec, the rows and the files; a second call opens them. Vocabularies,
    statistics and classes are learned from the training split alone.

    Args:
        spec: a `Spec`, or the path of its YAML file.
        cache: whether to keep decoded media on disk. Without, each row is still
            decoded once to find bad ones, and again whenever a batch needs it.
        cache_dir: where; `$MMKERAS_CACHE` or the user's cache directory if `None`.
        on_error: what a row that cannot be used does: `"quarantine"` lists it in
            `data.quarantine` (and `quarantine.csv` beside the columns), `"raise"`
            stops the load. A row that is used without a bad input (its
            `on_bad: missing`) is listed too, and stops nothing.
        progress: whether to show a progress bar and the summary line.

    Returns:
        The data set; its `spec` holds what was learned.

    Raises:
        SpecError: if spec and source do not fit together: a missing column, an
            empty split, a class that no row has.
        ValueError: with `on_error="raise"`, naming split, row, column, file and
            reason.

    Example:
        >>> data = mm.load_dataset("data_specs/digits.yaml", progress=False)
        >>> sorted(data.splits)
        ['test', 'train', 'validation']
    """
    _checks.check_choice("load_dataset", "on_error", on_error, ("quarantine", "raise"))
    if isinstance(spec, str | Path):
        spec = load_spec(spec)
    elif not isinstance(spec, Spec):
        raise _checks.bad_type("load_dataset", "spec", "a Spec or a path", spec)
    if not cache:
        data = _prepare(spec, _cache.Columns(None), None, on_error, progress)
    else:
        home = _cache.home(cache_dir)
        key = _cache.fingerprint(spec)
        path = _cache.folder(spec, key, home)
        opened = _open(spec, path, key, on_error)
        if opened is None:
            with preparing(home, spec.name, progress):
                # Whoever held the lock before may have made it.
                opened = _open(spec, path, key, on_error)
                if opened is None:
                    opened = _make(spec, home, path, key, on_error, progress)
        data = opened
    if progress and len(data.quarantine):
        where = str(data.path / QUARANTINE) if data.path else "data.quarantine"
        say(summary(spec.name, data.quarantine, data.counts["total"], where))
    return data


def _make(
    spec: Spec, home: Path, path: Path, key: str, on_error: str, progress: bool
) -> Dataset:
    discard(path)  # A whole one would have been opened.
    with _cache.written_aside(path) as aside:
        made = _prepare(spec, _cache.Columns(aside), home, on_error, progress)
        _write(made, aside, key)
    opened = _open(spec, path, key, on_error)
    if opened is None:
        raise OSError(f"`load_dataset`: the cache in {path} cannot be read back.")
    return opened


def _prepare(
    spec: Spec,
    columns: _cache.Columns,
    home: Path | None,
    on_error: str,
    progress: bool,
) -> Dataset:
    """Decode all rows; media into stores under `home`, or nowhere if it is `None`."""
    quarantine = Quarantine(on_error)
    rows = read_rows(spec)
    tasks = fit_tasks(spec, rows)
    for name, task in tasks.items():
        labels = encode_labels(name, task, rows, quarantine)
        columns.store(f"label.{name}", labels.values)
        columns.store(f"weight.{name}", labels.weights)
    root = spec.source.root_path()
    # What others rule out must not shape a vocabulary: what learns one comes last.
    first = {n: m for n, m in spec.inputs.items() if not m.fits_encoded}
    late = {n: m for n, m in spec.inputs.items() if m.fits_encoded}
    _reject_unreadable(late, rows, root, quarantine)
    fitted: dict[str, Modality] = dict(spec.inputs)
    stored: dict[str, Column] = {}
    # Of a row with several bad cells each is listed, so all see the same rows.
    positions = np.flatnonzero(rows.usable)
    title = f"{spec.name}: decoding"
    with bar(progress, title, len(first) * len(positions)) as advance:
        for name, modality in first.items():
            decoder = Decoder(modality, rows, root, quarantine, advance)
            if not modality.binary:
                _decode_into(columns, name, decoder, positions)
            elif home is None:
                _find_bad(columns, name, decoder, positions)
            else:
                store = Store(Store.folder_of(home, spec.name, modality), modality)
                stored[name] = _decode_media(columns, name, decoder, positions, store)
    for name, modality in late.items():
        train = rows.cells[modality.column][rows.positions(TRAIN)]
        fitted[name] = modality.fit_encoded(_readable(modality, train, root))
    usable = np.flatnonzero(rows.usable)
    for name in late:
        decoder = Decoder(fitted[name], rows, root, quarantine)
        _decode_into(columns, name, decoder, usable)
    for name, task in tasks.items():
        _leave_out_lacking(columns, name, task)
    check_splits(spec, rows, "All its rows are quarantined.")
    for name, modality in first.items():
        values = _training_values(columns, stored, name, modality, rows, root)
        fitted[name] = modality.fit_decoded(values)
    # With a dot, so that no input has the name.
    columns.store("row.id", rows.ids.astype(str))
    columns.store("row.split", rows.split.astype(str))
    columns.store("row.usable", rows.usable)
    columns.flush()
    return Dataset(
        spec=spec.replace(inputs=fitted, tasks=tasks),
        columns={**columns.arrays, **stored},
        ids=columns.arrays["row.id"],
        quarantine=quarantine.table(),
        counts={"total": rows.total, "unused": rows.unused},
        path=columns.path,
        media=rows.cells if home is None else None,
    )


def _leave_out_lacking(columns: _cache.Columns, name: str, task: Task) -> None:
    """A row without an input that a task is about weighs nothing for it."""
    for one in task.inputs():
        gone = ~columns.arrays[f"present.{one}"]
        columns.arrays[f"label.{name}"][gone] = task.no_label
        columns.arrays[f"weight.{name}"][gone] = 0.0


def _reject_unreadable(
    inputs: dict[str, Modality], rows: Rows, root: Path, quarantine: Quarantine
) -> None:
    """Read text before it is learned from: bad rows must not be in it."""
    for modality in inputs.values():
        for row in np.flatnonzero(rows.usable).tolist():
            try:
                modality.read(rows.cells[modality.column][row], root)
            except ValueError as error:
                if left_out(modality) == ROW:
                    rows.reject(quarantine, row, modality.column, str(error))


def _readable(modality: Modality, cells: np.ndarray, root: Path) -> Iterator[bytes]:
    """Encoded values; those that cannot be read are listed when they are decoded."""
    for cell in cells:
        try:
            yield modality.read(cell, root)
        except ValueError:
            yield b""


def _decode_into(
    columns: _cache.Columns, name: str, decoder: Decoder, positions: np.ndarray
) -> None:
    """Decode text or numbers of rows into a column."""
    modality, count = decoder.modality, len(decoder.rows)
    values = columns.create(name, (count, *modality.shape), modality.dtype)
    values[...] = modality.blank()
    present = columns.create(f"present.{name}", (count,), "bool")
    for row, found in decoder.decode(positions):
        values[row], present[row] = found, True


def _find_bad(
    columns: _cache.Columns, name: str, decoder: Decoder, positions: np.ndarray
) -> None:
    """Decode media of rows to see whether they can be: batches decode them again."""
    present = columns.create(f"present.{name}", (len(decoder.rows),), "bool")
    for row, _ in decoder.decode(positions):
        present[row] = True


def _decode_media(
    columns: _cache.Columns,
    name: str,
    decoder: Decoder,
    positions: np.ndarray,
    store: Store,
) -> Column:
    """Decode what the store does not have yet, and say where each row's value is."""
    places = np.full(len(decoder.rows), BLANK, "int64")
    keys = {row: key_of(decoder.cell(row), decoder.root) for row in positions.tolist()}

    def take_known(rows: list[int]) -> list[int]:
        """Give rows the place of their value; returns those that have none yet."""
        found = {row: store.find(keys[row]) for row in rows}
        known = [row for row in rows if found[row] >= 0]
        places[known] = [found[row] for row in known]
        decoder.advance(len(known))
        return [row for row in rows if found[row] < 0]

    def decode(rows: list[int]) -> None:
        for row, values in decoder.decode(np.array(rows, "int64")):
            places[row] = store.append([keys[r] for r in row.tolist()], values)

    with store.writing():
        rest = take_known(positions.tolist())
        # Of rows that name one file the first decodes it.
        first = {keys[row] or row: row for row in reversed(rest)}
        decode(sorted(first.values()))
        # What is left could not be decoded: each row has to say so.
        decode(take_known(sorted(set(rest) - set(first.values()))))
    columns.store(f"present.{name}", places != BLANK)
    columns.store(f"place.{name}", places)
    return store.column(places)


def _training_values(
    columns: _cache.Columns,
    stored: Mapping[str, Column],
    name: str,
    modality: Modality,
    rows: Rows,
    root: Path,
) -> Iterator[np.ndarray]:
    """Decoded values of the training rows that have one."""
    train = rows.positions(TRAIN)
    train = train[columns.arrays[f"present.{name}"][train]]
    whole = stored.get(name, columns.arrays.get(name))
    if whole is not None:
        for start in range(0, len(train), _FIT_CHUNK):
            yield whole[train[start : start + _FIT_CHUNK]]
    else:
        strict = Quarantine("raise")  # These rows were all decoded a moment ago.
        for _, values in Decoder(modality, rows, root, strict).decode(train):
            yield np.asarray(values)


def _write(data: Dataset, path: Path, key: str) -> None:
    data.quarantine.to_csv(path / QUARANTINE, index=False)
    _cache.write_lock(
        path,
        {
            "format": _cache.FORMAT,
            "name": data.spec.name,
            "fingerprint": key,
            "rows": data.counts,
            "splits": {name: len(data[name]) for name in data.splits},
            "inputs": {
                n: m.model_dump(mode="json") for n, m in data.spec.inputs.items()
            },
            "tasks": {n: t.model_dump(mode="json") for n, t in data.spec.tasks.items()},
            "columns": _cache.layout(data.columns),
            "versions": _cache.versions(),
        },
    )


def _open(spec: Spec, path: Path, key: str, on_error: str) -> Dataset | None:
    import pandas as pd

    lock = _cache.read_lock(path, key)
    if lock is None:
        return None
    try:
        columns: dict[str, Any] = dict(_cache.Columns.open(path).arrays)
        table = pd.read_csv(path / QUARANTINE, dtype=object, keep_default_na=False)
        if tuple(table.columns) != COLUMNS or _cache.layout(columns) != lock["columns"]:
            return None
        for name, modality in spec.inputs.items():
            if modality.binary:
                folder = Store.folder_of(path.parent, spec.name, modality)
                places = columns.pop(f"place.{name}")
                columns[name] = Store(folder, modality).column(np.asarray(places))
    except (OSError, EOFError, ValueError, KeyError):
        return None  # Damaged: it is made again.
    bad = table[table["left_out"] == ROW]
    if on_error == "raise" and len(bad):
        raise ValueError(row_sentence({str(k): v for k, v in bad.iloc[0].items()}))
    inputs = {n: type(m)(**lock["inputs"][n]) for n, m in spec.inputs.items()}
    tasks = {n: type(t)(**lock["tasks"][n]) for n, t in spec.tasks.items()}
    return Dataset(
        spec=spec.replace(inputs=inputs, tasks=tasks),
        columns=columns,
        ids=np.asarray(columns["row.id"]),
        quarantine=table,
        counts=lock["rows"],
        path=path,
    )
