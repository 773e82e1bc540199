"""White noise of a drawn loudness, below each clip."""

import math

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._augmentation import Augmentation


@keras.saving.register_keras_serializable("mmkeras")
class RandomNoise(Augmentation):
    """Adds white Gaussian noise in training, at a drawn signal-to-noise ratio.

    `y = x + e sqrt(mean(x^2)) 10^(-r / 20)`, with `e` standard normal and `r` drawn
    evenly from `snr_db`: the ratio is to each clip's own mean power, zeros at its
    end included, so the noise is as loud for int16 as for floats, and silence stays
    silence. For recordings that will be noisier than those trained on.

    Args:
        snr_db: lowest and highest ratio in decibels; 0 is as loud as the clip.
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, samples)`, int16 or floats of any range.

    Output shape:
        That of the input; float32 for int16, of the same scale, else its dtype.

    Raises:
        ValueError: for ratios that are not two ascending numbers, or an input that
            is not `(batch, samples)`.
        TypeError: for an argument of another type.

    Example:
        >>> tone = np.sin(np.arange(8000.0))[None]
        >>> noise = RandomNoise(snr_db=(20, 20))(tone, training=True) - tone
        >>> print(f"{np.mean(tone**2) / np.mean(noise**2):.0e}")
        1e+02
    """

    def __init__(self, snr_db=(10.0, 40.0), seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        if not isinstance(snr_db, list | tuple):
            raise _checks.bad_type(
                "RandomNoise", "snr_db", "a pair (lowest, highest)", snr_db
            )
        numbers = [x for x in snr_db if isinstance(x, int | float)]
        if (
            len(numbers) != 2
            or len(snr_db) != 2
            or not all(map(math.isfinite, numbers))
            or numbers[0] > numbers[1]
        ):
            raise _checks.bad_value(
                "RandomNoise",
                "snr_db",
                "two numbers of decibels, the lower one first",
                snr_db,
                "Pass for example (10, 40).",
            )
        self.snr_db = snr_db

    def build(self, input_shape):
        self._check_rank(input_shape, 2, "(batch, samples)")
        self.built = True

    def draw(self, inputs):
        """`snr_db`, `(batch,)`, and `noise`, standard normal `(batch, samples)`."""
        batch, samples = ops.shape(inputs)
        # Odd multiples of 2^-23 between -1 and 1: neither end, where it is infinite.
        even = 2.0 * self._uniform((batch, samples)) - (1.0 - 2.0**-23)
        # Faster under XLA than Box and Muller's: 250 against 810 us a clip of 1 s.
        noise = math.sqrt(2.0) * ops.erfinv(even)
        return {"snr_db": self._uniform((batch,), *self.snr_db), "noise": noise}

    def apply(self, inputs, drawn):
        """Add the noise, scaled to the clip and the ratio."""
        power = ops.mean(ops.square(inputs), axis=1, keepdims=True)
        # A root's derivative at 0 is infinite: silence would give NaN.
        level = ops.where(power > 0, ops.sqrt(ops.where(power > 0, power, 1.0)), 0.0)
        factor = ops.power(10.0, -drawn["snr_db"] / 20.0)[:, None]
        return inputs + drawn["noise"] * (level * factor)
