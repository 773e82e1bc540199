"""Fusion by a full bilinear form."""

import keras
from keras import ops

from mmkeras.fusion._products import ProductFusion, outer


@keras.saving.register_keras_serializable("mmkeras")
class MultiplicativeInteractions(ProductFusion):
    """A dense layer whose weights are a function of the other modality.

    Of two: `y = x^T W z + U x + V z + b`, with a weight for every pair of entries
    and every output. Of more, in sorted order of their names: `h_1 = x_1`, `h_k` is
    that form of `h_{k-1}` and `x_k`, `y` the last one; of one, `y = U x + b`. An
    absent embedding is 0: its pairs vanish, the linear terms of the others stay.
    `W` has `width * width * units` weights: project wide embeddings first.

    Args:
        units: width of the output, and of each `h_k`.
        project_dim: width that a dense layer projects each embedding to first;
            `None` to take them as they are.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, dim)` floats; widths may differ. Beside it, by keyword:
        `present`, a dict of `(batch,)` bools; who is not in it is there, and a row
        with none counts all.

    Output shape:
        `(batch, units)`.

    Raises:
        ValueError: for an argument out of its range, or an embedding that is not
            `(batch, dim)`.
        TypeError: for an argument of another type.

    Example:
        >>> x = {"a": np.zeros((2, 30)), "b": np.zeros((2, 40))}
        >>> MultiplicativeInteractions(units=8)(x).shape
        TensorShape([2, 8])

    Reference:
        Jayakumar et al., "Multiplicative Interactions and Where to Find Them",
        2020, ICLR.
    """

    def __init__(self, units=64, project_dim=None, **kwargs):
        super().__init__(project_dim, **kwargs)
        self.check_sizes(units=units)
        self.units = units

    def build(self, input_shape):
        super().build(input_shape)
        self.linear, self.bilinear = [], []
        width, *others = self.widths
        if not others:
            self.linear.append(self._dense("linear", width, 1))
        for name, other in zip(self.names[1:], others, strict=True):
            # Half the variance from the pairs, half from the linear terms.
            self.linear.append(self._dense(f"linear_{name}", width + other, 1 / 2))
            self.bilinear.append(
                self._dense(f"bilinear_{name}", width * other, 1 / 2, use_bias=False)
            )
            width = self.units

    def _dense(self, name, width, variance, use_bias=True):
        layer = keras.layers.Dense(
            self.units,
            use_bias=use_bias,
            kernel_initializer=keras.initializers.VarianceScaling(variance),
            dtype=self.dtype_policy,
            name=name,
        )
        layer.build((None, width))
        return layer

    def call(self, inputs, present=None):
        (x, *others), _ = self.counted(inputs, present)
        if not others:
            return self.linear[0](x)
        for linear, bilinear, z in zip(self.linear, self.bilinear, others, strict=True):
            x = bilinear(outer(x, z)) + linear(ops.concatenate([x, z], axis=-1))
        return x
