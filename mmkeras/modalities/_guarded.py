"""Rows of a batch, each for itself: one that raises does not fail the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

# Rows in work at once. More would gain nothing: the server's own pool of threads is
# shared by them, and each may hold a picture of the largest size allowed.
_PARALLEL = 8


def guarded(
    function: Callable[..., tf.Tensor], rows: Sequence[tf.Tensor], blank: np.ndarray
) -> tuple[tf.Tensor, tf.Tensor]:
    """Apply a function to every row; what it raises is kept to that row.

    A graph has no `try`. The one part of TensorFlow that goes on after an error is
    `tf.data`, whose ops are core ones: so the rows are made a data set, those that
    raise are passed over, and the others are put back to where they were.

    Args:
        function: of scalars, in TensorFlow ops; gives `blank`'s shape and dtype.
        rows: its arguments, each `(batch,)`.
        blank: what stands for a row that raised.

    Returns:
        `(values, done)`: `(batch, *blank.shape)`, and bool `(batch,)`.
    """
    import tensorflow as tf

    count = tf.shape(rows[0], tf.int64)[0]

    def one(row: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        value = function(*(part[row] for part in rows))
        return row, tf.ensure_shape(value, blank.shape)

    made = tf.data.Dataset.range(count)
    made = made.map(one, num_parallel_calls=_PARALLEL, deterministic=False)
    made = made.ignore_errors()
    # The blank comes last: its number is one that no row has.
    made = made.concatenate(
        tf.data.Dataset.from_tensors((count, tf.constant(blank)))
    ).batch(count + 1)
    options = tf.data.Options()
    # Each takes longer than a row.
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    numbers, values = made.with_options(options).get_single_element()
    last = tf.size(numbers) - 1
    places = tf.tensor_scatter_nd_update(
        tf.fill(count[None] + 1, last), numbers[:, None], tf.range(last + 1)
    )[:-1]
    values = tf.ensure_shape(tf.gather(values, places), (None, *blank.shape))
    return values, tf.not_equal(places, last)
