"""Masks in time and frequency, drawn anew for each spectrogram."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._augmentation import Augmentation

_FILLS = ("mean", "min", "zero")


@keras.saving.register_keras_serializable("mmkeras")
class SpecAugment(Augmentation):
    """Hides bands of a spectrogram in training, so that no part becomes the clue.

    For log-mel frames, the augmentation that helps speech most for its price. Each
    mask has a width `w` of 0 to `time_width` frames (at most `time_share` of them
    all) or 0 to `frequency_width` bins, and a start of 0 to `size - w`, all equally
    probable. The paper's time warping, which it found to add little, is left out.

    Args:
        time_masks: number of masks over time.
        time_width: frames that one hides at most.
        frequency_masks: number of masks over frequency.
        frequency_width: bins that one hides at most.
        time_share: share of the frames that one mask over time hides at most; the
            paper's `p`.
        fill: what is written there: the spectrogram's own `"mean"` or `"min"`, or
            `"zero"`.
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, frames, bins)`, floats: what preprocessing gives.

    Output shape:
        That of the input, in its dtype.

    Raises:
        ValueError: for an argument out of its range, or an input that is not
            `(batch, frames, bins)`.
        TypeError: for an argument of another type.

    Example:
        >>> frames = np.random.default_rng(0).normal(size=(2, 100, 64))
        >>> SpecAugment(fill="zero")(frames, training=True).shape
        TensorShape([2, 100, 64])

    Reference:
        Park et al., "SpecAugment", 2019, Interspeech, arXiv:1904.08779, section 2.
    """

    after_preprocessing = True

    def __init__(
        self,
        time_masks=2,
        time_width=20,
        frequency_masks=2,
        frequency_width=8,
        time_share=0.2,
        fill="mean",
        seed=None,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        for name, value in (
            ("time_masks", time_masks),
            ("frequency_masks", frequency_masks),
        ):
            if value != 0:
                _checks.check_positive_int("SpecAugment", name, value)
        _checks.check_positive_int("SpecAugment", "time_width", time_width)
        _checks.check_positive_int("SpecAugment", "frequency_width", frequency_width)
        _checks.check_positive("SpecAugment", "time_share", time_share)
        if time_share > 1:
            raise _checks.bad_value(
                "SpecAugment",
                "time_share",
                "at most 1",
                time_share,
                "Pass 0.2 for a fifth of the frames.",
            )
        _checks.check_choice("SpecAugment", "fill", fill, _FILLS)
        self.time_masks = time_masks
        self.time_width = time_width
        self.frequency_masks = frequency_masks
        self.frequency_width = frequency_width
        self.time_share = time_share
        self.fill = fill

    def build(self, input_shape):
        self._check_rank(input_shape, 3, "(batch, frames, bins)")
        self.built = True

    def draw(self, inputs):
        """Widths and starts, in frames and bins, int32 `(batch, masks)`."""
        batch, frames, bins = ops.shape(inputs)
        most = ops.floor(self.time_share * ops.cast(frames, "float32"))
        drawn = {}
        for name, masks, size, widest in (
            ("time", self.time_masks, frames, ops.minimum(most, self.time_width)),
            ("frequency", self.frequency_masks, bins, self.frequency_width),
        ):
            size = ops.cast(size, "float32")
            widest = ops.minimum(ops.cast(widest, "float32"), size)
            width = ops.floor(self._uniform((batch, masks)) * (widest + 1.0))
            start = ops.floor(self._uniform((batch, masks)) * (size - width + 1.0))
            drawn[f"{name}_width"] = ops.cast(width, "int32")
            drawn[f"{name}_start"] = ops.cast(start, "int32")
        return drawn

    def apply(self, inputs, drawn):
        """Hide what the masks cover."""
        frames = _covered(drawn["time_start"], drawn["time_width"], inputs, 1)
        bins = _covered(drawn["frequency_start"], drawn["frequency_width"], inputs, 2)
        hidden = ops.logical_or(frames[:, :, None], bins[:, None, :])
        if self.fill == "zero":
            return ops.where(hidden, 0.0, inputs)
        summary = ops.mean if self.fill == "mean" else ops.min
        return ops.where(hidden, summary(inputs, axis=(1, 2), keepdims=True), inputs)


def _covered(start, width, inputs, axis):
    """Which positions of that axis any of the masks covers, `(batch, positions)`."""
    position = ops.arange(ops.shape(inputs)[axis], dtype="int32")
    start, end = start[:, :, None], (start + width)[:, :, None]
    inside = ops.logical_and(position >= start, position < end)
    return ops.any(inside, axis=1)
