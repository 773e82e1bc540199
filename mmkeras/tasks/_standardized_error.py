"""Error in standard deviations of the target."""

import keras
from keras import ops

#: What `Regression` takes as `error`.
ERRORS = ("mse", "mae", "huber")


@keras.saving.register_keras_serializable("mmkeras")
class StandardizedError(keras.losses.Loss):
    """`mean(e((y_true - y_pred) / std))` over the values of a row.

    `e(x)` is `x^2`, `|x|`, or Huber's: `x^2 / 2` up to `delta`, then
    `delta (|x| - delta / 2)`. Predictions stay in the column's unit while the loss
    has the same size for metres and millimetres.
    """

    def __init__(
        self, std, error="mse", delta=1.0, name="standardized_error", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self.std = list(std)
        self.error = error
        self.delta = delta

    def call(self, y_true, y_pred):
        y_pred = ops.convert_to_tensor(y_pred)
        y_true = ops.reshape(ops.cast(y_true, y_pred.dtype), ops.shape(y_pred))
        std = ops.convert_to_tensor(self.std, y_pred.dtype)
        off = ops.abs(y_true - y_pred) / std
        if self.error == "mse":
            off = ops.square(off)
        elif self.error == "huber":
            near = ops.minimum(off, self.delta)
            off = near * (off - 0.5 * near)
        return ops.mean(off, axis=-1)

    def get_config(self):
        own = {"std": self.std, "error": self.error, "delta": self.delta}
        return {**super().get_config(), **own}
