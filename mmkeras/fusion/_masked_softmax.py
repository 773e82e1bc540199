"""A softmax over the modalities that a row has."""

import keras
from keras import ops

# Its exponential is 0 beside any score, and it is a number in its own dtype:
# float16 ends at 65504, and -inf would make NaN of a gradient.
LOWEST_FLOAT16 = -3e4
LOWEST = -1e9


def masked_softmax(scores, counts):
    """Weights over axis 1 that sum to 1, and are 0 where `counts` is.

    `a_m = p_m exp(s_m) / sum_k p_k exp(s_k)`, `p` being `counts`.

    Args:
        scores: `(batch, modalities, ...)` floats.
        counts: `(batch, modalities)` of 1 and 0, in each row one 1 or more.
    """
    if scores.shape[1] == 1:
        return ops.ones_like(scores)  # Keras warns of such a softmax.
    half = keras.backend.standardize_dtype(scores.dtype) == "float16"
    shape = (-1, scores.shape[1]) + (1,) * (len(scores.shape) - 2)
    there = ops.reshape(counts > 0, shape)
    lowest = LOWEST_FLOAT16 if half else LOWEST
    return ops.softmax(ops.where(there, scores, lowest), axis=1)
