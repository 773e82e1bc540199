"""Samples of any kind to floats in [-1, 1]."""

import keras
from keras import ops

from mmkeras import _checks

# int16's own full scale; a power of 2, so that nothing is rounded.
_INT16_SCALE = 32768.0


@keras.saving.register_keras_serializable("mmkeras")
class Waveform(keras.layers.Layer):
    """int16 samples to floats in [-1, 1]; what is not finite becomes silence.

    `y = gain x / 32768` for int16 and `y = gain x / full_scale` for floats, in
    float32 whatever the dtype policy: float16 would quantise sound to noise. Use
    it as a model's first layer. One NaN or infinite sample would make all of a
    clip's spectrum NaN, and by the gradient all weights; here it is 0, and its
    neighbours stay.

    Args:
        gain: a factor, not decibels.
        full_scale: the float that becomes 1, before the gain. 32768.0 for samples
            of 16-bit range that were made floats on the way, as augmentations do.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        Any, usually `(batch, samples)`; int16, or floats.

    Output shape:
        That of the input, float32; in [-1, 1] for int16 and a gain of 1.

    Raises:
        ValueError: for a gain or full scale that is not above 0.
        TypeError: for one that is no number, or integers other than int16.

    Example:
        >>> Waveform()(np.array([[-32768, 0, 16384]], "int16")).numpy().tolist()
        [[-1.0, 0.0, 0.5]]
    """

    def __init__(self, gain=1.0, full_scale=1.0, **kwargs):
        super().__init__(**kwargs)
        # The input is not cast down.
        self.autocast = False
        _checks.check_positive("Waveform", "gain", gain)
        _checks.check_positive("Waveform", "full_scale", full_scale)
        self.gain = gain
        self.full_scale = full_scale

    def call(self, inputs):
        scale = _full_scale(inputs.dtype, self.full_scale)
        wave = ops.cast(inputs, "float32")
        if scale != 1:
            wave = wave / scale
        if self.gain != 1:
            wave = wave * self.gain
        return ops.where(ops.isfinite(wave), wave, 0.0)

    def compute_output_spec(self, inputs):
        _full_scale(inputs.dtype, self.full_scale)
        return keras.KerasTensor(inputs.shape, dtype="float32")


def _full_scale(dtype, of_floats):
    dtype = keras.backend.standardize_dtype(dtype)
    if "float" in dtype:
        return of_floats
    if dtype != "int16":
        raise _checks.bad_type(
            "Waveform",
            "inputs",
            "int16 samples, or floats",
            dtype,
            "Cast them; 32-bit samples are divided by 65536 first.",
        )
    return _INT16_SCALE
