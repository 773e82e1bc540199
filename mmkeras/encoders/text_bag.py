"""A bag of tokens, and a dense layer."""

import keras

from mmkeras import _checks
from mmkeras.encoders._embedding import embed_tokens
from mmkeras.layers.masked_average import MaskedAverage
from mmkeras.layers.token_bag import TokenBag

_MODES = ("average", "binary", "count", "tfidf")
# Of an embedding, where none is given.
_WIDTH = 64

# The bag has length 1; a dense layer learns a longer vector faster (tf-idf bags
# touch each weight in few rows only).
_LENGTH = 8.0


def text_bag(
    vocabulary_size,
    mode="tfidf",
    idf=None,
    units=64,
    dropout=0.2,
    embedding=None,
    name="text_bag",
):
    """A weighted bag of tokens, then a dense layer: which tokens, not their order.

    For data sets too small for a recurrence: a few hundred texts, best with
    `split: char_ngrams`, which sees the stem in a word it has not met.
    `TokenBag -> Dropout -> Dense -> ReLU`: in effect a sum of learned embeddings,
    where training leaves whole tokens out.

    With `mode="average"` the bag is the mean of the tokens' embeddings, for larger
    vocabularies, or to begin with word vectors that were trained elsewhere.

    Args:
        vocabulary_size: number of ids, padding and unknown included:
            `spec.inputs[...].vocabulary_size` of a loaded data set.
        mode: `"tfidf"`, `"count"` or `"binary"`: see `TokenBag`; or `"average"`.
        idf: a weight for each id, for `"tfidf"`: `spec.inputs[...].idf` of a loaded
            data set.
        units: of the dense layer.
        dropout: fraction of the different tokens dropped in training; with
            `"average"`, of the tokens.
        embedding: for `"average"`: width of a token's embedding (64 if `None`); or
            the `keras.layers.Embedding` itself, for example from
            `mm.text.word_embedding`.
        name: of the model.

    Returns:
        A `keras.Model`.

    Input shape:
        `(batch, tokens)`, int32 ids; 0 is padding, 1 the unknown token: both are
        left out. With `"average"` the unknown token counts, so that a row always
        has one.

    Output shape:
        `(batch, units)`.

    Raises:
        ValueError: for an argument out of its range, or weights or an embedding
            that do not fit the mode or the vocabulary.
        TypeError: for an argument of another type.

    Example:
        >>> ids = np.array([[5, 7, 0]], "int32")
        >>> text_bag(100, mode="count", units=16)(ids).shape
        TensorShape([1, 16])

    Reference:
        Salton and Buckley, 1988, Information Processing & Management 24(5); Iyyer
        et al., 2015, ACL ("deep averaging networks", with dropped words).
    """
    _checks.check_positive_int("text_bag", "vocabulary_size", vocabulary_size)
    _checks.check_choice("text_bag", "mode", mode, _MODES)
    _checks.check_positive_int("text_bag", "units", units)
    _checks.check_fraction("text_bag", "dropout", dropout)
    if mode == "average":
        if idf is not None:
            raise _checks.bad_value(
                "text_bag",
                "idf",
                "left out with mode='average'",
                idf,
                "Leave it out, or pass mode='tfidf'.",
            )
        width = _WIDTH if embedding is None else embedding
        ids, mask, x = embed_tokens("text_bag", vocabulary_size, width)
        if dropout:
            # One draw a token, not an entry.
            shape = (None, None, 1)
            x = keras.layers.Dropout(dropout, shape, name="dropout")(x)
        bag = MaskedAverage(name="bag")(x, mask=mask)
        return keras.Model(ids, _dense(units)(bag), name=name)
    if embedding is not None:
        raise _checks.bad_value(
            "text_bag",
            "embedding",
            f"left out with mode='{mode}'",
            embedding,
            "Pass mode='average' too.",
        )
    layers = [
        TokenBag(vocabulary_size, mode, idf, name="bag"),
        keras.layers.Rescaling(_LENGTH, name="scale"),
    ]
    if dropout:
        layers.append(keras.layers.Dropout(dropout, name="dropout"))
    return keras.Sequential([*layers, _dense(units)], name=name)


def _dense(units):
    return keras.layers.Dense(units, activation="relu", name="dense")
