"""The mean over the tokens that count."""

import keras
from keras import ops


def masked_mean(tokens, mask):
    """`(batch, tokens, ...)` and `(batch, tokens)` bools to `(batch, ...)`.

    Zeros where no token counts. What does not count may be anything, even no
    number; sums are at least float32: of many tokens, float16 would lose count.
    """
    dtype = keras.backend.result_type(tokens.dtype, "float32")
    axes = (slice(None), slice(None)) + (None,) * (len(tokens.shape) - 2)
    mask = ops.cast(mask, "bool")[axes]
    count = ops.maximum(ops.sum(ops.cast(mask, dtype), axis=1), 1)
    total = ops.sum(ops.where(mask, ops.cast(tokens, dtype), 0), axis=1)
    return ops.cast(total / count, tokens.dtype)
