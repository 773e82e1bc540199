"""One draw for all inputs of a batch, and its use on each of them."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("mmkeras")
class DrawMixing(keras.layers.Wrapper):
    """Who is mixed with whom in a batch; nobody outside training.

    Mixes examples of the batch. What it drew last stays in `drawn`, for the loss of
    the same step.

    Args:
        layer: `MixUp` or `CutMix`.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, layer, **kwargs):
        super().__init__(layer, **kwargs)
        self.autocast = False
        self.drawn = None

    def build(self, input_shape):
        if not self.layer.built:
            self.layer.build(input_shape)
        self.built = True

    def call(self, inputs, training=None):
        if training:
            drawn = self.layer.draw(inputs)
            self.drawn = drawn
            return drawn
        size = ops.shape(inputs[sorted(inputs)[0]])[0]
        nobody = {
            "partner": ops.arange(size, dtype="int32"),
            "share": ops.ones((size,), "float32"),
        }
        if self.layer.draws_boxes:
            nobody["box"] = ops.zeros((size, 4), "float32")
        return nobody

    def compute_output_spec(self, inputs, training=None):
        size = inputs[sorted(inputs)[0]].shape[0]
        found = {
            "partner": keras.KerasTensor((size,), "int32"),
            "share": keras.KerasTensor((size,), "float32"),
        }
        if self.layer.draws_boxes:
            found["box"] = keras.KerasTensor((size, 4), "float32")
        return found


@keras.saving.register_keras_serializable("mmkeras")
class ApplyMixing(keras.layers.Wrapper):
    """Mixes one tensor of the batch as `DrawMixing` drew; identity outside training.

    A row that lacks the input, or whose partner does, keeps what it has. Of bools
    (masks), what either has is there.

    Args:
        layer: `MixUp` or `CutMix`, the one that drew.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, layer, **kwargs):
        super().__init__(layer, **kwargs)
        self.autocast = False

    def build(self, values_shape):
        self.built = True

    def call(self, values, drawn, present=None, training=None):
        is_mask = keras.backend.standardize_dtype(values.dtype) == "bool"
        if not training:
            return values if is_mask else self.layer.unmixed(values)
        if is_mask:
            return ops.logical_or(values, ops.take(values, drawn["partner"], axis=0))
        if present is not None:
            both = ops.logical_and(present, ops.take(present, drawn["partner"]))
            drawn = dict(drawn, share=ops.where(both, drawn["share"], 1.0))
            if "box" in drawn:
                drawn["box"] = ops.where(both[:, None], drawn["box"], 0.0)
        return self.layer.mix(values, drawn)

    def compute_output_spec(self, values, drawn, present=None, training=None):
        if keras.backend.standardize_dtype(values.dtype) == "bool":
            return keras.KerasTensor(values.shape, "bool")
        return self.layer.compute_output_spec({"values": values})["values"]
