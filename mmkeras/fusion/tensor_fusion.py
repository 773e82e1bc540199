"""Fusion by the outer product of all embeddings."""

import functools
import math

import keras

from mmkeras import _checks
from mmkeras.fusion._products import ProductFusion, outer

# A dense layer of 64 units on it has 64 million weights, 256 MB.
LARGEST_OUTPUT = 1_000_000


@keras.saving.register_keras_serializable("mmkeras")
class TensorFusion(ProductFusion):
    """Every product of entries across modalities: `y = [x_a; 1] o [x_b; 1] o ...`.

    `o` is the outer product, flattened. The 1s keep the embeddings themselves and
    the products of fewer modalities in it, beside those of all. An absent embedding
    is 0, its 1 stays: what is left is the tensor of the others. Use it for two or
    three narrow embeddings; the size grows as a power of their number.

    Args:
        project_dim: width that a dense layer projects each embedding to first;
            `None` to take them as they are.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, dim)` floats; widths may differ. Beside it, by keyword:
        `present`, a dict of `(batch,)` bools; who is not in it is there, and a row
        with none counts all.

    Output shape:
        `(batch, product of (width + 1))`, at most 1,000,000 wide; the last
        embedding by name runs fastest.

    Raises:
        ValueError: if an embedding is not `(batch, dim)`, or the output would be
            too wide.

    Example:
        >>> x = {"a": np.array([[2.0, 3.0]]), "b": np.array([[5.0]])}
        >>> TensorFusion()(x).numpy().tolist()
        [[10.0, 2.0, 15.0, 3.0, 5.0, 1.0]]

    Reference:
        Zadeh et al., "Tensor Fusion Network for Multimodal Sentiment Analysis",
        2017, arXiv:1707.07250.
    """

    def build(self, input_shape):
        super().build(input_shape)
        size = math.prod(width + 1 for width in self.widths)
        if size > LARGEST_OUTPUT:
            count = len(self.names)
            side = round(LARGEST_OUTPUT ** (1 / count))
            narrow = side - (2 if side**count > LARGEST_OUTPUT else 1)
            raise _checks.bad_value(
                "TensorFusion",
                "inputs",
                f"narrow enough for an output of {LARGEST_OUTPUT:,} numbers a row, "
                f"not {size:,}",
                dict(zip(self.names, self.widths, strict=True)),
                f"Pass project_dim={narrow} or less, or use `LowRankTensorFusion`."
                if narrow > 0
                else "Use `LowRankTensorFusion`.",
            )

    def call(self, inputs, present=None):
        return functools.reduce(outer, self.with_ones(inputs, present))
