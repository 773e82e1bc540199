"""Fusion by streams that attend to each other."""

import keras
from keras import ops

from mmkeras.fusion._tokens import joined, masked_means
from mmkeras.fusion._transformer import TransformerFusion


@keras.saving.register_keras_serializable("mmkeras")
class CoAttention(TransformerFusion):
    """Every modality stays a stream of its own, and attends to all the others.

    For modalities that matter alike and that should keep their own weights. With
    `P_m` a dense layer and `z_m = P_m x_m`, all streams at once, for `l = 1..depth`:
    `z_m <- Self_lm(Cross_lm(z_m, [z_k; ...]))` over all `k != m`, pre-norm
    Transformer layers both. Then `y = [mean(LN_a(z_a)); mean(LN_b(z_b)); ...]`,
    means over the tokens that count, zeros where a modality has none. With one
    modality there is `Self` alone.
    Tokens are taken as they come: their positions are the encoder's to add.

    Args:
        dim: width of a token inside, a multiple of `num_heads`.
        depth: how often the streams look at each other and then at themselves.
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
        `(batch, modalities * dim)`.

    Raises:
        ValueError: for an argument out of its range, a `dim` that the heads do not
            divide, or an input of another shape.
        TypeError: for an argument of another type.

    Example:
        >>> x = {"sound": np.ones((2, 5, 3)), "text": np.ones((2, 7, 4))}
        >>> CoAttention(8, depth=1)(x).shape
        TensorShape([2, 16])

    Reference:
        Lu et al., "ViLBERT: Pretraining Task-Agnostic Visiolinguistic
        Representations for Vision-and-Language Tasks", 2019, arXiv:1908.02265
        (there of two streams, read at their class tokens).
    """

    def build(self, input_shape):
        super().build(input_shape)
        places = [(i, name) for i in range(self.depth) for name in self.names]
        self.crossing = []
        if len(self.names) > 1:
            self.crossing = [
                self.make_block(f"cross_{i}_{name}", context=True) for i, name in places
            ]
        self.own = [self.make_block(f"self_{i}_{name}") for i, name in places]
        self.norms = [self.make_norm(f"norm_{name}") for name in self.names]

    def call(self, inputs, masks=None, present=None, training=None):
        streams, counted = self.tokens(inputs, masks, present)
        crossing, own = iter(self.crossing), iter(self.own)
        for _ in range(self.depth):
            if len(streams) > 1:
                streams = [
                    next(crossing)(x, *_others(m, streams, counted), training=training)
                    for m, x in enumerate(streams)
                ]
            streams = [
                next(own)(x, key_mask=mask, training=training)
                for x, mask in zip(streams, counted, strict=True)
            ]
        normed = [norm(x) for norm, x in zip(self.norms, streams, strict=True)]
        return ops.concatenate(masked_means(normed, counted), axis=-1)


def _others(m, streams, counted):
    """The context of stream `m`, and its mask."""
    return joined(streams[:m] + streams[m + 1 :], counted[:m] + counted[m + 1 :])
