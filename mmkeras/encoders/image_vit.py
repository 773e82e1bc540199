"""A Transformer over the patches of a picture."""

import keras

from mmkeras.encoders._patches import patch_tokens, transformer


def image_vit(
    patch_size=8,
    dim=64,
    depth=4,
    num_heads=4,
    dropout=0.1,
    pooling="average",
    name="image_vit",
):
    """A vision Transformer; the average of its tokens, or the tokens.

    A dense layer makes a token of each patch, a learned vector says where it was,
    then come `depth` Transformer blocks (`layers.TransformerBlock`) and a layer
    normalisation. It knows nothing of pictures beforehand: learned from scratch it
    needs more rows than `image_cnn`. It is the choice where a fusion reads tokens.

    Args:
        patch_size: side of a patch in pixels, or `(height, width)`. What is left
            at the right and the lower edge is not seen: take a divisor of the
            picture's sides.
        dim: width of a token, a multiple of `num_heads`.
        depth: Transformer blocks.
        num_heads: attention heads of each block.
        dropout: fraction dropped in training, of the tokens and in each block.
        pooling: `"average"` over the tokens, or `"none"` to give them all.
        name: of the model.

    Returns:
        A `keras.Sequential`.

    Input shape:
        `(batch, height, width, channels)`, floats in [0, 1], of a known size; at
        least one patch.

    Output shape:
        `(batch, dim)`, or `(batch, tokens, dim)` for `"none"`: row after row of
        `height // patch_size` by `width // patch_size` patches.

    Raises:
        ValueError: for an argument out of its range.
        TypeError: for an argument of another type.

    Example:
        >>> image_vit(dim=16, depth=1)(np.zeros((2, 32, 32, 3))).shape
        TensorShape([2, 16])
        >>> image_vit(dim=16, depth=1, pooling="none")(np.zeros((2, 32, 32, 3))).shape
        TensorShape([2, 16, 16])

    Reference:
        Dosovitskiy et al., 2021, arXiv:2010.11929; Beyer, Zhai and Kolesnikov,
        2022, arXiv:2205.01580 (an average instead of a class token).
    """
    layers = patch_tokens("image_vit", dim, patch_size)
    layers += transformer("image_vit", dim, depth, num_heads, dropout, pooling)
    return keras.Sequential(layers, name=name)
