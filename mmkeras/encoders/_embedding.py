"""Ids to vectors, as every encoder that embeds tokens does it."""

import keras

from mmkeras import _checks
from mmkeras.layers.padding_mask import PaddingMask


def token_embedding(owner, vocabulary_size, embedding):
    """The layer that `embedding` means: a new one of that width, or itself."""
    _checks.check_positive_int(owner, "vocabulary_size", vocabulary_size)
    if not isinstance(embedding, keras.layers.Embedding):
        if isinstance(embedding, bool) or not isinstance(embedding, int):
            raise _checks.bad_type(
                owner,
                "embedding",
                "a width, or a `keras.layers.Embedding`",
                embedding,
                "Pass for example embedding=64, or what `mm.text.word_embedding` "
                "returns.",
            )
        _checks.check_positive_int(owner, "embedding", embedding)
        return keras.layers.Embedding(vocabulary_size, embedding, name="embedding")
    if embedding.input_dim != vocabulary_size:
        raise _checks.bad_value(
            owner,
            "embedding",
            f"of as many ids as vocabulary_size={vocabulary_size}",
            embedding.input_dim,
            "Make both from the same data set: "
            "`mm.text.word_embedding(path, spec.inputs[...].vocabulary)`.",
        )
    if embedding.mask_zero:
        raise _checks.bad_value(
            owner,
            "embedding",
            "made without `mask_zero`",
            True,
            "Leave it out: the encoder masks padding itself.",
        )
    return embedding


def embed_tokens(owner, vocabulary_size, embedding):
    """The start of a functional model: ids, which are real, their vectors."""
    layer = token_embedding(owner, vocabulary_size, embedding)
    ids = keras.Input((None,), dtype="int32", name="ids")
    return ids, PaddingMask(name="mask")(ids), layer(ids)
