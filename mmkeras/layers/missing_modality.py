"""A learned stand-in for the embedding of an absent modality."""

import keras
from keras import ops

from mmkeras import _checks

_PARTS = ("embedding", "present")


@keras.saving.register_keras_serializable("mmkeras")
class MissingModality(keras.layers.Layer):
    """Puts a learned embedding where a row lacks the modality.

    `y[i] = x[i]` where row `i` has the modality, else one learned vector `v` that
    all such rows share: the same in training, evaluation and serving. Absence is
    a fact of each row, never of the batch.

    Args:
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict: `embedding` is `(batch, dim)` or `(batch, tokens, dim)`, floats;
        `present` is `(batch,)`, bool.

    Output shape:
        That of `embedding`.

    Raises:
        ValueError: for other inputs, or an embedding of unknown shape.

    Example:
        >>> layer = MissingModality()
        >>> x = {"embedding": np.ones((2, 3)), "present": np.array([True, False])}
        >>> layer(x).numpy()[0].tolist()
        [1.0, 1.0, 1.0]

    Reference:
        Ma et al., "SMIL: Multimodal Learning with Severely Missing Modality",
        2021, for the problem; a learned constant is its simplest remedy.
    """

    def build(self, input_shape):
        if not isinstance(input_shape, dict) or set(input_shape) != set(_PARTS):
            raise _checks.bad_value(
                "MissingModality",
                "inputs",
                "a dict of `embedding` and `present`",
                list(input_shape),
                "Pass `{'embedding': x, 'present': present}`.",
            )
        shape = tuple(input_shape["embedding"])[1:]
        if not shape or None in shape:
            raise _checks.bad_value(
                "MissingModality",
                "embedding shape",
                "known but for the batch",
                tuple(input_shape["embedding"]),
                "Give the encoder's input a static shape, or pool its tokens.",
            )
        self.missing = self.add_weight(
            shape=shape, initializer="random_normal", name="missing"
        )
        self.built = True

    def call(self, inputs):
        embedding = inputs["embedding"]
        present = ops.reshape(
            ops.cast(inputs["present"], "bool"),
            (-1,) + (1,) * (len(embedding.shape) - 1),
        )
        missing = ops.cast(self.missing, embedding.dtype)
        return ops.where(present, embedding, missing)

    def compute_mask(self, inputs, previous_mask):
        """None: a stand-in has no padding, and masks are handed on explicitly."""
        return None

    def compute_output_shape(self, input_shape):
        return tuple(input_shape["embedding"])
