"""Examples with a box of another."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._image import per_example
from mmkeras.layers._mixing import Mixing
from mmkeras.layers._random import uniform


@keras.saving.register_keras_serializable("mmkeras")
class CutMix(Mixing):
    """Mixes examples of the batch in training: pastes a box of another, labels too.

    Of pictures (rank 4), a box is that of the partner `p[i]`: `sqrt(1 - l)` of the
    height and width, with `l` from Beta(alpha, alpha), about a uniform centre, cut
    at the edges. Every other tensor is blended, `y[i] = s[i] x[i] + (1 - s[i])
    x[p[i]]`, by the share `s` of the picture that is really left, in whole pixels.
    Unlike `MixUp` it leaves pictures that look real.

    Where several inputs of an example are mixed, they must be by the same draws:
    pass them as one dict, or call `draw` once, and `mix` for each.

    Args:
        alpha: above 0; 1 is the paper's: every `l` as likely.
        keep_main: whether the larger share is always the example's own, as in
            `MixUp`.
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, ...)` tensors, floats or integers of 8 or 16 bits, a
        `(batch, height, width, channels)` among them.

    Output shape:
        The same dict; float32 of integers, whose range it keeps.

    Raises:
        ValueError: for an alpha of 0 or less, or without pictures.
        TypeError: for an argument of another type, inputs that are no dict, or ids
            among them.

    Example:
        >>> x = np.arange(8.0).reshape(2, 2, 2, 1)
        >>> half = [[0.0, 0.0, 1.0, 0.5], [0.0, 0.0, 0.0, 0.0]]
        >>> drawn = {"partner": [1, 0], "share": [0.5, 1.0], "box": half}
        >>> CutMix().mix(x, drawn).numpy()[0, ..., 0].tolist()
        [[4.0, 1.0], [6.0, 3.0]]

    Reference:
        Yun et al., "CutMix", 2019, ICCV, arXiv:1905.04899.
    """

    draws_boxes = True

    def __init__(self, alpha=1.0, keep_main=False, seed=None, **kwargs):
        super().__init__(alpha, keep_main, seed, **kwargs)

    def draw(self, inputs):
        """Random numbers for a batch.

        Args:
            inputs: a tensor of the batch, or a dict of them; the first of rank 4
                settles the pixels.

        Returns:
            What `MixUp` draws, and `box`, `(batch, 4)` float32: top, left, bottom
            and right as shares of the height and width, so that it fits pictures of
            any size.
        """
        tensors = keras.tree.flatten(inputs)
        pictures = [x for x in tensors if len(x.shape) == 4]
        if not pictures or None in pictures[0].shape[1:3]:
            raise _checks.bad_value(
                "CutMix",
                "inputs",
                "with pictures (batch, height, width, channels) of known size",
                [tuple(x.shape) for x in tensors],
                "For other modalities use `MixUp`.",
            )
        drawn = super().draw(inputs)
        side = ops.sqrt(1 - drawn["share"])
        centre = uniform((ops.shape(pictures[0])[0], 2), self.seed_generator)
        first, last = [], []
        for axis, size in enumerate(pictures[0].shape[1:3]):
            length = ops.floor(size * side)
            start = ops.floor(size * centre[:, axis]) - ops.floor(length / 2)
            first.append(ops.clip(start, 0, size) / size)
            last.append(ops.clip(start + length, 0, size) / size)
        area = (last[0] - first[0]) * (last[1] - first[1])
        box = ops.stack(first + last, axis=1)
        return {**drawn, "share": 1 - area, "box": box}

    def _mixed(self, values, partners, drawn):
        if len(values.shape) != 4:
            return super()._mixed(values, partners, drawn)
        box = ops.convert_to_tensor(drawn["box"], "float32")
        top, left, bottom, right = (per_example(box[:, i]) for i in range(4))
        height, width = values.shape[1:3]
        # Of a pixel its centre counts, so that rounding cannot move an edge.
        y = ((ops.arange(height, dtype="float32") + 0.5) / height)[:, None, None]
        x = ((ops.arange(width, dtype="float32") + 0.5) / width)[:, None]
        rows = ops.logical_and(y >= top, y < bottom)
        columns = ops.logical_and(x >= left, x < right)
        return ops.where(ops.logical_and(rows, columns), partners, values)
