"""Spectrograms on the device."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._spectrum import Spectrum

_KINDS = ("power", "magnitude", "parts")


@keras.saving.register_keras_serializable("mmkeras")
class STFT(Spectrum):
    """The short-time Fourier transform of each clip, with a periodic Hann window.

    Frame `t` is `X[t, k] = sum_n w[n] x[t hop + n] exp(-2 pi i k n / fft_length)`.
    Use it where a network shall learn from the spectrum itself; `LogMel` is the
    usual start for speech. The numbers are those of `librosa.stft` with
    `pad_mode="reflect"`. Computed in float32 whatever the dtype policy; the output
    is cast.

    Args:
        window_length: samples of the window; one shorter than the transform is
            centred in it.
        hop_length: samples from one window to the next.
        fft_length: samples of the transform, at least `window_length`; the next
            power of two if `None`.
        kind: `"power"` (`|X|^2`), `"magnitude"` (`|X|`), or `"parts"`: real and
            imaginary part.
        center: whether frame `t` is centred on sample `t * hop_length`, with the
            clip mirrored at its ends.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, samples)`, floats, usually in [-1, 1].

    Output shape:
        `(batch, frames, fft_length // 2 + 1)`, at least 0; with `"parts"` a last
        axis of 2. `frames` is that of `LogMel`: clips too short for one frame, or
        to be mirrored, are zero-padded at the end.

    Raises:
        ValueError: for an argument out of its range, or an input that is not
            `(batch, samples)`.
        TypeError: for an argument of another type.

    Example:
        >>> clips = np.random.default_rng(0).normal(size=(2, 8000)).astype("float32")
        >>> STFT(window_length=200, hop_length=80)(clips).shape
        TensorShape([2, 101, 129])

    Reference:
        Allen and Rabiner, "A Unified Approach to Short-Time Fourier Analysis and
        Synthesis", 1977, Proceedings of the IEEE 65(11).
    """

    def __init__(
        self,
        window_length=400,
        hop_length=160,
        fft_length=None,
        kind="power",
        center=True,
        **kwargs,
    ):
        super().__init__(window_length, hop_length, fft_length, center, **kwargs)
        _checks.check_choice("STFT", "kind", kind, _KINDS)
        self.kind = kind

    def call(self, inputs):
        if self.kind == "parts":
            spectrum = ops.stack(self._parts(inputs), axis=-1)
        else:
            spectrum = self._power(inputs)
        if self.kind == "magnitude":
            # A root's derivative at 0 is infinite: silence would give NaN.
            sounds = spectrum > 0
            root = ops.sqrt(ops.where(sounds, spectrum, 1.0))
            spectrum = ops.where(sounds, root, 0.0)
        return ops.cast(spectrum, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        bins = self._fft_length // 2 + 1
        shape = (input_shape[0], self._frames(input_shape[1]), bins)
        return (*shape, 2) if self.kind == "parts" else shape
