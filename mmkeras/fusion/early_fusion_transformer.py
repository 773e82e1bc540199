"""Fusion of all tokens in one Transformer."""

import keras

from mmkeras.fusion._tokens import joined
from mmkeras.fusion._transformer import TransformerFusion, marked
from mmkeras.layers._masked_mean import masked_mean


@keras.saving.register_keras_serializable("mmkeras")
class EarlyFusionTransformer(TransformerFusion):
    """One Transformer over the tokens of all modalities: a single stream.

    Every token may look at every other from the first layer on: the most that
    attention can find, at a cost that grows with the square of all tokens together.
    With `P_m` a dense layer, `e_m` a vector learned for modality `m`, and `T` the
    `depth` pre-norm Transformer layers with their last norm,
    `y = mean(T([P_a x_a + e_a; P_b x_b + e_b; ...]))` over the tokens that count.
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
        >>> EarlyFusionTransformer(8, depth=1)(x).shape
        TensorShape([2, 8])

    Reference:
        Li et al., "VisualBERT: A Simple and Performant Baseline for Vision and
        Language", 2019, arXiv:1908.03557 (there with positions, and a class token
        in place of the mean).
    """

    def build(self, input_shape):
        super().build(input_shape)
        self.vectors = self.make_vectors("modality_vectors", len(self.names))
        self.stack = self.make_stack("stack")

    def call(self, inputs, masks=None, present=None, training=None):
        tokens, counted = self.tokens(inputs, masks, present)
        x, mask = joined(marked(tokens, self.vectors), counted)
        return masked_mean(self.stack(x, key_mask=mask, training=training), mask)
