"""Convolutions over a picture."""

import keras

from mmkeras.encoders._grid import convolution_stages, pooled_cells


def image_cnn(
    filters=(32, 64, 128),
    kernel_size=3,
    pooling="flatten",
    units=64,
    batch_norm=False,
    dropout=0.0,
    name="image_cnn",
):
    """A stack of convolutions, each halving the picture; then one vector, or tokens.

    For pictures up to about 128 pixels a side that are learned from scratch. Each
    stage is `Conv2D -> (BatchNormalization) -> ReLU -> MaxPooling2D(2)`; what is
    left is pooled or flattened, and goes through `Dropout` and a dense layer.

    Args:
        filters: convolution filters of each stage.
        kernel_size: of the convolutions, in pixels.
        pooling: `"flatten"` keeps where things are; `"average"` or `"max"` over
            all positions forget it, and need far fewer weights for large pictures;
            `"none"` gives each position of the last grid as a token.
        units: of the last, dense layer, on the vector or on each token; 0 for none
            (then `dim` is `filters[-1]`, or what flattening gives).
        batch_norm: whether to normalise over the batch. Inference stays
            independent of the batch.
        dropout: fraction of the pooled features dropped in training.
        name: of the model.

    Returns:
        A `keras.Sequential`.

    Input shape:
        `(batch, height, width, channels)`, floats in [0, 1]; height and width at
        least `2 ** len(filters)`.

    Output shape:
        `(batch, dim)`, or `(batch, tokens, dim)` for `"none"`: row after row of
        `height // 2 ** len(filters)` by `width // 2 ** len(filters)` positions.

    Raises:
        ValueError: for an argument out of its range.
        TypeError: for an argument of another type.

    Example:
        >>> image_cnn(filters=(8, 16), units=32)(np.zeros((2, 32, 32, 3))).shape
        TensorShape([2, 32])
        >>> image_cnn(filters=(8, 16), pooling="none")(np.zeros((2, 32, 32, 3))).shape
        TensorShape([2, 64, 64])

    Reference:
        LeCun et al., 1998, Proc. IEEE 86(11); Simonyan and Zisserman, 2014,
        arXiv:1409.1556 (small kernels).
    """
    layers = convolution_stages("image_cnn", filters, kernel_size, batch_norm)
    layers += pooled_cells("image_cnn", pooling, filters[-1], units, dropout)
    return keras.Sequential(layers, name=name)
