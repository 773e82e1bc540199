"""The outer product of all embeddings under weights of low rank."""

import functools

import keras
from keras import ops

from mmkeras.fusion._products import ProductFusion


@keras.saving.register_keras_serializable("mmkeras")
class LowRankTensorFusion(ProductFusion):
    """`TensorFusion` and a dense layer in one, without ever making the tensor.

    `y = sum_r prod_m W_m^r [x_m; 1] + b`, elementwise product, `r = 1 .. rank`: the
    dense layer whose weight tensor is a sum of `rank` outer products. Cost grows as
    the sum of the widths, not as their product. An absent embedding is 0, its 1
    stays: what is left is a product of the others, scaled. (The authors' code also
    learns a weight for each `r`; the `W` can hold it, so there is none here.)

    Args:
        units: width of the output.
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
        >>> x = {"a": np.zeros((2, 300)), "b": np.zeros((2, 400))}
        >>> LowRankTensorFusion(units=8)(x).shape
        TensorShape([2, 8])

    Reference:
        Liu et al., "Efficient Low-rank Multimodal Fusion with Modality-Specific
        Factors", 2018, arXiv:1806.00064.
    """

    def __init__(self, units=64, rank=4, **kwargs):
        super().__init__(None, **kwargs)
        self.check_sizes(units=units, rank=rank)
        self.units = units
        self.rank = rank

    def build(self, input_shape):
        super().build(input_shape)
        widths = [width + 1 for width in self.widths]
        size = self.units * self.rank
        self.factors = self.factor_layers("factor", size, widths, terms=self.rank)
        self.bias = self.add_weight(
            shape=(self.units,), initializer="zeros", name="bias"
        )

    def call(self, inputs, present=None):
        pairs = zip(self.factors, self.with_ones(inputs, present), strict=True)
        terms = functools.reduce(ops.multiply, [layer(x) for layer, x in pairs])
        terms = ops.reshape(terms, (-1, self.units, self.rank))
        return ops.sum(terms, axis=-1) + self.bias
