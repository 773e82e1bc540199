"""Decoding rows in parallel, and finding out which could not be decoded."""

from __future__ import annotations

import concurrent.futures
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mmkeras._row_error import RowError
from mmkeras.dataset._quarantine import INPUT, ROW, Quarantine
from mmkeras.dataset._rows import Rows
from mmkeras.modalities import Modality

# Rows read at once: enough to keep every thread busy, few enough to stay small.
_READ_CHUNK = 256
# Decoded rows handed over at once.
_WRITE_CHUNK = 256
# File reads wait more than they work.
_READERS = 2 * (os.cpu_count() or 1)

# Where in a graph and in which source lines an operation failed.
_TRACE = re.compile(r"\s*(Graph execution error|Detected at node|File \"|\[\[)")
# What `tf.debugging.Assert` makes of a reason, in a graph and eagerly.
_ASSERTION = (
    r"assertion failed: \[(?P<reason>.*?)\](?: \[|$|\s)",
    r"Summarized data: b(?P<mark>['\"])(?P<reason>.*?)(?P=mark)(?:\s|$)",
)

Batch = tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]


def decode_rows(
    inputs: Mapping[str, Modality],
    rows: Rows,
    positions: np.ndarray,
    root: Path,
    quarantine: Quarantine,
    advance: Callable[[int], None] = lambda n: None,
) -> Iterator[Batch]:
    """Decode some inputs of some rows by `tf.data`.

    Args:
        inputs: modalities by name.
        rows: the rows; those that cannot be used are marked and quarantined.
        positions: which rows.
        root: what paths are relative to.
        quarantine: takes the bad ones.
        advance: called with numbers of rows as they are done.

    Yields:
        `(positions, values by name, presence by name)`, in no fixed order.
    """
    import tensorflow as tf

    def chunks() -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
        with concurrent.futures.ThreadPoolExecutor(_READERS) as pool:
            for start in range(0, len(positions), _READ_CHUNK):
                chunk = positions[start : start + _READ_CHUNK]
                read = [
                    pool.submit(_read_row, inputs, rows, row, root) for row in chunk
                ]
                yield _collect(inputs, chunk, [r.result() for r in read])

    failures: list[tuple[int, dict[str, str]]] = []

    def _collect(inputs, chunk, results):
        good = []
        for row, (encoded, reasons) in zip(chunk, results, strict=True):
            if reasons:
                failures.append((int(row), reasons))
            if len(encoded) == len(inputs):
                good.append((row, encoded))
        return (
            np.array([row for row, _ in good], "int64"),
            {
                name: np.array([encoded[name] for _, encoded in good], object)
                for name in inputs
            },
        )

    strings = tf.TensorSpec([None], tf.string)
    dataset = tf.data.Dataset.from_generator(
        chunks,
        output_signature=(
            tf.TensorSpec([None], tf.int64),
            dict.fromkeys(inputs, strings),
        ),
    )

    # AutoGraph would spend seconds converting functions that are graph ops already.
    @tf.autograph.experimental.do_not_convert
    def decode(row, encoded):
        values = {name: m.decode(encoded[name]) for name, m in inputs.items()}
        present = {name: tf.strings.length(encoded[name]) > 0 for name in inputs}
        return row, values, present

    # A row that fails in the graph is left out here, and found by its absence.
    decoded = (
        dataset.prefetch(1)
        .unbatch()
        .map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=False)
        .ignore_errors(log_warning=False)
        .batch(_WRITE_CHUNK)
        .prefetch(1)
    )
    seen = np.zeros(len(rows), bool)
    for row, values, present in decoded.as_numpy_iterator():
        seen[row] = True
        advance(len(row))
        yield row, values, present
    for row, reasons in failures:
        fatal = any(left_out(inputs[name]) == ROW for name in reasons)
        # One that failed in the graph beside is told whole when it is retried.
        if fatal or seen[row]:
            _refuse(inputs, rows, row, reasons, quarantine)
        seen[row] |= fatal
    for row in positions[~seen[positions]]:
        retried = _decode_one(inputs, rows, int(row), root, quarantine)
        if retried is not None:
            yield retried
    advance(len(positions))


def _read_row(
    inputs: Mapping[str, Modality], rows: Rows, row: int, root: Path
) -> tuple[dict[str, bytes], dict[str, str]]:
    encoded, reasons = {}, {}
    for name, modality in inputs.items():
        try:
            encoded[name] = modality.read(rows.cells[modality.column][row], root)
        except RowError as error:
            reasons[name] = str(error)
            if left_out(modality) == INPUT:
                encoded[name] = b""
    return encoded, reasons


def left_out(modality: Modality) -> str:
    """What a bad cell of the modality takes from training: its row, or itself."""
    return INPUT if modality.on_bad == "missing" else ROW


def _refuse(
    inputs: Mapping[str, Modality],
    rows: Rows,
    row: int,
    reasons: Mapping[str, str],
    quarantine: Quarantine,
) -> None:
    for name, reason in reasons.items():
        modality = inputs[name]
        rows.reject(quarantine, row, modality.column, reason, left_out(modality))


def _decode_one(
    inputs: Mapping[str, Modality],
    rows: Rows,
    row: int,
    root: Path,
    quarantine: Quarantine,
) -> Batch | None:
    """Decode one row that failed, to learn why; `None` if it is left out."""
    import tensorflow as tf

    encoded, reasons = _read_row(inputs, rows, row, root)
    values = {}
    for name in encoded:
        try:
            values[name] = inputs[name].decode(tf.constant(encoded[name])).numpy()
        except tf.errors.OpError as error:
            reasons[name] = reason_of(error)
            if left_out(inputs[name]) == INPUT:
                encoded[name], values[name] = b"", inputs[name].blank()
    _refuse(inputs, rows, row, reasons, quarantine)
    if len(values) < len(inputs):
        return None
    return (
        np.array([row]),
        {name: value[None] for name, value in values.items()},
        {name: np.array([len(encoded[name]) > 0]) for name in values},
    )


def reason_of(error: Any) -> str:
    """A TensorFlow error's own words, without its graph's names."""
    lines = error.message.splitlines()
    message = " ".join(" ".join(x for x in lines if not _TRACE.match(x)).split())
    message = re.sub(r"\{\{.*?\}\}|\[Op:[^\]]*\]|name: ?$", "", message)
    for form in _ASSERTION:
        asserted = re.search(form, message + " ")
        if asserted:
            message = asserted.group("reason")
    return message.strip(" .'") or type(error).__name__
