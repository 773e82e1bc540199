"""Cross-entropy of integer labels: smoothed, focal, weighted by class."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("mmkeras")
class ClassCrossentropy(keras.losses.Loss):
    """`-w_y sum_k (1 - p_k)^g q_k log p_k`, `q = (1 - s) one_hot(y) + s / classes`.

    In nats. With `s = 0` the focal loss of Lin et al. (2017); with `g = 0` cross-
    entropy with label smoothing. Keras's sparse loss has none of the three.
    """

    def __init__(
        self,
        label_smoothing=0.0,
        focal_gamma=0.0,
        class_weights=None,
        name="class_crossentropy",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.label_smoothing = label_smoothing
        self.focal_gamma = focal_gamma
        self.class_weights = class_weights

    def call(self, y_true, y_pred):
        y_pred = ops.convert_to_tensor(y_pred)
        classes = y_pred.shape[-1]
        labels = ops.reshape(ops.cast(y_true, "int32"), ops.shape(y_pred)[:-1])
        target = ops.one_hot(labels, classes, dtype=y_pred.dtype)
        if self.focal_gamma:
            loss = keras.losses.categorical_focal_crossentropy(
                target,
                y_pred,
                alpha=1.0,
                gamma=self.focal_gamma,
                label_smoothing=self.label_smoothing,
            )
        else:
            loss = keras.losses.categorical_crossentropy(
                target, y_pred, label_smoothing=self.label_smoothing
            )
        if self.class_weights is not None:
            weights = ops.convert_to_tensor(list(self.class_weights), loss.dtype)
            loss = loss * ops.take(weights, labels)
        return loss

    def get_config(self):
        return {
            **super().get_config(),
            "label_smoothing": self.label_smoothing,
            "focal_gamma": self.focal_gamma,
            "class_weights": self.class_weights,
        }
