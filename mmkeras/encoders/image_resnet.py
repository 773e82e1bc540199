"""A small residual network over a picture."""

import keras

from mmkeras import _checks
from mmkeras.encoders._grid import convolution, pooled_cells
from mmkeras.encoders._residual_block import ResidualBlock


def image_resnet(
    filters=(32, 64, 128),
    blocks=2,
    pooling="average",
    units=0,
    dropout=0.0,
    name="image_resnet",
):
    """A residual network; its last grid as one vector, or as tokens.

    Deeper than `image_cnn`, for pictures up to about 128 pixels a side that are
    learned from scratch from some thousands of rows or more. A 3 x 3 convolution,
    then stages of basic blocks `y = relu(F(x) + s(x))` with batch normalisation;
    each stage but the first halves the picture. For ResNet-50 and other published
    networks, and for their weights, see `image_application`.

    Args:
        filters: convolution filters of each stage.
        blocks: residual blocks of each stage, of two convolutions each.
        pooling: `"average"` or `"max"` over all positions; `"flatten"` keeps where
            things are; `"none"` gives each position of the last grid as a token.
        units: of a last, dense layer, on the vector or on each token; 0 for none
            (then `dim` is `filters[-1]`, or what flattening gives).
        dropout: fraction of the pooled features dropped in training.
        name: of the model.

    Returns:
        A `keras.Sequential`.

    Input shape:
        `(batch, height, width, channels)`, floats in [0, 1].

    Output shape:
        `(batch, dim)`, or `(batch, tokens, dim)` for `"none"`: height by width,
        both halved `len(filters) - 1` times and rounded up.

    Raises:
        ValueError: for an argument out of its range.
        TypeError: for an argument of another type.

    Example:
        >>> image_resnet((8, 16), blocks=1)(np.zeros((2, 32, 32, 3))).shape
        TensorShape([2, 16])

    Reference:
        He et al., 2015, arXiv:1512.03385: its basic block, the shortcut projected
        where the size changes, and the small first convolution of its networks
        for CIFAR-10.
    """
    _checks.check_positive_ints("image_resnet", "filters", filters)
    _checks.check_positive_int("image_resnet", "blocks", blocks)
    layers = convolution(filters[0], kernel_size=3, batch_norm=True)
    for stage, number in enumerate(filters):
        for block in range(blocks):
            strides = 2 if stage and not block else 1
            layers.append(
                ResidualBlock(number, strides, name=f"stage_{stage}_block_{block}")
            )
    layers += pooled_cells("image_resnet", pooling, filters[-1], units, dropout)
    return keras.Sequential(layers, name=name)
