"""Fusion by factorised bilinear pooling."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._products import ProductFusion, normalize_power


@keras.saving.register_keras_serializable("mmkeras")
class MFB(ProductFusion):
    """Multimodal factorised bilinear pooling: expand, multiply, sum, normalise.

    `z[o] = sum_k (prod_m U_m x_m)[o, k]`, elementwise product, `k = 1 .. factors`:
    for each output a bilinear form of rank `factors`. Then a signed square root and
    length 1: `r = z / sqrt(|z| + 1e-4)`, `y = r / sqrt(|r|^2 + 1e-4)`, smooth at 0.
    The normalisation holds products in range, which vary more than sums do. An
    absent factor is 1.

    Args:
        units: width of the output.
        factors: products summed for each output.
        dropout: fraction of the products dropped in training.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, dim)` floats; widths may differ. Beside it, by keyword:
        `present`, a dict of `(batch,)` bools; who is not in it is there, and a row
        with none counts all.

    Output shape:
        `(batch, units)`, in [-1, 1], of length at most 1.

    Raises:
        ValueError: for an argument out of its range, or an embedding that is not
            `(batch, dim)`.
        TypeError: for an argument of another type.

    Example:
        >>> x = {"a": np.ones((2, 30)), "b": np.ones((2, 40))}
        >>> MFB(units=8)(x).shape
        TensorShape([2, 8])

    Reference:
        Yu et al., "Multi-modal Factorized Bilinear Pooling with Co-Attention
        Learning for Visual Question Answering", 2017, arXiv:1708.01471.
    """

    def __init__(self, units=64, factors=5, dropout=0.0, **kwargs):
        super().__init__(None, **kwargs)
        self.check_sizes(units=units, factors=factors)
        _checks.check_fraction("MFB", "dropout", dropout)
        self.units = units
        self.factors = factors
        self.dropout = dropout

    def build(self, input_shape):
        super().build(input_shape)
        size = self.units * self.factors
        self.expand = self.factor_layers("expand", size, terms=self.factors)
        self.drop = keras.layers.Dropout(
            self.dropout, dtype=self.dtype_policy, name="dropout"
        )

    def call(self, inputs, present=None, training=None):
        pairs = zip(self.expand, self.embeddings(inputs), strict=True)
        terms = self.product([layer(x) for layer, x in pairs], inputs, present)
        terms = self.drop(terms, training=training)
        pooled = ops.sum(ops.reshape(terms, (-1, self.units, self.factors)), axis=-1)
        return ops.cast(normalize_power(pooled), self.compute_dtype)
