"""Fusion through a few bottleneck tokens."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._tokens import masked_means
from mmkeras.fusion._transformer import TransformerFusion, every_row
from mmkeras.layers._masked_mean import masked_mean


@keras.saving.register_keras_serializable("mmkeras")
class BottleneckFusion(TransformerFusion):
    """MBT: modalities exchange what fits through a few shared tokens.

    Each modality must sum up what the others need, and the cost stays near that of
    a Transformer for each. With `P_m` a dense layer, `z_m = P_m x_m`, learned
    bottleneck tokens `b`, and `Block_lm` a pre-norm Transformer layer, for
    `l = 1..depth`: `[b_m; z_m] = Block_lm([b; z_m])` for each modality `m`, then
    `b = sum_m p_m b_m / sum_m p_m`, where `p_m` is 1 if the row has modality `m`,
    else 0. Last, `y = sum_m p_m mean(LN_m(z_m)) / sum_m p_m`, means over the tokens
    that count.
    Tokens are taken as they come: their positions are the encoder's to add.

    Args:
        dim: width of a token inside, a multiple of `num_heads`.
        num_bottlenecks: number of shared tokens.
        depth: number of Transformer layers, at least 2: what the first one writes
            to the shared tokens, the second one reads.
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
        >>> BottleneckFusion(8, num_bottlenecks=2)(x).shape
        TensorShape([2, 8])

    Reference:
        Nagrani et al., "Attention Bottlenecks for Multimodal Fusion", 2021,
        arXiv:2107.00135 (there from a middle layer on, with positions, and with
        the mean of what a classifier makes of each modality's class token).
    """

    def __init__(
        self, dim=64, num_bottlenecks=4, depth=2, num_heads=4, dropout=0.0, **kwargs
    ):
        super().__init__(dim, depth, num_heads, dropout, **kwargs)
        owner = "BottleneckFusion"
        _checks.check_positive_int(owner, "num_bottlenecks", num_bottlenecks)
        if depth < 2:
            raise _checks.bad_value(
                owner,
                "depth",
                "at least 2",
                depth,
                "With one layer the modalities would not see each other.",
            )
        self.num_bottlenecks = num_bottlenecks

    def build(self, input_shape):
        super().build(input_shape)
        self.bottlenecks = self.make_vectors("bottlenecks", self.num_bottlenecks)
        self.blocks = [
            self.make_block(f"block_{i}_{name}")
            for i in range(self.depth)
            for name in self.names
        ]
        self.norms = [self.make_norm(f"norm_{name}") for name in self.names]

    def call(self, inputs, masks=None, present=None, training=None):
        streams, counted = self.tokens(inputs, masks, present)
        # (batch, modalities): who has a token that counts.
        there = ops.stack([ops.any(mask, axis=1) for mask in counted], axis=1)
        shared = every_row(self.bottlenecks, streams[0])
        always = ops.ones_like(shared[:, :, 0], dtype="bool")
        seen = [ops.concatenate([always, mask], axis=1) for mask in counted]
        blocks = iter(self.blocks)
        for _ in range(self.depth):
            both = [ops.concatenate([shared, x], axis=1) for x in streams]
            both = [
                next(blocks)(x, key_mask=mask, training=training)
                for x, mask in zip(both, seen, strict=True)
            ]
            # (batch, modalities, bottlenecks, dim)
            written = ops.stack([x[:, : self.num_bottlenecks] for x in both], axis=1)
            shared = masked_mean(written, there)
            streams = [x[:, self.num_bottlenecks :] for x in both]
        normed = [norm(x) for norm, x in zip(self.norms, streams, strict=True)]
        return masked_mean(ops.stack(masked_means(normed, counted), axis=1), there)
