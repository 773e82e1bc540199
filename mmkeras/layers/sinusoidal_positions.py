"""Where a token is, without weights."""

import math

import keras
import numpy as np
from keras import ops

from mmkeras import _checks

# Of the paper: the slowest wave is this times 2 pi tokens long.
_LONGEST = 10_000.0


@keras.saving.register_keras_serializable("mmkeras")
class SinusoidalPositions(keras.layers.Layer):
    """Adds waves of many lengths to the tokens: `y[t] = x[t] + p[t]`.

    `p[t, 2i] = sin(t / 10000^(2i / dim))`, `p[t, 2i + 1]` the cosine of the same.
    For attention, which does not see order by itself. There is nothing to learn,
    and no longest row. The values are up to 1: tokens of about that size are
    neither drowned nor unmoved.

    Args:
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, tokens, dim)`, floats.

    Output shape:
        That of the input.

    Raises:
        ValueError: if the input is not `(batch, tokens, dim)`.

    Example:
        >>> SinusoidalPositions()(np.zeros((1, 2, 4))).numpy().round(2).tolist()[0][0]
        [0.0, 1.0, 0.0, 1.0]

    Reference:
        Vaswani et al., 2017, arXiv:1706.03762, section 3.5.
    """

    def build(self, input_shape):
        if len(input_shape) != 3 or input_shape[-1] is None:
            raise _checks.bad_value(
                "SinusoidalPositions",
                "input shape",
                "(batch, tokens, dim)",
                tuple(input_shape),
                "Embed the ids first.",
            )
        dim = input_shape[-1]
        column = np.arange(dim)
        self._frequency = _LONGEST ** (-2.0 * (column // 2) / dim)
        # A cosine is a sine a quarter of a turn ahead.
        self._phase = (column % 2) * (math.pi / 2)
        self.built = True

    def call(self, inputs):
        # In float32: bfloat16 counts to 256.
        token = ops.cast(ops.arange(ops.shape(inputs)[1], dtype="int32"), "float32")
        frequency = ops.convert_to_tensor(self._frequency, "float32")
        phase = ops.convert_to_tensor(self._phase, "float32")
        positions = ops.sin(token[:, None] * frequency + phase)  # (tokens, dim)
        return inputs + ops.cast(positions, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)
