"""Convolutions over tokens."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.encoders._embedding import embed_tokens


def text_cnn(
    vocabulary_size,
    embedding=64,
    filters=64,
    kernel_sizes=(3, 4, 5),
    dropout=0.5,
    pooling="max",
    name="text_cnn",
):
    """Learned patterns of a few tokens: whether each is there, wherever it is.

    For sentences, where phrases tell more than their order; quicker than a
    recurrence. With `C_k` the tokens' convolution over `k` tokens,
    `y = [max_t relu(C_3 + b_3)[t]; max_t relu(C_4 + b_4)[t]; ...]`. Padding is
    zeros before the convolution and after it: more of it changes nothing.

    Args:
        vocabulary_size: number of ids, padding included:
            `spec.inputs[...].vocabulary_size` of a loaded data set.
        embedding: width of a token's embedding; or the `keras.layers.Embedding`
            itself, for example from `mm.text.word_embedding`.
        filters: patterns of each length.
        kernel_sizes: the lengths, in tokens.
        dropout: fraction of the features dropped in training.
        pooling: `"max"` over the tokens, or `"none"`: the features around each
            token.
        name: of the model.

    Returns:
        A `keras.Model`.

    Input shape:
        `(batch, tokens)`, int32 ids; 0 is padding, at the end.

    Output shape:
        `(batch, dim)`, or `(batch, tokens, dim)` with `pooling="none"`; `dim` is
        `filters * len(kernel_sizes)`; at least 0.

    Raises:
        ValueError: for an argument out of its range, or an `Embedding` of another
            number of ids.
        TypeError: for an argument of another type.

    Example:
        >>> text_cnn(100, filters=8)(np.array([[5, 7, 2, 0]])).shape
        TensorShape([1, 24])

    Reference:
        Kim, 2014, arXiv:1408.5882.
    """
    _checks.check_positive_int("text_cnn", "filters", filters)
    _checks.check_positive_ints("text_cnn", "kernel_sizes", kernel_sizes)
    _checks.check_fraction("text_cnn", "dropout", dropout)
    _checks.check_choice("text_cnn", "pooling", pooling, ("max", "none"))
    ids, mask, x = embed_tokens("text_cnn", vocabulary_size, embedding)
    x = _without_padding(x, mask)
    maps = []
    for position, size in enumerate(kernel_sizes, start=1):
        convolution = keras.layers.Conv1D(
            filters,
            size,
            padding="same",
            activation="relu",
            name=f"convolution_{position}",
        )
        maps.append(convolution(x))
    x = maps[0] if len(maps) == 1 else keras.layers.Concatenate(name="maps")(maps)
    x = _without_padding(x, mask)
    if pooling == "max":
        # After the ReLU nothing is below the padding's zeros.
        x = keras.layers.GlobalMaxPooling1D(name="max")(x)
    if dropout:
        x = keras.layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(ids, x, name=name)


def _without_padding(x, mask):
    return ops.where(ops.expand_dims(mask, -1), x, 0.0)
