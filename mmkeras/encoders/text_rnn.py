"""Recurrence over tokens."""

import keras

from mmkeras import _checks
from mmkeras.encoders._cells import recurrent_layers
from mmkeras.encoders._embedding import embed_tokens
from mmkeras.encoders._forget_mask import ForgetMask
from mmkeras.layers.masked_average import MaskedAverage


def text_rnn(
    vocabulary_size,
    embedding=64,
    units=64,
    cell="lstm",
    bidirectional=False,
    dropout=0.0,
    pooling="last",
    name="text_rnn",
):
    """Embedding, then one recurrent layer or more over the tokens, in their order.

    Padding is masked, explicitly: a longer row of padding changes nothing.

    Args:
        vocabulary_size: number of ids, padding included:
            `spec.inputs[...].vocabulary_size` of a loaded data set.
        embedding: width of a token's embedding; or the `keras.layers.Embedding`
            itself, for example from `mm.text.word_embedding`.
        units: width of the recurrent state; of several layers, first to last, as a
            tuple.
        cell: `"lstm"`, `"gru"`, or `"simple"` (for short texts alone).
        bidirectional: whether to read both ways; the two states are concatenated.
        dropout: fraction of the token embeddings dropped in training.
        pooling: `"last"`, the state after the last token; `"average"`, the mean of
            the states; or `"none"`, every state.
        name: of the model.

    Returns:
        A `keras.Model`.

    Input shape:
        `(batch, tokens)`, int32 ids; 0 is padding, at the end. No row may be
        padding alone on a GPU.

    Output shape:
        `(batch, dim)`, or `(batch, tokens, dim)` with `pooling="none"`; `dim` is
        the last of `units`, or twice that.

    Raises:
        ValueError: for an argument out of its range, or an `Embedding` of another
            number of ids.
        TypeError: for an argument of another type.

    Example:
        >>> text_rnn(100, units=16, cell="gru")(np.array([[5, 7, 0]])).shape
        TensorShape([1, 16])

    Reference:
        Hochreiter and Schmidhuber, 1997, Neural Computation 9(8); Cho et al.,
        2014, arXiv:1406.1078 (GRU); Elman, 1990, Cognitive Science 14(2)
        (simple).
    """
    recurrent = recurrent_layers("text_rnn", units, cell, bidirectional, pooling)
    _checks.check_fraction("text_rnn", "dropout", dropout)
    ids, mask, x = embed_tokens("text_rnn", vocabulary_size, embedding)
    if dropout:
        x = keras.layers.Dropout(dropout)(x)
    for layer in recurrent:
        x = layer(x, mask=mask)
    if pooling == "average":
        x = MaskedAverage(name="average")(x, mask=mask)
    elif pooling == "none":
        x = ForgetMask(name="states")(x)
    return keras.Model(ids, x, name=name)
