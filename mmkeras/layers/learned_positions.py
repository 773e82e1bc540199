"""Where a token stands, learned."""

import keras

from mmkeras import _checks

# That of the published Transformers: small beside what the tokens say.
INITIAL_DEVIATION = 0.02


@keras.saving.register_keras_serializable("mmkeras")
class LearnedPositions(keras.layers.Layer):
    """Adds a learned vector to the token at each position: `y_t = x_t + p_t`.

    Attention does not see the order of its tokens; this tells it. For sequences of
    one fixed length, as the patches of a picture: there is a vector for each
    position that the layer was built on, and none for any other.

    Args:
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, tokens, dim)` floats, `tokens` known and always the same.

    Output shape:
        That of the input.

    Raises:
        ValueError: if the number of tokens or their width is not known.

    Example:
        >>> layer = LearnedPositions()
        >>> layer(np.zeros((2, 5, 8))).shape
        TensorShape([2, 5, 8])
        >>> tuple(layer.positions.shape)
        (5, 8)

    Reference:
        Gehring et al., 2017, arXiv:1705.03122; Dosovitskiy et al., 2021,
        arXiv:2010.11929 (of patches).
    """

    def build(self, input_shape):
        if len(input_shape) != 3 or not all(input_shape[1:]):
            raise _checks.bad_value(
                "LearnedPositions",
                "input shape",
                "(batch, tokens, dim), both known and above 0",
                tuple(input_shape),
                "Give the model's input a fixed size: it has a vector each position.",
            )
        _, tokens, dim = input_shape
        self.positions = self.add_weight(
            shape=(tokens, dim),
            initializer=keras.initializers.TruncatedNormal(stddev=INITIAL_DEVIATION),
            name="positions",
        )
        # One token would be repeated to any number, in silence.
        self.input_spec = keras.InputSpec(ndim=3, axes={1: tokens, 2: dim})
        self.built = True

    def call(self, inputs):
        return inputs + self.positions

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)
