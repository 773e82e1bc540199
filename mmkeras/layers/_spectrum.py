"""Framing and the Fourier transform: what layers made of spectra share."""

import keras
import numpy as np
from keras import ops

from mmkeras import _checks


class Spectrum(keras.layers.Layer):
    """Clips to frames of a windowed Fourier transform, in float32 whatever the policy.

    A subclass names these arguments in its own signature and has the `call`.
    """

    def __init__(self, window_length, hop_length, fft_length, center, **kwargs):
        super().__init__(**kwargs)
        # The input is not cast down: float16 samples would be quantised to noise.
        self.autocast = False
        owner = type(self).__name__
        _checks.check_positive_int(owner, "window_length", window_length)
        _checks.check_positive_int(owner, "hop_length", hop_length)
        if fft_length is not None:
            _checks.check_positive_int(owner, "fft_length", fft_length)
            if fft_length < window_length:
                raise _checks.bad_value(
                    owner,
                    "fft_length",
                    f"at least window_length={window_length}",
                    fft_length,
                    "Leave it out for the next power of two.",
                )
        self.window_length = window_length
        self.hop_length = hop_length
        self.fft_length = fft_length
        self.center = center

    @property
    def _fft_length(self):
        return self.fft_length or 1 << (self.window_length - 1).bit_length()

    def build(self, input_shape):
        if len(input_shape) != 2:
            raise _checks.bad_value(
                type(self).__name__,
                "input shape",
                "(batch, samples)",
                tuple(input_shape),
                "Mix channels to mono first.",
            )
        # A constant, not a weight: it follows from the arguments.
        phase = 2 * np.pi * np.arange(self.window_length) / self.window_length
        self._window = 0.5 - 0.5 * np.cos(phase) if len(phase) > 1 else np.ones(1)
        self.built = True

    def _parts(self, inputs):
        """Real and imaginary parts, each `(batch, frames, fft_length // 2 + 1)`."""
        # keras.ops.stft centres the window in the transform, as librosa does.
        return ops.stft(
            self._pad(ops.cast(inputs, "float32")),
            sequence_length=self.window_length,
            sequence_stride=self.hop_length,
            fft_length=self._fft_length,
            window=ops.convert_to_tensor(self._window, "float32"),
            center=False,
        )

    def _power(self, inputs):
        real, imaginary = self._parts(inputs)
        return ops.square(real) + ops.square(imaginary)

    def _pad(self, wave):
        """Mirror the ends where centred; zero-pad what is too short for a frame."""
        half = self._fft_length // 2
        # A mirror image needs more samples than it adds.
        shortest = half + 1 if self.center else self._fft_length
        if wave.shape[1] is None:
            samples = ops.shape(wave)[1]
            wave = ops.pad(wave, ((0, 0), (0, shortest)))
            wave = wave[:, : ops.maximum(samples, shortest)]
        elif wave.shape[1] < shortest:
            wave = ops.pad(wave, ((0, 0), (0, shortest - wave.shape[1])))
        if self.center and half:
            wave = ops.pad(wave, ((0, 0), (half, half)), mode="reflect")
        return wave

    def _frames(self, samples):
        """How many frames of so many samples; `None` of `None`."""
        if samples is None:
            return None
        half = self._fft_length // 2
        if self.center:
            samples = max(samples, half + 1) + 2 * half
        samples = max(samples, self._fft_length)
        return 1 + (samples - self._fft_length) // self.hop_length
