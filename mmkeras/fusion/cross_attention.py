"""Fusion by one modality that asks the others."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._tokens import joined
from mmkeras.fusion._transformer import TransformerFusion
from mmkeras.layers._masked_mean import masked_mean


@keras.saving.register_keras_serializable("mmkeras")
class CrossAttention(TransformerFusion):
    """One modality's tokens attend to the tokens of all the others.

    For a task that is about one modality, to which the others add. With `P_m` a
    dense layer, `q` the modality that asks, and `e` a learned vector, the queries
    are `z = P_q x_q + e` and the context `c = [P_m x_m; ...]` over all `m != q`;
    `z <- Cross_l(z, c)` for `l = 1..depth`, pre-norm Transformer layers, and
    `y = mean(LN(z))` over the query's tokens that count.
    Tokens are taken as they come: their positions are the encoder's to add.

    In a row that lacks modality `q`, `e` alone asks (`z = e`): the answer rests on
    the others. In a row that lacks all the others, attention adds nothing. With one
    modality in all, its tokens attend to themselves.

    Args:
        query: name of the modality that asks; the first in sorted order if `None`.
        dim: width of a token inside, a multiple of `num_heads`.
        num_heads: attention heads.
        depth: number of Transformer layers.
        dropout: fraction dropped in training, of the attention's weights and of
            what each layer adds.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, tokens, width)` or `(batch, width)` floats. Beside it, by
        keyword: `masks`, a dict of `(batch, tokens)` bools, False at padding, and
        `present`, a dict of `(batch,)` bools; who is not in them has no padding,
        and is there.

    Output shape:
        `(batch, dim)`.

    Raises:
        ValueError: for an argument out of its range, a `dim` that the heads do not
            divide, an unknown `query`, or an input of another shape.
        TypeError: for an argument of another type.

    Example:
        >>> x = {"sound": np.ones((2, 5, 3)), "text": np.ones((2, 7, 4))}
        >>> CrossAttention("text", dim=8)(x).shape
        TensorShape([2, 8])

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017, arXiv:1706.03762 (the
        decoder's attention to the encoder); Tsai et al., 2019, arXiv:1906.00295
        (from one modality to another).
    """

    def __init__(self, query=None, dim=64, num_heads=4, depth=1, dropout=0.0, **kwargs):
        super().__init__(dim, depth, num_heads, dropout, **kwargs)
        if query is not None and not isinstance(query, str):
            raise _checks.bad_type(
                "CrossAttention", "query", "the name of an input", query
            )
        self.query = query

    def build(self, input_shape):
        super().build(input_shape)
        if self.query is not None:
            _checks.check_choice("CrossAttention", "query", self.query, self.names)
        self.query_vector = self.make_vectors("query_vector", 1)
        self.stack = self.make_stack("stack", context=len(self.names) > 1)

    def call(self, inputs, masks=None, present=None, training=None):
        tokens, counted = self.tokens(inputs, masks, present)
        position = 0 if self.query is None else self.names.index(self.query)
        asked, mask = tokens.pop(position), counted.pop(position)
        x = asked * ops.cast(mask, asked.dtype)[..., None] + self.query_vector
        # Where no token is real, all places ask, with the learned vector.
        mask = ops.logical_or(mask, ops.logical_not(ops.any(mask, 1, keepdims=True)))
        context, seen = joined(tokens, counted) if tokens else (None, mask)
        x = self.stack(x, context=context, key_mask=seen, training=training)
        return masked_mean(x, mask)
