"""Fusion by a bilinear form of low rank."""

import keras
from keras import ops

from mmkeras.fusion._products import ProductFusion


@keras.saving.register_keras_serializable("mmkeras")
class MLB(ProductFusion):
    """Multimodal low-rank bilinear pooling: a Hadamard product in a joint space.

    `y = P prod_m tanh(U_m x_m) + b`, elementwise product: a bilinear form of rank
    `hidden_dim`, with a tanh on each factor. An absent factor is 1. The smallest of
    the bilinear fusions, and the one to try first.

    Args:
        units: width of the output.
        hidden_dim: width of the joint space.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, dim)` floats; widths may differ. Beside it, by keyword:
        `present`, a dict of `(batch,)` bools; who is not in it is there, and a row
        with none counts all.

    Output shape:
        `(batch, units)`.

    Raises:
        ValueError: for an argument out of its range, or an embedding that is not
            `(batch, dim)`.
        TypeError: for an argument of another type.

    Example:
        >>> x = {"a": np.zeros((2, 30)), "b": np.zeros((2, 40))}
        >>> MLB(units=8)(x).shape
        TensorShape([2, 8])

    Reference:
        Kim et al., "Hadamard Product for Low-rank Bilinear Pooling", 2017,
        arXiv:1610.04325.
    """

    def __init__(self, units=64, hidden_dim=128, **kwargs):
        super().__init__(None, **kwargs)
        self.check_sizes(units=units, hidden_dim=hidden_dim)
        self.units = units
        self.hidden_dim = hidden_dim

    def build(self, input_shape):
        super().build(input_shape)
        self.factors = self.factor_layers("factor", self.hidden_dim)
        self.output_dense = keras.layers.Dense(
            self.units, dtype=self.dtype_policy, name="output"
        )
        self.output_dense.build((None, self.hidden_dim))

    def call(self, inputs, present=None):
        pairs = zip(self.factors, self.embeddings(inputs), strict=True)
        factors = [ops.tanh(layer(x)) for layer, x in pairs]
        return self.output_dense(self.product(factors, inputs, present))
