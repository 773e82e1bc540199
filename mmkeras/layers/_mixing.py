"""What the layers that mix examples share: partners, shares and their use."""

import math

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._augmentation import check_seed
from mmkeras.layers._random import uniform

# Pixels and samples. Wider integers are ids, of which there is no mean.
NARROW = ("int8", "uint8", "int16", "uint16")


class Mixing(keras.layers.Layer):
    """Mixes examples of the batch, each with its partner; identity outside training.

    `draw` gives who is mixed with whom and how much; `mix` does it to one tensor.
    Both are for use outside of `call` too, where the inputs and the labels of a
    batch are in several places.

    Args:
        alpha: of the Beta(alpha, alpha) that an example's own share is drawn from.
        keep_main: whether the larger share is always the example's own.
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.
    """

    #: Whether `draw` gives a `box` too.
    draws_boxes = False

    def __init__(self, alpha, keep_main, seed, **kwargs):
        super().__init__(**kwargs)
        self.autocast = False
        owner = type(self).__name__
        _checks.check_positive(owner, "alpha", alpha)
        if not isinstance(keep_main, bool):
            raise _checks.bad_type(owner, "keep_main", "True or False", keep_main)
        check_seed(owner, seed)
        self.alpha = alpha
        self.keep_main = keep_main
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        if not isinstance(input_shape, dict) or not input_shape:
            raise _checks.bad_type(
                type(self).__name__,
                "inputs",
                "a dict of tensors by name",
                input_shape,
                "Pass for example `{'image': images, 'label': one_hot_labels}`.",
            )
        self.built = True

    def draw(self, inputs):
        """Random numbers for a batch.

        Args:
            inputs: a tensor of the batch, or a dict of them.

        Returns:
            A dict: `partner`, `(batch,)` int32, a permutation of the rows; `share`,
            `(batch,)` float32, an example's own.
        """
        size = ops.shape(keras.tree.flatten(inputs)[0])[0]
        drawn = uniform((size, 3), self.seed_generator)
        share = symmetric_beta(drawn[:, 1], drawn[:, 2], self.alpha)
        if self.keep_main:
            share = ops.maximum(share, 1 - share)
        # Sorting compiles under XLA on every backend.
        partner = ops.cast(ops.argsort(drawn[:, 0]), "int32")
        return {"partner": partner, "share": share}

    def mix(self, values, drawn):
        """One tensor of the batch, mixed.

        Args:
            values: `(batch, ...)`; floats, whose dtype stays, or integers of 8 or
                16 bits, which become float32 of the same range.
            drawn: what `draw` gave.

        Returns:
            The shape of the values.
        """
        values = ops.convert_to_tensor(values)
        dtype = self._output_dtype(values.dtype)
        partners = ops.cast(ops.take(values, drawn["partner"], axis=0), "float32")
        mixed = self._mixed(ops.cast(values, "float32"), partners, drawn)
        return ops.cast(mixed, dtype)

    def unmixed(self, values):
        """The values in the dtype that `mix` gives them."""
        return ops.cast(values, self._output_dtype(values.dtype))

    def call(self, inputs, training=None):
        if not training:
            return {name: self.unmixed(values) for name, values in inputs.items()}
        drawn = self.draw(inputs)
        return {name: self.mix(values, drawn) for name, values in inputs.items()}

    def compute_output_spec(self, inputs, training=None):
        return {
            name: keras.KerasTensor(values.shape, self._output_dtype(values.dtype))
            for name, values in inputs.items()
        }

    def _mixed(self, values, partners, drawn):
        share = ops.convert_to_tensor(drawn["share"], "float32")
        share = ops.reshape(share, (-1,) + (1,) * (len(values.shape) - 1))
        return share * values + (1 - share) * partners

    def _output_dtype(self, dtype):
        dtype = keras.backend.standardize_dtype(dtype)
        if "float" in dtype:
            return dtype
        if dtype in NARROW:
            return "float32"
        raise _checks.bad_type(
            type(self).__name__,
            "inputs",
            "floats, or integers of 8 or 16 bits",
            dtype,
            "There is no mean of two ids: give labels as one-hot floats, and token "
            "ids to an embedding first.",
        )


def symmetric_beta(radius, angle, alpha):
    """Beta(alpha, alpha) of two uniform numbers, exactly: nothing is rejected.

    `t = sqrt(2 a (u^(-1/a) - 1)) cos(2 pi v)` has Student's distribution of `2 a`
    degrees of freedom (Bailey, 1994), and `(1 + t / sqrt(2 a + t^2)) / 2` is then
    Beta(a, a) (Devroye, 1996). Keras's `random.beta` draws gammas, which do not
    compile under XLA.
    """
    power = radius ** (1 / alpha)  # 0 at worst, where its inverse is infinite.
    cosine = ops.cos(2 * math.pi * angle)
    rest = 1 - power
    length = ops.sqrt(power + rest * cosine**2)
    tiny = 1e-30  # A cosine of 0 beside a power of 0 is no number otherwise.
    share = 0.5 + 0.5 * cosine * ops.sqrt(rest) / ops.maximum(length, tiny)
    return ops.clip(share, 0, 1)  # Of float32, one in some may be 1 + 1e-7.
