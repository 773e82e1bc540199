"""Log-mel spectrograms on the device."""

import keras
import numpy as np
from keras import ops

from mmkeras import _checks
from mmkeras.layers._mel import mel_filterbank
from mmkeras.layers._spectrum import Spectrum


@keras.saving.register_keras_serializable("mmkeras")
class LogMel(Spectrum):
    """Waveforms to log-mel spectrograms in decibels, each clip on its own.

    For one clip: `P = |STFT|^2`, `M = P @ filterbank`,
    `dB = 10 log10(max(M, amin)) - 10 log10(max(r, amin))` where `r` is the clip's
    own maximum of `M` (`ref="max"`) or a given number, and last
    `max(dB, max(dB) - top_db)`. The numbers are those of
    `librosa.feature.melspectrogram` and `librosa.power_to_db`. Every maximum is
    over one clip, so a loud neighbour in the batch changes nothing (the top of
    `keras.layers.MelSpectrogram`'s decibels is the batch's). Spectra are float32
    whatever the dtype policy; the output is cast.

    Args:
        sample_rate: in Hz.
        num_mel_bins: mel bands.
        window_length: samples of the periodic Hann window.
        hop_length: samples from one window to the next.
        fft_length: samples of the transform, at least `window_length`; the next
            power of two if `None`.
        min_frequency: lower edge of the lowest band, in Hz.
        max_frequency: upper edge of the highest band, in Hz; half of
            `sample_rate` if `None`.
        scale: `"slaney"` or `"htk"`.
        norm: `"slaney"` (unit area in Hz) or `None` (peaks of 1).
        center: whether frame `t` is centred on sample `t * hop_length`, with the
            clip mirrored at its ends.
        ref: `"max"`, or a power that is 0 dB.
        top_db: decibels kept below a clip's peak, or `None`.
        amin: power below which all is the same.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, samples)`, floats, usually in [-1, 1].

    Output shape:
        `(batch, frames, num_mel_bins)`; in dB, at most 0 with `ref="max"`.
        `frames` is `1 + samples // hop_length` with `center` (and an even
        `fft_length`), else `1 + (samples - fft_length) // hop_length`. Clips too
        short for one frame, or to be mirrored, are zero-padded at the end.

    Raises:
        ValueError: for an argument out of its range, or an input that is not
            `(batch, samples)`.
        TypeError: for an argument of another type.

    Example:
        >>> clips = np.random.default_rng(0).normal(size=(2, 8000)).astype("float32")
        >>> LogMel(sample_rate=8000, window_length=200, hop_length=80)(clips).shape
        TensorShape([2, 101, 64])

    Reference:
        Davis and Mermelstein, 1980, IEEE TASSP 28(4); Slaney, 1998, Auditory
        Toolbox (the mel scale).
    """

    def __init__(
        self,
        sample_rate=16_000,
        num_mel_bins=64,
        window_length=400,
        hop_length=160,
        fft_length=None,
        min_frequency=0.0,
        max_frequency=None,
        scale="slaney",
        norm="slaney",
        center=True,
        ref="max",
        top_db=80.0,
        amin=1e-10,
        **kwargs,
    ):
        super().__init__(window_length, hop_length, fft_length, center, **kwargs)
        _checks.check_positive_int("LogMel", "sample_rate", sample_rate)
        _checks.check_positive_int("LogMel", "num_mel_bins", num_mel_bins)
        if min_frequency != 0:
            _checks.check_positive("LogMel", "min_frequency", min_frequency)
        if max_frequency is not None:
            _checks.check_positive("LogMel", "max_frequency", max_frequency)
        top = sample_rate / 2 if max_frequency is None else max_frequency
        if not 0 <= min_frequency < top <= sample_rate / 2:
            raise _checks.bad_value(
                "LogMel",
                "max_frequency",
                f"above min_frequency={min_frequency} and at most half of "
                f"sample_rate={sample_rate}",
                max_frequency,
                "Leave it out for the whole band.",
            )
        _checks.check_choice("LogMel", "scale", scale, ("slaney", "htk"))
        if norm is not None:
            _checks.check_choice("LogMel", "norm", norm, ("slaney",))
        if isinstance(ref, str):
            _checks.check_choice("LogMel", "ref", ref, ("max",))
        else:
            _checks.check_positive("LogMel", "ref", ref)
        if top_db is not None:
            _checks.check_positive("LogMel", "top_db", top_db)
        _checks.check_positive("LogMel", "amin", amin)
        self.sample_rate = sample_rate
        self.num_mel_bins = num_mel_bins
        self.min_frequency = min_frequency
        self.max_frequency = max_frequency
        self.scale = scale
        self.norm = norm
        self.ref = ref
        self.top_db = top_db
        self.amin = amin

    def build(self, input_shape):
        super().build(input_shape)
        # A constant, not a weight: it follows from the arguments.
        self._filterbank = mel_filterbank(
            self.sample_rate,
            self._fft_length,
            self.num_mel_bins,
            self.min_frequency,
            self.sample_rate / 2 if self.max_frequency is None else self.max_frequency,
            self.scale,
            self.norm,
        )

    def call(self, inputs):
        power = self._power(inputs)  # (batch, frames, fft bins)
        mel = ops.matmul(power, ops.convert_to_tensor(self._filterbank))
        decibels = self._decibels(ops.maximum(mel, self.amin))
        peak = ops.max(decibels, axis=(1, 2), keepdims=True)
        if self.ref == "max":
            decibels, peak = decibels - peak, ops.zeros_like(peak)
        else:
            shift = 10.0 * np.log10(max(self.ref, self.amin))
            decibels, peak = decibels - shift, peak - shift
        if self.top_db is not None:
            decibels = ops.maximum(decibels, peak - self.top_db)
        return ops.cast(decibels, self.compute_dtype)

    @staticmethod
    def _decibels(power):
        # log / log(10), as not every backend's log10 is exact in float32.
        return ops.log(power) * (10.0 / float(np.log(10.0)))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self._frames(input_shape[1]), self.num_mel_bins)
