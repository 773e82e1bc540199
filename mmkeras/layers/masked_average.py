"""The mean of the tokens that count."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._masked_mean import masked_mean


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
        if mask is None:
            mask = ops.ones_like(inputs[..., 0], dtype="bool")
        return masked_mean(inputs, mask)

    def compute_mask(self, inputs, previous_mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[2])
