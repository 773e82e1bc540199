"""An end to implicit masks."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("mmkeras")
class ForgetMask(keras.layers.Layer):
    """Hands on what it gets, without the mask that Keras attached to it.

    A recurrent layer marks all its states with the mask it was given, up to Keras
    3.15; what follows would act on it there and not from 3.16 on, and layers that
    do not know masks warn. Masks are handed on explicitly.
    """

    def call(self, inputs):
        # A new tensor: Keras keeps the mask on the old one.
        return ops.copy(inputs)

    def compute_mask(self, inputs, previous_mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)
