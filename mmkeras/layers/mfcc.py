"""Mel-frequency cepstral coefficients on the device."""

import keras
import numpy as np
from keras import ops

from mmkeras import _checks


@keras.saving.register_keras_serializable("mmkeras")
class MFCC(keras.layers.Layer):
    """Log-mel frames to their cepstral coefficients: few, and nearly uncorrelated.

    For small networks and little data; convolutional ones do better on the log-mel
    frames. With `m = 0..M-1` for the mel bins,
    `c[k] = s[k] sum_m x[m] cos(pi k (m + 1/2) / M)`, where `s[0] = sqrt(1 / M)` and
    `s[k] = sqrt(2 / M)`: the orthonormal DCT-II. With a lifter `L`, `c[k]` is
    multiplied by `1 + L/2 sin(pi (k + 1) / L)`. After `LogMel(ref=1.0)` the numbers
    are those of `librosa.feature.mfcc`. Computed in float32 whatever the dtype
    policy; the output is cast.

    Args:
        num_coefficients: how many to keep, from coefficient 0 (the mean level) on.
        lifter: `L`, larger for more weight on higher coefficients; 0 for none.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, frames, bins)`, floats: log-mel frames, usually in decibels.

    Output shape:
        `(batch, frames, num_coefficients)`, float.

    Raises:
        ValueError: for an argument out of its range, or frames of fewer bins than
            there shall be coefficients.
        TypeError: for an argument of another type.

    Example:
        >>> flat = np.full((1, 1, 64), -20.0, "float32")
        >>> MFCC(num_coefficients=3)(flat).numpy().round(3) + 0
        array([[[-160.,    0.,    0.]]], dtype=float32)

    Reference:
        Davis and Mermelstein, 1980, IEEE TASSP 28(4); Juang, Rabiner and Wilpon,
        1987, IEEE TASSP 35(7) (the lifter).
    """

    def __init__(self, num_coefficients=20, lifter=0, **kwargs):
        super().__init__(**kwargs)
        # Decibels are not cast down before they are summed.
        self.autocast = False
        _checks.check_positive_int("MFCC", "num_coefficients", num_coefficients)
        if lifter != 0:
            _checks.check_positive("MFCC", "lifter", lifter)
        self.num_coefficients = num_coefficients
        self.lifter = lifter

    def build(self, input_shape):
        if len(input_shape) != 3 or input_shape[-1] is None:
            raise _checks.bad_value(
                "MFCC",
                "input shape",
                "(batch, frames, bins)",
                tuple(input_shape),
                "Make frames of the samples first, with `LogMel`.",
            )
        bins = input_shape[-1]
        if bins < self.num_coefficients:
            raise _checks.bad_value(
                "MFCC",
                "num_coefficients",
                f"at most the {bins} bins of the frames",
                self.num_coefficients,
                "Keep fewer, or give `LogMel` more `num_mel_bins`.",
            )
        number = np.arange(self.num_coefficients)
        cosine = np.cos(np.pi / bins * np.outer(np.arange(bins) + 0.5, number))
        matrix = cosine * np.sqrt(np.where(number == 0, 1, 2) / bins)
        if self.lifter:
            angle = np.pi * (number + 1) / self.lifter
            matrix = matrix * (1 + self.lifter / 2 * np.sin(angle))
        # A constant, not a weight: it follows from the arguments.
        self._matrix = matrix.astype("float32")
        self.built = True

    def call(self, inputs):
        frames = ops.cast(inputs, "float32")
        matrix = ops.convert_to_tensor(self._matrix)
        return ops.cast(ops.matmul(frames, matrix), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.num_coefficients)
