"""Fusion by dense layers over the concatenation."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._pooled import PooledFusion


@keras.saving.register_keras_serializable("mmkeras")
class MLPFusion(PooledFusion):
    """Dense layers over the embeddings side by side.

    `h_0 = [x_a; x_b; ...]` in sorted order of the names,
    `h_i = relu(W_i h_{i-1} + b_i)`, `y` the last. The step after `Concat` when the
    modalities must interact and there are rows enough: it can learn any mixing,
    and has to learn it all. It takes no `present`, as `Concat` does not: the
    learned stand-ins of what is absent say so.

    Args:
        units: width of each layer, one or more.
        dropout: fraction dropped in training after each layer.
        project_dim: width that a dense layer projects each embedding to first;
            `None` to take them as they are.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, dim)` floats; widths may differ.

    Output shape:
        `(batch, the last of units)`, at least 0.

    Raises:
        ValueError: for an argument out of its range, or if an embedding is not
            `(batch, dim)`.
        TypeError: for an argument of another type.

    Example:
        >>> x = {"a": np.zeros((2, 3)), "b": np.zeros((2, 4))}
        >>> MLPFusion((16, 8), dropout=0.2)(x).shape
        TensorShape([2, 8])

    Reference:
        Ngiam et al., "Multimodal Deep Learning", 2011 (a shared layer over the
        modalities' own).
    """

    same_width = False

    def __init__(self, units=(64,), dropout=0.0, project_dim=None, **kwargs):
        super().__init__(project_dim, **kwargs)
        _checks.check_positive_ints("MLPFusion", "units", units)
        _checks.check_fraction("MLPFusion", "dropout", dropout)
        self.units = units
        self.dropout = dropout

    def build(self, input_shape):
        super().build(input_shape)
        self.hidden, width = [], sum(self.widths)
        for position, units in enumerate(self.units, 1):
            layer = keras.layers.Dense(
                units,
                activation="relu",
                dtype=self.dtype_policy,
                name=f"dense_{position}",
            )
            layer.build((None, width))
            self.hidden.append(layer)
            width = units
        self.drop = keras.layers.Dropout(
            self.dropout, dtype=self.dtype_policy, name="dropout"
        )

    def call(self, inputs, training=None):
        x = ops.concatenate(self.embeddings(inputs), axis=-1)
        for layer in self.hidden:
            x = self.drop(layer(x), training=training)
        return x
