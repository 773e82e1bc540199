"""Fusion by gates: the gated multimodal unit."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._masked_softmax import masked_softmax
from mmkeras.fusion._pooled import PooledFusion


@keras.saving.register_keras_serializable("mmkeras")
class GatedFusion(PooledFusion):
    """The gated multimodal unit: each feature chooses its modality, by the row.

    `y = sum_m z_m * h_m`, with `h_m = tanh(W_m x_m + b_m)`, and the gates, one a
    modality and unit, `z = softmax_m(V_m [x_1; ...; x_M] + c_m)` over the
    modalities that the row has. Of two modalities that is the paper's unit, whose
    gates are `z` and `1 - z` of one sigmoid (the paper writes no biases); for more
    it leaves the gates free, here they go on to sum to 1. An absent modality has
    no gate, and is 0 in the gates' input. A row without any counts all learned
    stand-ins; of one modality `y = h`.

    Use it where which modality to trust depends on the row and on what is asked
    of it.

    Args:
        units: width of the result.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, dim)` floats; widths may differ. Beside it, by keyword:
        `present`, a dict of `(batch,)` bools; who is not in it is there.

    Output shape:
        `(batch, units)`, within -1 and 1.

    Raises:
        ValueError: for `units` below 1, or if an embedding is not `(batch, dim)`.
        TypeError: for `units` of another type.

    Example:
        >>> x = {"a": np.zeros((2, 3)), "b": np.zeros((2, 4))}
        >>> GatedFusion(units=8)(x, present={"b": np.array([True, False])}).shape
        TensorShape([2, 8])

    Reference:
        Arevalo et al., "Gated Multimodal Units for Information Fusion", 2017,
        arXiv:1702.01992.
    """

    same_width = False

    def __init__(self, units=64, **kwargs):
        super().__init__(**kwargs)
        _checks.check_positive_int("GatedFusion", "units", units)
        self.units = units

    def build(self, input_shape):
        super().build(input_shape)
        self.hidden = self.dense_layers("hidden", self.units, activation="tanh")
        if len(self.names) > 1:
            self.gates = keras.layers.Dense(
                len(self.names) * self.units, dtype=self.dtype_policy, name="gates"
            )
            self.gates.build((None, sum(self.widths)))

    def call(self, inputs, present=None):
        found, counts = self.counted(inputs, present)
        hidden = [layer(x) for layer, x in zip(self.hidden, found, strict=True)]
        if len(found) == 1:
            return hidden[0]
        scores = self.gates(ops.concatenate(found, axis=-1))
        # (batch, modalities, units)
        scores = ops.reshape(scores, (-1, len(found), self.units))
        gates = masked_softmax(scores, counts)
        return ops.sum(gates * ops.stack(hidden, axis=1), axis=1)
