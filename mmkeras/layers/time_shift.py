"""Clips that start a little earlier or later."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._augmentation import Augmentation

_FILLS = ("wrap", "zero")


@keras.saving.register_keras_serializable("mmkeras")
class TimeShift(Augmentation):
    """Moves each clip in training by a drawn number of whole samples.

    `y[n] = x[n - s]`, with `s` drawn evenly from `-share * samples` to
    `share * samples`. For sounds that were not all cut at the same moment.

    Args:
        share: the largest shift as a share of the clip, in (0, 1].
        fill: what enters at one end: `"zero"`, silence, or `"wrap"`, what left at
            the other one.
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, samples)`, int16 or floats of any range.

    Output shape:
        That of the input, in its dtype.

    Raises:
        ValueError: for an argument out of its range, or an input that is not
            `(batch, samples)`.
        TypeError: for an argument of another type.

    Example:
        >>> shift = TimeShift(share=0.5)
        >>> shift.apply(np.array([[1, 2, 3, 4]]), {"shift": np.array([1])}).numpy()
        array([[0, 1, 2, 3]])
    """

    moves_values = True

    def __init__(self, share=0.1, fill="zero", seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        _checks.check_positive("TimeShift", "share", share)
        if share > 1:
            raise _checks.bad_value(
                "TimeShift", "share", "at most 1", share, "Pass 0.1 for a tenth."
            )
        _checks.check_choice("TimeShift", "fill", fill, _FILLS)
        self.share = share
        self.fill = fill

    def build(self, input_shape):
        self._check_rank(input_shape, 2, "(batch, samples)")
        self.built = True

    def draw(self, inputs):
        """How many samples later each clip starts, int32 `(batch,)`."""
        batch, samples = ops.shape(inputs)
        most = ops.floor(self.share * ops.cast(samples, "float32"))
        steps = ops.floor(self._uniform((batch,)) * (2.0 * most + 1.0))
        return {"shift": ops.cast(steps - most, "int32")}

    def apply(self, inputs, drawn):
        """Take each sample from where it was."""
        batch, samples = ops.shape(inputs)
        position = ops.arange(samples, dtype="int32")[None]
        source = position - ops.cast(drawn["shift"], "int32")[:, None]
        # Rows laid end to end: half the time of `take_along_axis` without XLA.
        row = ops.arange(batch, dtype="int32")[:, None] * samples
        places = ops.reshape(ops.mod(source, samples) + row, (-1,))
        moved = ops.take(ops.reshape(inputs, (-1,)), places, axis=0)
        moved = ops.reshape(moved, ops.shape(inputs))
        if self.fill == "wrap":
            return moved
        inside = ops.logical_and(source >= 0, source < samples)
        return ops.where(inside, moved, ops.zeros_like(moved))
