"""Fusion by a cross-modal Transformer for every ordered pair."""

import keras
from keras import ops

from mmkeras.fusion._tokens import masked_means
from mmkeras.fusion._transformer import TransformerFusion


@keras.saving.register_keras_serializable("mmkeras")
class MultimodalTransformer(TransformerFusion):
    """MulT: every modality reads every other through weights of the pair's own.

    For sequences that are not aligned in time, two or three of them: the pairs grow
    with the square of the modalities (five have 20). With `P_m` a dense layer and
    `z_m = P_m x_m`, for each target `a` and source `b`
    `h_ba = T_ba(z_a, z_b)`: `depth` pre-norm Transformer layers in which tokens of
    `a` attend to `z_b`, with their last norm. Then `h_a = mean(T_a([h_ba, h_ca,
    ...]))`, joined in width, `T_a` of `depth` layers of self-attention, and
    `y = [h_a; h_b; ...]`. Means are over the tokens that count, zeros where a
    modality has none. With one modality, `y = mean(T_a(z_a))`.
    Tokens are taken as they come: their positions are the encoder's to add.

    Args:
        dim: width of a token inside, a multiple of `num_heads`.
        depth: number of layers of each Transformer.
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
        `(batch, modalities * max(modalities - 1, 1) * dim)`.

    Raises:
        ValueError: for an argument out of its range, a `dim` that the heads do not
            divide, or an input of another shape.
        TypeError: for an argument of another type.

    Example:
        >>> x = {"sound": np.ones((2, 5, 3)), "text": np.ones((2, 7, 4))}
        >>> MultimodalTransformer(8, depth=1)(x).shape
        TensorShape([2, 16])

    Reference:
        Tsai et al., "Multimodal Transformer for Unaligned Multimodal Language
        Sequences", 2019, arXiv:1906.00295 (there with a temporal convolution and
        positions first, and the last token in place of the mean).
    """

    def build(self, input_shape):
        super().build(input_shape)
        self.crossing = [
            self.make_stack(f"{source}_to_{target}", context=True)
            for target in self.names
            for source in self.names
            if source != target
        ]
        width = max(len(self.names) - 1, 1) * self.dim
        self.own = [self.make_stack(f"self_{name}", dim=width) for name in self.names]

    def call(self, inputs, masks=None, present=None, training=None):
        tokens, counted = self.tokens(inputs, masks, present)
        crossing = iter(self.crossing)
        streams = []
        for target, own in enumerate(self.own):
            z = tokens[target]
            read = [
                next(crossing)(z, tokens[source], counted[source], training=training)
                for source in range(len(tokens))
                if source != target
            ]
            x = ops.concatenate(read or [z], axis=-1)
            streams.append(own(x, key_mask=counted[target], training=training))
        return ops.concatenate(masked_means(streams, counted), axis=-1)
