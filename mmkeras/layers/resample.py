"""A change of sample rate on the device."""

import math

import keras
import numpy as np
from keras import ops

from mmkeras import _checks

# In units of the lower of the two Nyquist frequencies: flat below, gone above. soxr's
# "HQ" is flat to 0.913.
_PASS_EDGE = 0.9
_STOP_EDGE = 1.0
# Both ripples; below the last bit of 16-bit sound (-96 dB).
_ATTENUATION = 120.0
# Kaiser's formulae for a window of that attenuation: its shape, and its length in
# samples at the lower rate on either side.
_SHAPE = 0.1102 * (_ATTENUATION - 8.7)
_HALF_LENGTH = (_ATTENUATION - 7.95) / 2.285 / (math.pi * (_STOP_EDGE - _PASS_EDGE)) / 2
# float32 numbers: 16 MiB. Rates without a common divisor need one filter a sample.
_LARGEST_BANK = 2**22


@keras.saving.register_keras_serializable("mmkeras")
class Resample(keras.layers.Layer):
    """Samples at one rate to samples at another, without a delay.

    `y[k] = sum_n x[n] h(k from_rate / to_rate - n)`, where `h` is a sinc with a
    Kaiser window: what lies below 0.9 of the lower Nyquist frequency is kept, what
    lies above it is gone (-120 dB by design). The filters of all phases are made
    when the layer is built, and applied by one convolution over blocks of samples.
    Before and after the clip counts as silence. Away from the ends it agrees with
    soxr's "HQ" to 1e-4 of full scale. In float32 whatever the dtype policy. Use it
    where a model must take sound at a rate of its own; `Audio` resamples on the
    host already.

    Args:
        from_rate: of the input, in Hz.
        to_rate: of the output, in Hz.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, samples)`, int16 or floats of any range.

    Output shape:
        `(batch, ceil(samples * to_rate / from_rate))`, float32 of the same range;
        near steps the filter overshoots it.

    Raises:
        ValueError: for rates with too small a common divisor, or an input that is
            not `(batch, samples)`.
        TypeError: for a rate that is no whole number.

    Example:
        >>> Resample(44_100, 16_000)(np.zeros((2, 44_100), "float32")).shape
        TensorShape([2, 16000])

    Reference:
        Kaiser, 1974, IEEE ISCAS (the window); Crochiere and Rabiner, 1981,
        Proceedings of the IEEE 69(3) (polyphase filters).
    """

    def __init__(self, from_rate, to_rate, **kwargs):
        super().__init__(**kwargs)
        # Samples are not cast down.
        self.autocast = False
        _checks.check_positive_int("Resample", "from_rate", from_rate)
        _checks.check_positive_int("Resample", "to_rate", to_rate)
        self.from_rate = from_rate
        self.to_rate = to_rate
        divisor = math.gcd(from_rate, to_rate)
        # The output is `up` samples in the time of `down` samples of the input.
        self._up, self._down = to_rate // divisor, from_rate // divisor
        # Samples of the input on either side that an output depends on.
        self._reach = math.ceil(_HALF_LENGTH * max(1.0, from_rate / to_rate))
        # Blocks so long that none needs more than itself and the next.
        self._repeats = math.ceil(2 * self._reach / self._down)
        self._block = self._repeats * self._down
        if 2 * self._block * self._repeats * self._up > _LARGEST_BANK:
            raise _checks.bad_value(
                "Resample",
                "to_rate",
                f"in a simpler ratio to from_rate={from_rate}",
                to_rate,
                f"Their greatest common divisor is {divisor} Hz: take rates with a "
                "larger one, or resample on the host, as `Audio` does.",
            )

    def build(self, input_shape):
        if len(input_shape) != 2:
            raise _checks.bad_value(
                "Resample",
                "input shape",
                "(batch, samples)",
                tuple(input_shape),
                "Mix channels to mono first.",
            )
        # (2 * block, outputs): how far each sample is from each output.
        outputs = np.arange(self._repeats * self._up) * self._down / self._up
        samples = np.arange(2 * self._block) - self._reach
        distance = outputs[None, :] - samples[:, None]
        # Constants, not weights: they follow from the arguments.
        bank = _kernel(distance, min(1.0, self.to_rate / self.from_rate))
        self._bank = bank.astype("float32")[:, None]  # One channel.
        self.built = True

    def call(self, inputs):
        wave = ops.cast(inputs, "float32")
        if self._up == self._down:
            return wave
        samples = ops.shape(wave)[1]
        wanted = self._length(samples)
        per_block = self._repeats * self._up
        # One more, as none is no convolution.
        blocks = 1 + (wanted + per_block - 1) // per_block
        wave = ops.pad(wave, ((0, 0), (self._reach, 3 * self._block)))
        resampled = ops.conv(
            wave[:, : (blocks + 1) * self._block, None],
            ops.convert_to_tensor(self._bank),
            strides=self._block,
            padding="valid",
            data_format="channels_last",
        )  # (batch, blocks, outputs of a block)
        return ops.reshape(resampled, (-1, blocks * per_block))[:, :wanted]

    def _length(self, samples):
        """The ratio rounded up, in parts that int32 holds for hours of sound."""
        whole, rest = samples // self._down, samples % self._down
        return whole * self._up + (rest * self._up + self._down - 1) // self._down

    def compute_output_spec(self, inputs):
        batch, samples = inputs.shape
        length = None if samples is None else self._length(samples)
        return keras.KerasTensor((batch, length), dtype="float32")


def _kernel(distance, rate):
    """The filter at a distance in samples of the input; `rate` is 1 or below."""
    cutoff = (_PASS_EDGE + _STOP_EDGE) / 2 * rate
    inside = np.clip(1 - np.square(distance * rate / _HALF_LENGTH), 0, None)
    window = np.i0(_SHAPE * np.sqrt(inside)) / np.i0(_SHAPE) * (inside > 0)
    return cutoff * np.sinc(cutoff * distance) * window
