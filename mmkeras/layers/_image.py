"""What the augmentations of pictures share: which inputs and arguments they take."""

import math

from keras import ops

from mmkeras import _checks
from mmkeras.layers._augmentation import Augmentation


class ImageAugmentation(Augmentation):
    """Base of the augmentations of `(batch, height, width, channels)` pictures.

    Args:
        seed: of the random numbers; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.
    """

    def build(self, input_shape):
        check_pictures(type(self).__name__, input_shape)
        if None in input_shape[1:3]:
            raise _checks.bad_value(
                type(self).__name__,
                "input shape",
                "of known height and width",
                tuple(input_shape),
                "Resize the pictures first, and give `keras.Input` their size.",
            )
        self.built = True


def check_pictures(owner, input_shape):
    """Raise unless the shape is one of RGB or grey pictures."""
    if len(input_shape) != 4 or input_shape[-1] not in (1, 3):
        raise _checks.bad_value(
            owner,
            "input shape",
            "(batch, height, width, 1 or 3)",
            tuple(input_shape),
            "Make the pictures RGB or grey.",
        )


def check_within(owner, argument, value, low, high):
    """Raise unless `value` is a number in [low, high]."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _checks.bad_type(owner, argument, "a number", value)
    if not low <= value <= high:
        raise _checks.bad_value(owner, argument, f"in [{low}, {high}]", value)


def check_interval(owner, argument, value):
    """Raise unless `value` is two finite numbers, the smaller one first."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise _checks.bad_type(owner, argument, "two numbers", value)
    for number in value:
        check_within(owner, argument, number, -math.inf, math.inf)
    low, high = value
    if not -math.inf < low < high < math.inf:
        raise _checks.bad_value(
            owner, argument, "two finite numbers, the smaller one first", value
        )


def per_example(numbers):
    """`(batch,)` to `(batch, 1, 1, 1)`, to meet pictures."""
    return ops.reshape(numbers, (-1, 1, 1, 1))
