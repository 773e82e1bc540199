"""How features change from frame to frame."""

import math

import keras
import numpy as np
from keras import ops

from mmkeras import _checks


@keras.saving.register_keras_serializable("mmkeras")
class Deltas(keras.layers.Layer):
    """Frames, and beside them how they change over time.

    For models that see one frame at a time, or few: a recurrence can find slopes
    itself. Derivative `d` at a frame is that of the polynomial of degree `d` fitted
    by least squares to the `width` frames around it (Savitzky and Golay). The first
    and last `width // 2` frames take the polynomial of the first and last `width`
    frames. The numbers are those of `librosa.feature.delta(x, width, order=d)`.
    Computed in float32 whatever the dtype policy; the output is cast.

    Args:
        width: frames that a derivative is estimated from; odd, above `order`.
        order: the highest derivative: 1 for the slope, 2 for its slope too.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, frames, bins)`, floats, one frame or more. Fewer frames than
        `width` are lengthened by repeats of the last one, for the estimate only.

    Output shape:
        `(batch, frames, bins * (1 + order))`: the frames, first derivatives (per
        frame), second ones.

    Raises:
        ValueError: for an argument out of its range, or an input that is not
            `(batch, frames, bins)`.
        TypeError: for an argument of another type.

    Example:
        >>> frames = np.arange(0.0, 18.0, 2.0).reshape(1, 9, 1)
        >>> Deltas(width=3, order=1)(frames).numpy()[0, :3].round(3).tolist()
        [[0.0, 2.0], [2.0, 2.0], [4.0, 2.0]]

    Reference:
        Savitzky and Golay, 1964, Analytical Chemistry 36(8); Furui, 1986, IEEE
        TASSP 34(1).
    """

    def __init__(self, width=9, order=2, **kwargs):
        super().__init__(**kwargs)
        # Differences of near equal numbers: the input is not cast down.
        self.autocast = False
        _checks.check_positive_int("Deltas", "width", width)
        _checks.check_positive_int("Deltas", "order", order)
        if width % 2 == 0 or width <= order:
            raise _checks.bad_value(
                "Deltas",
                "width",
                f"odd, and above order={order}",
                width,
                f"Take {max(width, order + 1) // 2 * 2 + 1}.",
            )
        self.width = width
        self.order = order

    def build(self, input_shape):
        if len(input_shape) != 3 or input_shape[-1] is None:
            raise _checks.bad_value(
                "Deltas",
                "input shape",
                "(batch, frames, bins)",
                tuple(input_shape),
                "Make frames of the samples first, for example with `LogMel`.",
            )
        half = self.width // 2
        powers = np.vander(np.arange(-half, half + 1.0), self.order + 1, True)
        # Row d of the fit to the lowest d powers gives coefficient d of it.
        self._weights = [
            np.linalg.pinv(powers[:, : d + 1])[d] * math.factorial(d)
            for d in range(1, self.order + 1)
        ]
        self.built = True

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        frames = ops.shape(x)[1]
        long = ops.concatenate([x, *[x[:, -1:]] * (self.width - 1)], axis=1)
        # Fewer frames than a fit needs, and as many as there are, else.
        if x.shape[1] is None:
            long = long[:, : ops.maximum(frames, self.width)]
        else:
            long = long[:, : max(frames, self.width)]
        fits = ops.shape(long)[1] - self.width + 1
        parts = [x]
        for weights in self._weights:
            slope = sum(
                float(weight) * long[:, k : k + fits]
                for k, weight in enumerate(weights)
            )
            # Derivative d of a polynomial of degree d is the same everywhere: that
            # of the first and of the last fit hold up to the ends.
            ends = [[end] * (self.width // 2) for end in (slope[:, :1], slope[:, -1:])]
            whole = ops.concatenate([*ends[0], slope, *ends[1]], axis=1)
            parts.append(whole[:, :frames])
        return ops.cast(ops.concatenate(parts, axis=-1), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] * (1 + self.order))
