"""Tokens that become unknown in training."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._augmentation import Augmentation


@keras.saving.register_keras_serializable("mmkeras")
class TokenDropout(Augmentation):
    """Replaces each token, with probability `rate`, by the unknown one in training.

    So that no single word decides, and that the unknown token's embedding is
    learned: in the split that the vocabulary is from, every frequent token is
    known. Tokens keep their places, and padding (id 0) stays.

    Args:
        rate: probability of each token, in [0, 1).
        token_id: what a dropped token becomes; `Text`'s unknown token.
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, tokens)`, integer ids; 0 is padding.

    Output shape:
        That of the input, in its dtype.

    Raises:
        ValueError: for an argument out of its range, or an input that is not
            `(batch, tokens)`.
        TypeError: for an argument of another type.

    Example:
        >>> drop = np.array([[True, False, True]])
        >>> TokenDropout().apply(np.array([[7, 8, 0]]), {"drop": drop}).numpy().tolist()
        [[1, 8, 0]]

    Reference:
        Iyyer et al., "Deep Unordered Composition Rivals Syntactic Methods for Text
        Classification", 2015, ACL (word dropout; they leave the word out).
    """

    moves_values = True

    def __init__(self, rate=0.1, token_id=1, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        _checks.check_fraction("TokenDropout", "rate", rate)
        # A token cannot become padding: 0 is refused.
        _checks.check_positive_int("TokenDropout", "token_id", token_id)
        self.rate = rate
        self.token_id = token_id

    def build(self, input_shape):
        self._check_rank(input_shape, 2, "(batch, tokens)")
        self.built = True

    def draw(self, inputs):
        """Which places lose their token, bool `(batch, tokens)`."""
        return {"drop": self._uniform(ops.shape(inputs)) < self.rate}

    def apply(self, inputs, drawn):
        """Replace what is dropped and is no padding."""
        drop = ops.logical_and(drawn["drop"], ops.not_equal(inputs, 0))
        return ops.where(drop, ops.cast(self.token_id, inputs.dtype), inputs)
