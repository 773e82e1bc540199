"""Fusion by a few learned latents that read all tokens."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._tokens import joined
from mmkeras.fusion._transformer import TransformerFusion, every_row, marked


@keras.saving.register_keras_serializable("mmkeras")
class PerceiverFusion(TransformerFusion):
    """Learned latents read the tokens of all modalities: their mean is the result.

    The cost grows with the tokens, not with their square: for long sequences. With
    `P_m` a dense layer, `e_m` a vector learned for modality `m`, and the context
    `c = [P_a x_a + e_a; P_b x_b + e_b; ...]`, the learned latents `z` become
    `z <- Self_l(Cross_l(z, c))` for `l = 1..depth`, pre-norm Transformer layers
    both, and `y = mean(LN(z))`. Only tokens that count are read.
    Tokens are taken as they come: their positions are the encoder's to add.

    Args:
        dim: width of a token inside, a multiple of `num_heads`.
        num_latents: number of learned latents.
        depth: how often the latents read the tokens and then each other.
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
        >>> PerceiverFusion(8, num_latents=3)(x).shape
        TensorShape([2, 8])

    Reference:
        Jaegle et al., "Perceiver: General Perception with Iterative Attention",
        2021, arXiv:2103.03206 (there the modality's vector is concatenated, layers
        may share their weights, and several latent layers follow each reading).
    """

    def __init__(
        self, dim=64, num_latents=8, depth=2, num_heads=4, dropout=0.0, **kwargs
    ):
        super().__init__(dim, depth, num_heads, dropout, **kwargs)
        _checks.check_positive_int("PerceiverFusion", "num_latents", num_latents)
        self.num_latents = num_latents

    def build(self, input_shape):
        super().build(input_shape)
        layers = range(self.depth)
        self.vectors = self.make_vectors("modality_vectors", len(self.names))
        self.latents = self.make_vectors("latents", self.num_latents)
        self.reading = [self.make_block(f"cross_{i}", context=True) for i in layers]
        self.thinking = [self.make_block(f"self_{i}") for i in layers]
        self.norm = self.make_norm("norm")

    def call(self, inputs, masks=None, present=None, training=None):
        tokens, counted = self.tokens(inputs, masks, present)
        context, mask = joined(marked(tokens, self.vectors), counted)
        x = every_row(self.latents, context)
        for cross, own in zip(self.reading, self.thinking, strict=True):
            x = cross(x, context=context, key_mask=mask, training=training)
            x = own(x, training=training)
        return ops.mean(self.norm(x), axis=1)
