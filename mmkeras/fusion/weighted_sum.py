"""Fusion by a sum with learned weights."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._masked_softmax import masked_softmax
from mmkeras.fusion._pooled import PooledFusion

_NORMALIZE = ("softmax", "none")


@keras.saving.register_keras_serializable("mmkeras")
class WeightedSum(PooledFusion):
    """A sum with one learned scalar a modality: `y = alpha x_a + beta x_b + ...`.

    With `p_m` 1 where the row has modality `m`, else 0, and `M` modalities:

    - `"softmax"`: `y = sum_m w_m x_m`, `w_m = p_m exp(l_m) / sum_k p_k exp(l_k)`.
      The weights are positive and sum to 1 over who is present.
    - `"none"`: `y = M / (sum_k p_k) * sum_m p_m w_m x_m`. The weights may be any
      numbers; the factor keeps the size of `y`, as in `Sum`. (To divide by the
      present weights' own sum would not do: it may be 0.)

    Both start as `Mean`. A row without any modality counts all learned stand-ins.
    Use it where one number a modality, the same for every row, says how far to
    trust it; `modality_weights()` reads them. Trust that depends on the row is
    `AttentionFusion`'s or `GatedFusion`'s.

    Args:
        normalize: `"softmax"` or `"none"`.
        project_dim: width that a dense layer projects each embedding to first;
            `None` to take them as they are.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, dim)` floats of one width. Beside it, by keyword:
        `present`, a dict of `(batch,)` bools; who is not in it is there.

    Output shape:
        `(batch, dim)`.

    Raises:
        ValueError: for an unknown `normalize`, if an embedding is not
            `(batch, dim)`, or widths differ without `project_dim`.

    Example:
        >>> fusion = WeightedSum()
        >>> fusion({"a": np.ones((1, 2)), "b": np.zeros((1, 2))}).numpy().tolist()
        [[0.5, 0.5]]
        >>> fusion.modality_weights()
        {'a': 0.5, 'b': 0.5}

    Reference:
        Tan et al., "EfficientDet", 2020, arXiv:1911.09070, section 3.3 (softmax
        and unbounded weights).
    """

    def __init__(self, normalize="softmax", project_dim=None, **kwargs):
        super().__init__(project_dim, **kwargs)
        _checks.check_choice("WeightedSum", "normalize", normalize, _NORMALIZE)
        self.normalize = normalize

    def build(self, input_shape):
        super().build(input_shape)
        count, plain = len(self.names), self.normalize == "none"
        self.scales = self.add_weight(
            shape=(count,),
            initializer=keras.initializers.Constant(1 / count if plain else 0.0),
            # The softmax of one is 1 whatever is learned.
            trainable=plain or count > 1,
            name="scales",
        )

    def call(self, inputs, present=None):
        if self.normalize == "none":
            x = self.rescaled(inputs, present)
            return ops.sum(x * ops.expand_dims(self.scales, -1), axis=1)
        found, counts = self.counted(inputs, present)
        logits = ops.cast(self.scales, counts.dtype) * ops.ones_like(counts)
        weights = ops.expand_dims(masked_softmax(logits, counts), -1)
        return ops.sum(weights * ops.stack(found, axis=1), axis=1)

    def modality_weights(self):
        """The weights, by name, that a row with all modalities has, as floats.

        Returns:
            A dict of floats.

        Raises:
            ValueError: before the layer has been called.
        """
        self.check_built()
        scales = ops.expand_dims(self.scales, 0)
        if self.normalize == "softmax":
            scales = masked_softmax(scales, ops.ones_like(scales))
        found = ops.convert_to_numpy(scales)[0].tolist()
        return dict(zip(self.names, found, strict=True))
