"""Fusion by a Tucker decomposition with a core of low rank."""

import keras
from keras import ops

from mmkeras.fusion._products import ProductFusion


@keras.saving.register_keras_serializable("mmkeras")
class MUTAN(ProductFusion):
    """Multimodal Tucker fusion: a sum of products of nonlinear projections.

    `y = sum_r prod_m M_m^r tanh(W_m x_m)`, elementwise product, `r = 1 .. rank`: a
    full bilinear form between the projections, whose core tensor has rank `rank` in
    every output slice. More interactions than `MLB` (that is a diagonal core), for
    more weights. An absent factor is 1.

    Args:
        units: width of the output.
        hidden_dim: width that each embedding is projected to.
        rank: number of products summed.
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
        >>> MUTAN(units=8, rank=3)(x).shape
        TensorShape([2, 8])

    Reference:
        Ben-younes et al., "MUTAN: Multimodal Tucker Fusion for Visual Question
        Answering", 2017, arXiv:1705.06676.
    """

    def __init__(self, units=64, hidden_dim=64, rank=5, **kwargs):
        super().__init__(None, **kwargs)
        self.check_sizes(units=units, hidden_dim=hidden_dim, rank=rank)
        self.units = units
        self.hidden_dim = hidden_dim
        self.rank = rank

    def build(self, input_shape):
        super().build(input_shape)
        self.inner = self.factor_layers("inner", self.hidden_dim)
        widths = [self.hidden_dim] * len(self.names)
        size = self.units * self.rank
        self.factors = self.factor_layers("factor", size, widths, terms=self.rank)

    def call(self, inputs, present=None):
        found = zip(self.inner, self.factors, self.embeddings(inputs), strict=True)
        factors = [factor(ops.tanh(inner(x))) for inner, factor, x in found]
        terms = self.product(factors, inputs, present)
        return ops.sum(ops.reshape(terms, (-1, self.units, self.rank)), axis=-1)
