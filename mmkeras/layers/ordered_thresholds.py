"""One number to the probabilities that a rank is above each threshold."""

import keras
from keras import ops

from mmkeras import _checks


@keras.saving.register_keras_serializable("mmkeras")
class OrderedThresholds(keras.layers.Layer):
    """`P(y > k) = sigmoid(x - t_k)` with learned `t_0 < t_1 < ...`.

    The output layer of ordered classes (the proportional odds model): one score,
    and thresholds that cannot cross, so the probabilities never rise with `k`. The
    thresholds are the first one plus sums of `softplus` of learned steps; they
    start evenly spaced around 0, a unit apart.

    Args:
        classes: ordered classes, at least 2; there is one threshold fewer.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, 1)` floats: a score of each example.

    Output shape:
        `(batch, classes - 1)` probabilities in (0, 1), falling along the last axis.

    Raises:
        ValueError: for fewer than 2 classes, or more than one score an example.

    Example:
        >>> above = mm.layers.OrderedThresholds(3)(np.zeros((1, 1)))
        >>> [round(float(p), 3) for p in above[0]]
        [0.622, 0.378]

    Reference:
        McCullagh, "Regression Models for Ordinal Data", 1980; Cao, Mirjalili and
        Raschka, "Rank Consistent Ordinal Regression", 2020 (arXiv:1901.07884).
    """

    def __init__(self, classes, **kwargs):
        super().__init__(**kwargs)
        _checks.check_positive_int("OrderedThresholds", "classes", classes)
        if classes == 1:
            raise _checks.bad_value("OrderedThresholds", "classes", "at least 2", 1)
        self.classes = classes

    def build(self, input_shape):
        if input_shape[-1] != 1:
            raise _checks.bad_value(
                "OrderedThresholds",
                "inputs",
                "one score an example, (batch, 1)",
                tuple(input_shape),
                "Put a `Dense(1)` before it.",
            )
        self.first = self.add_weight(
            shape=(1,),
            initializer=keras.initializers.Constant(1 - self.classes / 2),
            name="first",
        )
        if self.classes > 2:
            self.steps = self.add_weight(
                shape=(self.classes - 2,),
                # softplus of it is 1.
                initializer=keras.initializers.Constant(0.5413248546129181),
                name="steps",
            )

    def call(self, inputs):
        thresholds = self.first
        if self.classes > 2:
            steps = ops.cumsum(ops.softplus(self.steps))
            thresholds = ops.concatenate([thresholds, self.first + steps])
        return ops.sigmoid(inputs - thresholds)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.classes - 1)
