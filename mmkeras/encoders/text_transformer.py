"""Self-attention over tokens."""

import keras

from mmkeras import _checks
from mmkeras.encoders._embedding import embed_tokens
from mmkeras.layers.masked_average import MaskedAverage
from mmkeras.layers.sinusoidal_positions import SinusoidalPositions
from mmkeras.layers.transformer_block import NORM_EPSILON, TransformerBlock


def text_transformer(
    vocabulary_size,
    embedding=64,
    depth=2,
    num_heads=4,
    dropout=0.1,
    pooling="average",
    name="text_transformer",
):
    """Embedding and positions, then Transformer layers: each token sees the others.

    For some ten thousand texts or more, or for fusions that read tokens. Embeddings
    are normalised before the positions are added, so that vectors of any scale,
    trained before or not, weigh as much as the positions. Padding is masked,
    explicitly: a longer row of padding changes nothing.

    Args:
        vocabulary_size: number of ids, padding included:
            `spec.inputs[...].vocabulary_size` of a loaded data set.
        embedding: width of a token's embedding, a multiple of `num_heads`; or the
            `keras.layers.Embedding` itself, for example from
            `mm.text.word_embedding`.
        depth: number of Transformer layers.
        num_heads: attention heads of each.
        dropout: fraction dropped in training: of the embeddings, of attention and
            of what each layer adds.
        pooling: `"average"` of the tokens, or `"none"`: every token.
        name: of the model.

    Returns:
        A `keras.Model`.

    Input shape:
        `(batch, tokens)`, int32 ids; 0 is padding, at the end.

    Output shape:
        `(batch, dim)`, or `(batch, tokens, dim)` with `pooling="none"`; `dim` is
        the width of the embedding.

    Raises:
        ValueError: for an argument out of its range, an `Embedding` of another
            number of ids, or a width that the heads do not divide.
        TypeError: for an argument of another type.

    Example:
        >>> text_transformer(100, embedding=16)(np.array([[5, 7, 2, 0]])).shape
        TensorShape([1, 16])

    Reference:
        Vaswani et al., 2017, arXiv:1706.03762; Xiong et al., 2020,
        arXiv:2002.04745 (normalisation before each part, and at the end).
    """
    owner = "text_transformer"
    _checks.check_positive_int(owner, "depth", depth)
    _checks.check_positive_int(owner, "num_heads", num_heads)
    _checks.check_fraction(owner, "dropout", dropout)
    _checks.check_choice(owner, "pooling", pooling, ("average", "none"))
    ids, mask, x = embed_tokens(owner, vocabulary_size, embedding)
    if x.shape[-1] % num_heads:
        raise _checks.bad_value(
            owner,
            "embedding",
            f"a multiple of num_heads={num_heads} wide",
            x.shape[-1],
            "Change the one or the other.",
        )
    norm = keras.layers.LayerNormalization
    x = norm(epsilon=NORM_EPSILON, name="norm_embedding")(x)
    x = SinusoidalPositions(name="positions")(x)
    if dropout:
        x = keras.layers.Dropout(dropout, name="dropout")(x)
    for number in range(1, depth + 1):
        block = TransformerBlock(num_heads, dropout=dropout, name=f"block_{number}")
        x = block(x, key_mask=mask)
    x = norm(epsilon=NORM_EPSILON, name="norm")(x)
    if pooling == "average":
        x = MaskedAverage(name="average")(x, mask=mask)
    return keras.Model(ids, x, name=name)
