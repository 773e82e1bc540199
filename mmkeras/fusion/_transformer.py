"""What fusions made of Transformer layers share: arguments, stacks, learned tokens."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._tokens import TokenFusion
from mmkeras.layers.transformer_block import NORM_EPSILON, TransformerBlock

# Of learned tokens: that of the published vision Transformers.
TOKEN_STDDEV = 0.02


class TransformerFusion(TokenFusion):
    """Base of the fusions made of Transformer layers.

    A subclass's `build` makes its parts with the methods below: each gives a part
    that is built already.

    Args:
        dim: width of a token inside, a multiple of `num_heads`.
        depth: how often the formula's layers follow each other.
        num_heads: attention heads.
        dropout: fraction dropped in training, in every Transformer layer.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, dim=64, depth=2, num_heads=4, dropout=0.0, **kwargs):
        super().__init__(dim, **kwargs)
        owner = type(self).__name__
        _checks.check_positive_int(owner, "depth", depth)
        _checks.check_positive_int(owner, "num_heads", num_heads)
        _checks.check_fraction(owner, "dropout", dropout)
        if dim % num_heads:
            raise _checks.bad_value(
                owner,
                "dim",
                f"a multiple of num_heads={num_heads}",
                dim,
                f"Change one of them: dim={-(-dim // num_heads) * num_heads} is one.",
            )
        self.depth = depth
        self.num_heads = num_heads
        self.dropout = dropout

    def make_block(self, name, context=False):
        """A Transformer layer, of tokens or of tokens that look at a context."""
        block = TransformerBlock(
            self.num_heads, dropout=self.dropout, dtype=self.dtype_policy, name=name
        )
        shape = (None, None, self.dim)
        block.build(shape, shape if context else None)
        return block

    def make_stack(self, name, context=False, dim=None):
        """`depth` Transformer layers and a norm, for tokens of width `dim`."""
        stack = TransformerStack(
            self.depth, self.num_heads, self.dropout, dtype=self.dtype_policy, name=name
        )
        shape = (None, None, dim or self.dim)
        stack.build(shape, (None, None, self.dim) if context else None)
        return stack

    def make_norm(self, name):
        """The norm that pre-norm layers leave to their end."""
        norm = keras.layers.LayerNormalization(
            epsilon=NORM_EPSILON, dtype=self.dtype_policy, name=name
        )
        norm.build((None, None, self.dim))
        return norm

    def make_vectors(self, name, count):
        """Learned vectors, `(count, dim)`."""
        return self.add_weight(
            shape=(count, self.dim),
            initializer=keras.initializers.TruncatedNormal(stddev=TOKEN_STDDEV),
            name=name,
        )


def every_row(vectors, like):
    """Learned vectors as tokens of each row: `(batch, count, dim)`."""
    return ops.zeros_like(like[:, :1]) + ops.expand_dims(vectors, 0)


def marked(tokens, vectors):
    """Each modality's tokens with that modality's learned vector added."""
    return [x + vectors[position] for position, x in enumerate(tokens)]


class TransformerStack(keras.layers.Layer):
    """`depth` Transformer layers over one context, or over their own, and a norm.

    Args:
        depth: number of layers.
        num_heads: attention heads.
        dropout: fraction dropped in training.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, depth, num_heads, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.depth = depth
        self.num_heads = num_heads
        self.dropout = dropout

    def build(self, inputs_shape, context_shape=None):
        self.blocks = []
        for position in range(self.depth):
            block = TransformerBlock(
                self.num_heads,
                dropout=self.dropout,
                dtype=self.dtype_policy,
                name=f"block_{position}",
            )
            block.build(inputs_shape, context_shape)
            self.blocks.append(block)
        self.norm = keras.layers.LayerNormalization(
            epsilon=NORM_EPSILON, dtype=self.dtype_policy, name="norm"
        )
        self.norm.build(inputs_shape)
        self.built = True

    def call(self, inputs, context=None, key_mask=None, training=None):
        for block in self.blocks:
            inputs = block(
                inputs, context=context, key_mask=key_mask, training=training
            )
        return self.norm(inputs)
