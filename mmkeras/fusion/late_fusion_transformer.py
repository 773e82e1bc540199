"""Fusion of one token a modality in a Transformer."""

import keras
from keras import ops

from mmkeras.fusion._tokens import joined
from mmkeras.fusion._transformer import TransformerFusion, every_row, marked
from mmkeras.layers._masked_mean import masked_mean


@keras.saving.register_keras_serializable("mmkeras")
class LateFusionTransformer(TransformerFusion):
    """A Transformer over one token a modality and a class token, which is read.

    The cheapest Transformer that fuses: its cost does not depend on how long the
    sequences are, and pooled embeddings lose nothing. With `P_m` a dense layer,
    `e_m` a vector learned for modality `m`, `c` a learned class token, and `T` the
    `depth` pre-norm Transformer layers with their last norm,
    `y = T([c; mean(P_a x_a) + e_a; mean(P_b x_b) + e_b; ...])[0]`. The means are
    over the tokens that count; a modality that has none is not seen.
    Tokens are taken as they come: their positions are the encoder's to add.

    Args:
        dim: width of a token inside, a multiple of `num_heads`.
        depth: number of Transformer layers.
        num_heads: attention heads.
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
            divide, or an input of another shape.
        TypeError: for an argument of another type.

    Example:
        >>> x = {"sound": np.ones((2, 5, 3)), "text": np.ones((2, 7, 4))}
        >>> LateFusionTransformer(8, depth=1)(x).shape
        TensorShape([2, 8])

    Reference:
        Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", 2021,
        arXiv:2106.11959 (a class token beside one token a feature; here a feature
        is a modality).
    """

    def build(self, input_shape):
        super().build(input_shape)
        self.vectors = self.make_vectors("modality_vectors", len(self.names))
        self.class_token = self.make_vectors("class_token", 1)
        self.stack = self.make_stack("stack")

    def call(self, inputs, masks=None, present=None, training=None):
        tokens, counted = self.tokens(inputs, masks, present)
        pooled = [
            ops.expand_dims(masked_mean(x, mask), 1)
            for x, mask in zip(tokens, counted, strict=True)
        ]
        there = [ops.any(mask, axis=1, keepdims=True) for mask in counted]
        asks = every_row(self.class_token, pooled[0])
        x, mask = joined(
            [asks, *marked(pooled, self.vectors)], [ops.ones_like(there[0]), *there]
        )
        return self.stack(x, key_mask=mask, training=training)[:, 0]
