"""What every augmentation shares: identity outside training, draws apart from use."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._random import uniform


class Augmentation(keras.layers.Layer):
    """Identity unless `training`; else `apply(inputs, draw(inputs))`.

    A subclass gives `draw`, all of its random numbers with a row for each example,
    and `apply`, which has none: so that what it computes can be compared with other
    libraries, and gives the same numbers on every backend.

    Integers become float32 (of the same range: 0..255 stays 0..255) unless the
    subclass only moves values; floats keep their dtype and are computed in float32,
    whatever the dtype policy is.

    Args:
        seed: of the random numbers; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.
    """

    #: Whether values are moved or replaced but not computed: any dtype is kept.
    moves_values = False
    #: Whether it takes what preprocessing gives (a spectrogram), not raw values.
    after_preprocessing = False
    #: Whether pixels change their place: boxes in the picture would not follow.
    moves_pixels = True

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        # Pixels and samples are not cast down by a mixed policy.
        self.autocast = False
        check_seed(type(self).__name__, seed)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def draw(self, inputs):
        """Random numbers by name, each `(batch, ...)`."""
        raise NotImplementedError

    def apply(self, inputs, drawn):
        """What the layer does with the numbers drawn; shape and dtype stay."""
        raise NotImplementedError

    def call(self, inputs, training=None):
        dtype = self._output_dtype(inputs.dtype)
        if not training:
            return ops.cast(inputs, dtype)
        values = inputs if self.moves_values else ops.cast(inputs, "float32")
        return ops.cast(self.apply(values, self.draw(values)), dtype)

    def compute_output_spec(self, inputs, training=None):
        return keras.KerasTensor(inputs.shape, self._output_dtype(inputs.dtype))

    def _output_dtype(self, dtype):
        dtype = keras.backend.standardize_dtype(dtype)
        return dtype if self.moves_values or "float" in dtype else "float32"

    def _uniform(self, shape, low=0.0, high=1.0):
        """float32 in [low, high), from this layer's own generator."""
        return low + (high - low) * uniform(shape, self.seed_generator)

    def _check_rank(self, shape, rank, expected):
        if len(shape) != rank:
            raise _checks.bad_value(
                type(self).__name__, "input shape", expected, tuple(shape)
            )


def check_seed(owner, seed):
    """Raise unless `seed` is a whole number, or `None`."""
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise _checks.bad_type(owner, "seed", "a whole number or None", seed)
