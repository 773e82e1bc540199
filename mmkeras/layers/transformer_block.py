"""One Transformer layer: attention, then two dense layers."""

import keras
from keras import ops

from mmkeras import _checks

# That of the published vision and language Transformers.
NORM_EPSILON = 1e-6


@keras.saving.register_keras_serializable("mmkeras")
class TransformerBlock(keras.layers.Layer):
    """A pre-norm Transformer layer, over its own tokens or over a context's.

    `h = x + Attention(LN(x), c)`, `y = h + W2 gelu(W1 LN(h) + b1) + b2`, where the
    keys and values `c` are `LN(x)` itself (self-attention), or a context given
    beside it (cross-attention; normalised by a layer of its own). Keys that the
    mask leaves out are not seen; where it leaves out all of a row's, attention
    adds nothing.

    Args:
        num_heads: attention heads.
        mlp_dim: width of the hidden dense layer; twice the tokens' if `None`.
        dropout: fraction dropped in training, of the attention's weights and of
            what both parts add.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, tokens, dim)` floats, `dim` a multiple of `num_heads`. Beside it,
        by keyword: `context` `(batch, keys, any width)`, and `key_mask`
        `(batch, keys)`, bool, for the context, or for the tokens without one.

    Output shape:
        That of the tokens.

    Raises:
        ValueError: for an argument out of its range, or a width that the heads do
            not divide.
        TypeError: for an argument of another type.

    Example:
        >>> TransformerBlock(num_heads=2)(np.zeros((2, 5, 8))).shape
        TensorShape([2, 5, 8])

    Reference:
        Vaswani et al., 2017, arXiv:1706.03762; Xiong et al., 2020,
        arXiv:2002.04745 (pre-norm).
    """

    def __init__(self, num_heads=4, mlp_dim=None, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        _checks.check_positive_int("TransformerBlock", "num_heads", num_heads)
        if mlp_dim is not None:
            _checks.check_positive_int("TransformerBlock", "mlp_dim", mlp_dim)
        _checks.check_fraction("TransformerBlock", "dropout", dropout)
        self.num_heads = num_heads
        self.mlp_dim = mlp_dim
        self.dropout = dropout

    def build(self, inputs_shape, context_shape=None):
        dim = inputs_shape[-1]
        if len(inputs_shape) != 3 or not dim or dim % self.num_heads:
            raise _checks.bad_value(
                "TransformerBlock",
                "inputs",
                f"(batch, tokens, a multiple of num_heads={self.num_heads})",
                tuple(inputs_shape),
                "Change the width of the tokens, or the number of heads.",
            )
        layers, policy = keras.layers, self.dtype_policy
        keys = tuple(inputs_shape if context_shape is None else context_shape)
        self.attention_norm = layers.LayerNormalization(
            epsilon=NORM_EPSILON, dtype=policy, name="norm_1"
        )
        self.attention_norm.build(inputs_shape)
        if context_shape is not None:
            self.context_norm = layers.LayerNormalization(
                epsilon=NORM_EPSILON, dtype=policy, name="norm_context"
            )
            self.context_norm.build(keys)
        self.attention = layers.MultiHeadAttention(
            self.num_heads,
            dim // self.num_heads,
            dropout=self.dropout,
            dtype=policy,
            name="attention",
        )
        self.attention.build(tuple(inputs_shape), keys, keys)
        self.mlp_norm = layers.LayerNormalization(
            epsilon=NORM_EPSILON, dtype=policy, name="norm_2"
        )
        self.mlp_norm.build(inputs_shape)
        hidden = 2 * dim if self.mlp_dim is None else self.mlp_dim
        self.hidden = layers.Dense(
            hidden, activation="gelu", dtype=policy, name="dense_1"
        )
        self.hidden.build(inputs_shape)
        self.narrow = layers.Dense(dim, dtype=policy, name="dense_2")
        self.narrow.build((*inputs_shape[:-1], hidden))
        self.drop = layers.Dropout(self.dropout, dtype=policy, name="dropout")
        self.built = True

    def call(self, inputs, context=None, key_mask=None, training=None):
        queries = self.attention_norm(inputs)
        keys = queries if context is None else self.context_norm(context)
        # (batch, 1, keys): the same for every query.
        mask = None if key_mask is None else ops.cast(key_mask, "bool")[:, None, :]
        if keys.shape[1] == 1:
            # Keras warns of a softmax over one key: beside one that is never seen
            # it is the same.
            first = ops.ones_like(keys[:, None, :, 0], dtype="bool")
            mask = first if mask is None else mask
            mask = ops.concatenate([mask, ops.zeros_like(mask)], axis=2)
            keys = ops.concatenate([keys, keys], axis=1)
        attended = self.attention(queries, keys, attention_mask=mask, training=training)
        if mask is not None:
            seen = ops.cast(ops.any(mask, axis=-1, keepdims=True), attended.dtype)
            attended = attended * seen
        x = inputs + self.drop(attended, training=training)
        hidden = self.narrow(self.hidden(self.mlp_norm(x)))
        return x + self.drop(hidden, training=training)
