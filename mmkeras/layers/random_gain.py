"""Another loudness for each clip."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._augmentation import Augmentation


@keras.saving.register_keras_serializable("mmkeras")
class RandomGain(Augmentation):
    """Makes each clip louder or softer in training: `y = x 10^(g / 20)`.

    `g` is drawn evenly from `-decibels` to `decibels`. For recordings of unequal
    distance. Log-mel frames relative to the clip's own peak (`LogMel` with
    `ref="max"`, as `Audio` makes them) do not see it; ones with a fixed reference
    do. Nothing is clipped, so int16 may leave its range as floats.

    Args:
        decibels: the largest change, up or down.
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, samples)`, int16 or floats of any range.

    Output shape:
        That of the input; float32 for int16, of the same scale, else its dtype.

    Raises:
        ValueError: for `decibels` that are not above 0, or an input that is not
            `(batch, samples)`.
        TypeError: for an argument of another type.

    Example:
        >>> loud = RandomGain(decibels=6.0)(np.ones((2, 800)), training=True)
        >>> bool((loud.numpy() <= 2.0).all())
        True
    """

    def __init__(self, decibels=6.0, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        _checks.check_positive("RandomGain", "decibels", decibels)
        self.decibels = decibels

    def build(self, input_shape):
        self._check_rank(input_shape, 2, "(batch, samples)")
        self.built = True

    def draw(self, inputs):
        """The gain of each clip in decibels, `(batch,)`."""
        batch = ops.shape(inputs)[0]
        return {"gain": self._uniform((batch,), -self.decibels, self.decibels)}

    def apply(self, inputs, drawn):
        """Multiply by the factor that the gain stands for."""
        return inputs * ops.power(10.0, drawn["gain"] / 20.0)[:, None]
