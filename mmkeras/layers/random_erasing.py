"""Pictures with a box blotted out."""

import math

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._image import (
    ImageAugmentation,
    check_interval,
    check_within,
    per_example,
)

FILLS = ("black", "mean", "noise")


@keras.saving.register_keras_serializable("mmkeras")
class RandomErasing(ImageAugmentation):
    """Blots out a random box of each picture with a probability, in training.

    A remedy against models that look at one part of a thing. Of a picture, the
    box's share `s` is uniform in `area` and its height by its width `r` log-uniform
    in `aspect`, as far as the box fits: it is `sqrt(s H W r)` high and
    `sqrt(s H W / r)` wide, anywhere inside. (The paper draws `r` uniformly, which
    makes most boxes tall, and draws again until one fits.)

    Args:
        probability: that a picture has a box.
        area: smallest and largest share of the picture.
        aspect: smallest and largest height by width.
        fill: `"noise"`, uniform for each pixel and channel, the paper's best;
            `"mean"`, the picture's own by channel; or `"black"`.
        value_range: of the pixels, black and white.
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`, any numbers in `value_range`, 1 or 3
        channels.

    Output shape:
        The same, of the same dtype.

    Raises:
        ValueError: for an argument out of its range, or inputs that are no
            pictures.
        TypeError: for an argument of another type.

    Example:
        >>> x = np.full((1, 1, 4, 1), 9)
        >>> box = {"box": [[0, 1, 1, 2]]}  # Top, left, height, width.
        >>> RandomErasing(fill="black").apply(x, box).numpy().ravel().tolist()
        [9, 0, 0, 9]

    Reference:
        Zhong et al., "Random Erasing Data Augmentation", 2020, AAAI,
        arXiv:1708.04896.
    """

    moves_values = True
    moves_pixels = False

    def __init__(
        self,
        probability=0.5,
        area=(0.02, 0.4),
        aspect=(0.3, 1 / 0.3),
        fill="noise",
        value_range=(0, 255),
        seed=None,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        check_within("RandomErasing", "probability", probability, 0, 1)
        check_interval("RandomErasing", "area", area)
        check_interval("RandomErasing", "aspect", aspect)
        for share in area:
            check_within("RandomErasing", "area", share, 0, 1)
        _checks.check_positive("RandomErasing", "aspect", aspect[0])
        _checks.check_choice("RandomErasing", "fill", fill, FILLS)
        check_interval("RandomErasing", "value_range", value_range)
        self.probability = probability
        self.area = area
        self.aspect = aspect
        self.fill = fill
        self.value_range = value_range

    def draw(self, inputs):
        height, width = inputs.shape[1:3]
        drawn = self._uniform((ops.shape(inputs)[0], 5))
        share = self.area[0] + (self.area[1] - self.area[0]) * drawn[:, 1]
        # Neither side longer than the picture's: log(s H / W) <= log r <= log(H / s W).
        share = ops.maximum(share, 1 / (height * width))
        fits, shape = ops.log(share), math.log(height / width)
        low = ops.maximum(math.log(self.aspect[0]), fits + shape)
        high = ops.minimum(math.log(self.aspect[1]), shape - fits)
        aspect = ops.exp(low + ops.maximum(high - low, 0.0) * drawn[:, 2])
        pixels = share * (height * width)
        tall = ops.clip(ops.round(ops.sqrt(pixels * aspect)), 1, height)
        wide = ops.clip(ops.round(ops.sqrt(pixels / aspect)), 1, width)
        top = ops.minimum(ops.floor(drawn[:, 3] * (height - tall + 1)), height - tall)
        left = ops.minimum(ops.floor(drawn[:, 4] * (width - wide + 1)), width - wide)
        box = ops.stack([top, left, tall, wide], axis=1)
        box = ops.where(drawn[:, :1] < self.probability, box, ops.zeros_like(box))
        found = {"box": ops.cast(box, "int32")}
        if self.fill == "noise":
            found["noise"] = self._uniform(ops.shape(inputs))
        return found

    def apply(self, inputs, drawn):
        inputs = ops.convert_to_tensor(inputs)
        box = ops.convert_to_tensor(drawn["box"], "int32")
        top, left, tall, wide = (per_example(box[:, i]) for i in range(4))
        height, width = inputs.shape[1:3]
        y = ops.arange(height, dtype="int32")[:, None, None]
        x = ops.arange(width, dtype="int32")[:, None]
        rows = ops.logical_and(y >= top, y < top + tall)
        columns = ops.logical_and(x >= left, x < left + wide)
        erased = ops.logical_and(rows, columns)  # (batch, height, width, 1)
        return ops.where(erased, self._filling(inputs, drawn), inputs)

    def _filling(self, inputs, drawn):
        low, high = self.value_range
        if self.fill == "mean":
            mean = ops.mean(ops.cast(inputs, "float32"), axis=(1, 2), keepdims=True)
            filling = ops.broadcast_to(mean, ops.shape(inputs))
        elif self.fill == "noise":
            noise = ops.convert_to_tensor(drawn["noise"], "float32")
            filling = low + (high - low) * noise
        else:
            filling = low * ops.ones_like(inputs, dtype="float32")
        dtype = keras.backend.standardize_dtype(inputs.dtype)
        if "float" not in dtype:
            filling = ops.round(filling)
        return ops.cast(filling, dtype)
