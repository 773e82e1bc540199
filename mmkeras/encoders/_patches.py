"""A Transformer over the patches of a grid."""

import keras

from mmkeras import _checks
from mmkeras.layers.learned_positions import LearnedPositions
from mmkeras.layers.transformer_block import NORM_EPSILON, TransformerBlock

PATCH_POOLINGS = ("average", "none")


def patch_tokens(owner, dim, patch_size, stride=None):
    """A dense layer on each patch, then its position: `(batch, tokens, dim)`."""
    _checks.check_positive_int(owner, "dim", dim)
    size = _pair(owner, "patch_size", patch_size)
    step = size if stride is None else _pair(owner, "stride", stride)
    return [
        keras.layers.Conv2D(dim, size, step, name="patches"),
        keras.layers.Reshape((-1, dim), name="tokens"),
        LearnedPositions(name="positions"),
    ]


def transformer(owner, dim, depth, num_heads, dropout, pooling):
    """`depth` blocks, normalised; the tokens, or their average."""
    _checks.check_positive_int(owner, "depth", depth)
    _checks.check_positive_int(owner, "num_heads", num_heads)
    if dim % num_heads:
        expected = f"a multiple of num_heads={num_heads}"
        raise _checks.bad_value(owner, "dim", expected, dim)
    _checks.check_fraction(owner, "dropout", dropout)
    _checks.check_choice(owner, "pooling", pooling, PATCH_POOLINGS)
    layers = [keras.layers.Dropout(dropout)] if dropout else []
    for block in range(depth):
        name = f"block_{block}"
        layers.append(TransformerBlock(num_heads, dropout=dropout, name=name))
    layers.append(keras.layers.LayerNormalization(epsilon=NORM_EPSILON, name="norm"))
    if pooling == "average":
        layers.append(keras.layers.GlobalAveragePooling1D(name="average"))
    return layers


def _pair(owner, argument, value):
    if not isinstance(value, list | tuple):
        _checks.check_positive_int(owner, argument, value)
        return (value, value)
    _checks.check_positive_ints(owner, argument, value)
    if len(value) != 2:
        raise _checks.bad_value(owner, argument, "one number or two", value)
    return tuple(value)
