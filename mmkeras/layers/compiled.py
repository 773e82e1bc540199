"""A part of a model as an XLA cluster of its own."""

import keras

from mmkeras import _checks
from mmkeras.layers._loops import has_loop


@keras.saving.register_keras_serializable("mmkeras")
class Compiled(keras.layers.Wrapper):
    """Computes what its layer computes, under XLA, whatever the rest of the model is.

    Keras compiles a model as a whole or not at all: one layer that XLA cannot take
    (a cuDNN recurrence, a random layer of Keras's) costs all others theirs. On
    TensorFlow this one calls its layer inside `tf.function(jit_compile=True)`,
    gradients too, and tells Keras not to compile the model around it. On other
    backends it only calls its layer: there the model is compiled with it.

    It calls its layer plainly too where it is called eagerly, with deterministic
    operations, under a distribution strategy, and where the layer has a loop in it
    (a recurrence): the states that its gradient needs cannot leave a cluster.

    Random numbers (dropout) are others under XLA, from the same seed. Masks that
    Keras attaches to tensors end here. A cluster is compiled for each batch size
    it meets, also in a SavedModel: set the attribute `jit` to `False` before
    exporting to leave it out.

    Args:
        layer: a layer or model of one input, which adds no loss of its own. It
            stays reachable as the attribute `layer`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        The layer's.

    Output shape:
        The layer's.

    Raises:
        TypeError: if `layer` is no Keras layer.
        ValueError: if the layer adds a loss when it is called: it would not leave
            the cluster.

    Example:
        >>> Compiled(keras.layers.Dense(8))(np.zeros((2, 5))).shape
        TensorShape([2, 8])
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, keras.layers.Layer):
            raise _checks.bad_type(
                "Compiled",
                "layer",
                "a Keras layer",
                layer,
                "Create it: `Compiled(keras.layers.Dense(8))`.",
            )
        super().__init__(layer, **kwargs)
        # The layer casts its own inputs, as its own policy says.
        self.autocast = False
        self.jit = True
        self.supports_jit = keras.backend.backend() != "tensorflow"

    def call(self, inputs, training=None):
        if self.jit and keras.backend.backend() == "tensorflow":
            return self._call_in_tensorflow(inputs, bool(training))
        return self.layer(inputs, training=training)

    def _call_in_tensorflow(self, inputs, training):
        import tensorflow as tf
        from tensorflow.python.framework.config import is_op_determinism_enabled

        if (
            tf.executing_eagerly()
            or tf.distribute.has_strategy()
            or is_op_determinism_enabled()
        ):
            return self.layer(inputs, training=training)

        def compute(values):
            outputs = self.layer(values, training=training)
            self._check_no_losses()
            return outputs

        # A new one each time: it lives as long as the graph around it, which Keras
        # traces anew when layers are frozen, quantised or compiled again.
        cluster = tf.function(compute, jit_compile=True, autograph=False)
        if has_loop(cluster.get_concrete_function(inputs).graph):
            return self.layer(inputs, training=training)
        return cluster(inputs)

    def _check_no_losses(self):
        for part in self.layer._flatten_layers():
            if part._losses:
                raise _checks.bad_value(
                    "Compiled",
                    "layer",
                    "one that adds no loss of its own",
                    part.name,
                    "Leave it outside: the loss is lost in the cluster.",
                )

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def compute_output_spec(self, inputs, training=None):
        return self.layer.compute_output_spec(inputs)

    def compute_mask(self, inputs, previous_mask=None):
        return None
