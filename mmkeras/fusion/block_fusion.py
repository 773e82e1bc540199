"""Fusion by a block-term decomposition."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._products import ProductFusion, scaled


@keras.saving.register_keras_serializable("mmkeras")
class BlockFusion(ProductFusion):
    """Block-superdiagonal fusion (BLOCK): bilinear forms between aligned chunks.

    Each embedding is projected, `h_m = A_m x_m`, and cut into `chunks` pieces.
    Piece `c` of one meets piece `c` of the others alone,
    `z_c = sum_r prod_m D_mc^r h_mc`, elementwise product, `r = 1 .. rank`; then
    `y = C [z_1; z_2; ...]`. It lies between `MUTAN` (one chunk) and `MLB` (chunks
    of width 1), apart from their tanh: wide projections at moderate cost. An absent
    factor is 1. (The authors' code also normalises each `z_c`; this is the
    formula.)

    Args:
        units: width of the output.
        hidden_dim: width that each embedding is projected to; a multiple of
            `chunks`.
        chunks: pieces that it is cut into.
        rank: number of products summed in each.
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
        >>> BlockFusion(units=8, hidden_dim=32, chunks=8)(x).shape
        TensorShape([2, 8])

    Reference:
        Ben-younes et al., "BLOCK: Bilinear Superdiagonal Fusion for Visual Question
        Answering and Visual Relationship Detection", 2019, arXiv:1902.00038.
    """

    def __init__(self, units=64, hidden_dim=128, chunks=4, rank=3, **kwargs):
        super().__init__(None, **kwargs)
        self.check_sizes(units=units, hidden_dim=hidden_dim, chunks=chunks, rank=rank)
        if hidden_dim % chunks:
            raise _checks.bad_value(
                "BlockFusion",
                "hidden_dim",
                f"a multiple of chunks={chunks}",
                hidden_dim,
                f"For example hidden_dim={(hidden_dim // chunks + 1) * chunks}.",
            )
        self.units = units
        self.hidden_dim = hidden_dim
        self.chunks = chunks
        self.rank = rank

    def build(self, input_shape):
        super().build(input_shape)
        self.inner = self.factor_layers("inner", self.hidden_dim)
        size = self.hidden_dim // self.chunks
        self.factors = []
        for name in self.names:
            layer = keras.layers.EinsumDense(
                "bcs,cst->bct",
                (self.chunks, size * self.rank),
                kernel_initializer=scaled(self.rank, len(self.names)),
                dtype=self.dtype_policy,
                name=f"factor_{name}",
            )
            layer.build((None, self.chunks, size))
            self.factors.append(layer)
        self.output_dense = keras.layers.Dense(
            self.units, use_bias=False, dtype=self.dtype_policy, name="output"
        )
        self.output_dense.build((None, self.hidden_dim))

    def call(self, inputs, present=None):
        pieces = (-1, self.chunks, self.hidden_dim // self.chunks)
        found = zip(self.inner, self.factors, self.embeddings(inputs), strict=True)
        factors = [factor(ops.reshape(inner(x), pieces)) for inner, factor, x in found]
        terms = self.product(factors, inputs, present)
        terms = ops.reshape(terms, (-1, self.hidden_dim, self.rank))
        return self.output_dense(ops.sum(terms, axis=-1))
