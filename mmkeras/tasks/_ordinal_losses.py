"""What ordered classes are trained and watched by."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("mmkeras")
class OrdinalCrossentropy(keras.losses.Loss):
    """Mean over `k` of the binary cross-entropy of `y > k` and `P(y > k)`, in nats.

    An answer two ranks off is wrong about two thresholds, so it costs more than
    one that is one rank off (Cao et al., 2020, without task weights).
    """

    def __init__(self, name="ordinal_crossentropy", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, y_true, y_pred):
        y_pred = ops.convert_to_tensor(y_pred)
        labels = ops.reshape(ops.cast(y_true, "int32"), (-1, 1))
        above = labels > ops.arange(y_pred.shape[-1], dtype="int32")
        return keras.losses.binary_crossentropy(ops.cast(above, y_pred.dtype), y_pred)


def _rank(y_pred):
    return ops.sum(ops.cast(y_pred > 0.5, "int32"), axis=-1)


@keras.saving.register_keras_serializable("mmkeras")
def ordinal_accuracy(y_true, y_pred):
    """Whether the median rank is the label's."""
    labels = ops.reshape(ops.cast(y_true, "int32"), (-1,))
    return ops.cast(ops.equal(labels, _rank(y_pred)), "float32")


@keras.saving.register_keras_serializable("mmkeras")
def ordinal_mae(y_true, y_pred):
    """Ranks between the answer and the label."""
    labels = ops.reshape(ops.cast(y_true, "int32"), (-1,))
    return ops.cast(ops.abs(labels - _rank(y_pred)), "float32")
