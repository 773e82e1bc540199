"""A Transformer over the patches of a spectrogram."""

import keras

from mmkeras.encoders._grid import spectrogram_grid
from mmkeras.encoders._patches import patch_tokens, transformer


def audio_transformer(
    patch_size=(16, 16),
    stride=None,
    dim=64,
    depth=4,
    num_heads=4,
    dropout=0.1,
    pooling="average",
    name="audio_transformer",
):
    """An audio spectrogram Transformer; the average of its tokens, or the tokens.

    `image_vit` over time and frequency: a dense layer makes a token of each patch,
    a learned vector says where it was, then come `depth` Transformer blocks
    (`layers.TransformerBlock`) and a layer normalisation. Learned from scratch it
    needs more rows than `audio_cnn` or `audio_crnn`. It is the choice where a
    fusion reads tokens.

    Args:
        patch_size: `(frames, bins)` of a patch, or one number for both. What is
            left at the end and in the highest bins is not seen.
        stride: `(frames, bins)` from one patch to the next, or one number for both;
            that of the patches if `None`. A smaller one makes them overlap, as
            `(10, 10)` in the reference.
        dim: width of a token, a multiple of `num_heads`.
        depth: Transformer blocks.
        num_heads: attention heads of each block.
        dropout: fraction dropped in training, of the tokens and in each block.
        pooling: `"average"` over the tokens, or `"none"` to give them all.
        name: of the model.

    Returns:
        A `keras.Sequential`.

    Input shape:
        `(batch, frames, bins)`, floats in [-1, 1]: a log-mel spectrogram of a known
        length, at least one patch.

    Output shape:
        `(batch, dim)`, or `(batch, tokens, dim)` for `"none"`: frame after frame of
        the patches' bins.

    Raises:
        ValueError: for an argument out of its range.
        TypeError: for an argument of another type.

    Example:
        >>> audio_transformer(dim=16, depth=1)(np.zeros((2, 48, 64))).shape
        TensorShape([2, 16])
        >>> encoder = audio_transformer(dim=16, depth=1, pooling="none")
        >>> encoder(np.zeros((2, 48, 64))).shape
        TensorShape([2, 12, 16])

    Reference:
        Gong, Chung and Glass, 2021, arXiv:2104.01778; here without its class token.
    """
    layers = [spectrogram_grid()]
    layers += patch_tokens("audio_transformer", dim, patch_size, stride)
    layers += transformer("audio_transformer", dim, depth, num_heads, dropout, pooling)
    return keras.Sequential(layers, name=name)
