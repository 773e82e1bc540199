"""The mean of the tokens that count."""

import keras
from keras import ops

from mmkeras import _checks


@keras.saving.register_keras_serializable("mmkeras")
class MaskedAverage(keras.layers.Layer):
    """Mean over the tokens that a mask keeps: `y = sum_t m_t x_t / sum_t m_t`.

    Unlike `keras.layers.GlobalAveragePooling1D`, a row that keeps no token is
    zeros, not NaN, and float16 tokens are summed in float32.

    Args:
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, tokens, dim)`, floats. Beside it, by keyword: `mask`
        `(batch, tokens)`, bool, as `PaddingMask` makes it; without it, all count.

    Output shape:
        `(batch, dim)`.

    Raises:
        ValueError: if the input is not `(batch, tokens, dim)`.

    Example:
        >>> x, mask = np.array([[[2.0], [4.0], [9.0]]]), np.array([[True, True, False]])
        >>> MaskedAverage()(x, mask=mask).numpy().tolist()
        [[3.0]]
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        if len(input_shape) != 3:
            raise _checks.bad_value(
                "MaskedAverage",
                "input shape",
                "(batch, tokens, dim)",
                tuple(input_shape),
                "Give it a sequence: an encoder's with `pooling='none'`.",
            )
        self.built = True

    def call(self, inputs, mask=None):
        x = ops.cast(inputs, "float32")
        if mask is None:
            mean = ops.mean(x, axis=1)
        else:
            kept = ops.cast(mask, "float32")[..., None]  # (batch, tokens, 1)
            # Selected, not multiplied: padding may be infinite.
            total = ops.sum(ops.where(kept > 0, x, 0.0), axis=1)
            mean = total / ops.maximum(ops.sum(kept, axis=1), 1.0)
        return ops.cast(mean, self.compute_dtype)

    def compute_mask(self, inputs, previous_mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[2])
