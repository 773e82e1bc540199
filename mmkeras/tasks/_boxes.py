"""Boxes as corners: their layer, their overlap, their loss."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("mmkeras")
class CornersFromCenter(keras.layers.Layer):
    """Logits of centre and size to corners `x0 y0 x1 y1`, parts of the picture.

    `sigmoid` of the four are centre x, centre y, width, height; a corner may lie
    outside of [0, 1], as a box that is cut off does.
    """

    def call(self, inputs):
        x, y, width, height = ops.split(ops.sigmoid(inputs), 4, axis=-1)
        left, top = x - width / 2, y - height / 2
        return ops.concatenate([left, top, left + width, top + height], axis=-1)


def overlap(y_true, y_pred):
    """IoU of boxes, and the area that the smallest box around both adds.

    Returns:
        `(iou, empty)`: in [0, 1]; `empty` is the share of the surrounding box that
        neither covers.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)

    def area(low, high):
        return ops.prod(ops.maximum(high - low, 0), axis=-1)

    (low_a, high_a), (low_b, high_b) = (
        (box[..., :2], box[..., 2:]) for box in (y_true, y_pred)
    )
    both = area(ops.maximum(low_a, low_b), ops.minimum(high_a, high_b))
    either = area(low_a, high_a) + area(low_b, high_b) - both
    around = area(ops.minimum(low_a, low_b), ops.maximum(high_a, high_b))
    epsilon = keras.config.epsilon()
    iou = both / ops.maximum(either, epsilon)
    return iou, (around - either) / ops.maximum(around, epsilon)


@keras.saving.register_keras_serializable("mmkeras")
class GIoULoss(keras.losses.Loss):
    """`1 - IoU + (around - union) / around`, in [0, 2].

    `1 - IoU` alone has no gradient where boxes do not meet (Rezatofighi et al.,
    2019, arXiv:1902.09630).
    """

    def __init__(self, name="giou_loss", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, y_true, y_pred):
        iou, empty = overlap(y_true, y_pred)
        return 1 - iou + empty


@keras.saving.register_keras_serializable("mmkeras")
def box_iou(y_true, y_pred):
    """Intersection over union of each row's boxes."""
    return overlap(y_true, y_pred)[0]
