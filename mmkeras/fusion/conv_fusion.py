"""Fusion by a convolution over embeddings stacked as channels."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._pooled import PooledFusion


@keras.saving.register_keras_serializable("mmkeras")
class ConvFusion(PooledFusion):
    """Embeddings stacked as channels and convolved along their features.

    `y_df = relu(b_f + sum_k sum_m K_kmf x_m[d + k])`, for each feature `d` and
    filter `f`, `k` around 0 and zeros beyond the edges; flattened to
    `[y_11, y_12, ...]`. Every place shares its few weights, so it is a mixing of
    modalities for small data. That features lie side by side has no meaning of
    its own; trained in one model with it, the encoders give it one.

    The channel of an absent modality is 0, and those present are multiplied by
    `M / (sum_m p_m)`, as dropout does to what is left. A row without any modality
    counts all learned stand-ins.

    Args:
        filters: how many mixtures to learn. One alone would pass on half of its
            values at most, the ReLU makes 0 of the others, so there are several.
        kernel_size: features seen at once.
        project_dim: width that a dense layer projects each embedding to first;
            `None` to take them as they are.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, dim)` floats of one width. Beside it, by keyword:
        `present`, a dict of `(batch,)` bools; who is not in it is there.

    Output shape:
        `(batch, dim * filters)`, at least 0.

    Raises:
        ValueError: for an argument below 1, if an embedding is not `(batch, dim)`,
            or widths differ without `project_dim`.
        TypeError: for an argument of another type.

    Example:
        >>> x = {"a": np.zeros((2, 6)), "b": np.zeros((2, 6))}
        >>> ConvFusion(filters=4)(x).shape
        TensorShape([2, 24])

    Reference:
        LeCun et al., "Gradient-Based Learning Applied to Document Recognition",
        1998, Proceedings of the IEEE 86(11) (the convolution).
    """

    def __init__(self, filters=8, kernel_size=3, project_dim=None, **kwargs):
        super().__init__(project_dim, **kwargs)
        _checks.check_positive_int("ConvFusion", "filters", filters)
        _checks.check_positive_int("ConvFusion", "kernel_size", kernel_size)
        self.filters = filters
        self.kernel_size = kernel_size

    def build(self, input_shape):
        super().build(input_shape)
        self.convolution = keras.layers.Conv1D(
            self.filters,
            self.kernel_size,
            padding="same",
            activation="relu",
            dtype=self.dtype_policy,
            name="convolution",
        )
        self.convolution.build((None, self.widths[0], len(self.names)))

    def call(self, inputs, present=None):
        x = self.rescaled(inputs, present)
        x = ops.transpose(x, (0, 2, 1))  # (batch, dim, modalities)
        return ops.reshape(self.convolution(x), (-1, self.widths[0] * self.filters))
