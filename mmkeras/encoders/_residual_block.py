"""Two convolutions and a way around them."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("mmkeras")
class ResidualBlock(keras.layers.Layer):
    """A basic block: `y = relu(F(x) + s(x))`.

    `F` is `Conv2D -> BatchNormalization -> ReLU -> Conv2D -> BatchNormalization`,
    3 x 3 both, the first of the given strides. `s` is `x` itself, or where the size
    or the channels change a 1 x 1 convolution of the same strides, normalised.
    """

    def __init__(self, filters, strides=1, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.strides = strides

    def build(self, input_shape):
        self.residual = [
            self._convolution("conv_1", 3, self.strides),
            self._normalization("norm_1"),
            keras.layers.ReLU(dtype=self.dtype_policy, name="relu"),
            self._convolution("conv_2", 3, 1),
            self._normalization("norm_2"),
        ]
        self.shortcut = []
        if self.strides > 1 or input_shape[-1] != self.filters:
            self.shortcut = [
                self._convolution("conv_shortcut", 1, self.strides),
                self._normalization("norm_shortcut"),
            ]
        for path in (self.residual, self.shortcut):
            shape = input_shape
            for layer in path:
                layer.build(shape)
                shape = layer.compute_output_shape(shape)
        self.built = True

    def call(self, inputs, training=None):
        x, around = inputs, inputs
        for layer in self.residual:
            x = layer(x)  # Keras hands `training` on by itself.
        for layer in self.shortcut:
            around = layer(around)
        return ops.relu(x + around)

    def compute_output_shape(self, input_shape):
        batch, *size, _ = input_shape
        # As padding="same" counts: what is left over is a position of its own.
        size = [None if n is None else -(-n // self.strides) for n in size]
        return (batch, *size, self.filters)

    def _convolution(self, name, kernel_size, strides):
        return keras.layers.Conv2D(
            self.filters,
            kernel_size,
            strides,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            dtype=self.dtype_policy,
            name=name,
        )

    def _normalization(self, name):
        return keras.layers.BatchNormalization(dtype=self.dtype_policy, name=name)
