"""The contract of a modality."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmkeras.modalities import Modality
from mmkeras.testing._compare import require, to_numpy
from mmkeras.testing._layer import FEWEST_ROWS, check_built_layer


def check_modality(
    modality: Modality, cells: Sequence[Any], bad: Sequence[Any] = ()
) -> None:
    """Hold a modality to its contract.

    Decoded eagerly, in `tf.data`, in a batch and from a SavedModel the values are
    equal to the bit, and so are those of the short decoder; an absent value is
    absent where it is optional and an error where not; bad cells raise `RowError` or
    TensorFlow's `InvalidArgumentError`; preprocessing gives finite floats (or ids)
    and compiles.

    Args:
        modality: fitted, with `optional=True`.
        cells: good cells, at least two different ones.
        bad: cells that must be refused.

    Raises:
        AssertionError: naming what does not hold.
    """
    import tensorflow as tf

    from mmkeras._row_error import RowError

    root = Path.cwd().resolve()
    encoded = [modality.read(cell, root) for cell in cells]
    eager = np.stack([modality.decode(tf.constant(e)).numpy() for e in encoded])
    require(
        eager.shape[1:] == modality.shape and eager.dtype == modality.dtype,
        f"decoded {eager.dtype} {eager.shape[1:]}, not {modality.dtype} "
        f"{modality.shape}",
    )
    # As the package maps it: `decode` is graph ops, nothing for AutoGraph to convert.
    decode = tf.autograph.experimental.do_not_convert(modality.decode)
    dataset = tf.data.Dataset.from_tensor_slices(encoded).map(decode)
    piped = np.stack(list(dataset.as_numpy_iterator()))
    together = modality.decode_batch(tf.constant(encoded)).numpy()
    served, reasons = _served(modality)(tf.constant(encoded))
    require(set(reasons.numpy()) == {b""}, f"a good cell is served as {reasons[0]}")
    for how, values in (
        ("tf.data", piped),
        ("a batch", together),
        ("a SavedModel", served.numpy()),
    ):
        require(np.array_equal(values, eager), f"{how} decodes other values")
    for row in encoded:
        plain, stored = modality.plain(row), modality.decode_stored(tf.constant(row))
        require(
            plain is None or np.array_equal(modality.decode_plain(plain), stored),
            "`decode_plain` decodes other values",
        )
    _check_absence(modality, root)
    _, reasons = modality.decode_rows(tf.constant([b"", modality.made_up()]))
    require(
        set(reasons.numpy()) == {b""},
        "an absent value, or the made up one, is served as wrong",
    )
    for cell in bad:
        try:
            modality.decode(tf.constant(modality.read(cell, root)))
        except (RowError, tf.errors.InvalidArgumentError):
            continue
        require(False, f"a bad cell was not refused: {str(cell)[:60]!r}")
    layer = modality.preprocessing()
    ready = to_numpy(layer(eager))
    require(bool(np.isfinite(ready).all()), "preprocessing gives NaN or infinity")
    # What it makes of random pixels, samples or ids: good cells are often few.
    check_built_layer(layer, _noise(eager))


def _check_absence(modality: Modality, root: Path) -> None:
    import tensorflow as tf

    from mmkeras._row_error import RowError

    require(modality.optional, "give the check an optional modality")
    for cell in (None, "", float("nan")):
        require(
            modality.read(cell, root) == b"", f"the cell {cell!r} is not read as absent"
        )
    blank = modality.decode(tf.constant(b"")).numpy()
    require(np.array_equal(blank, modality.blank()), "absent is not `blank()`")
    strict = modality.replace(optional=False)
    try:
        strict.read(None, root)
    except RowError:
        return
    require(False, "a missing cell is accepted although the input is not optional")


def _noise(values: np.ndarray) -> np.ndarray:
    """Different rows in the values' range and dtype."""
    random = np.random.default_rng(2)
    size = (FEWEST_ROWS, *values.shape[1:])
    if values.dtype.kind == "f":
        return random.normal(values.mean(), values.std() + 1, size).astype(values.dtype)
    low, high = int(values.min()), int(values.max())
    if values.ndim == 1:
        return (low + np.arange(FEWEST_ROWS)).astype(values.dtype)
    return random.integers(low, high + 1, size).astype(values.dtype)


def _served(modality: Modality) -> Any:
    """The modality's decoding of rows, exported and loaded again."""
    import tensorflow as tf

    module = tf.Module()
    module.resources = list(modality.resources())
    module.decode = tf.function(
        modality.decode_rows,
        input_signature=[tf.TensorSpec([None], tf.string)],
        autograph=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder)
        return tf.saved_model.load(folder).decode
