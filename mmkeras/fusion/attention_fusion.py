"""Fusion by attention over the modalities."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._masked_softmax import masked_softmax
from mmkeras.fusion._pooled import PooledFusion


@keras.saving.register_keras_serializable("mmkeras")
class AttentionFusion(PooledFusion):
    """A mean with learned weights that depend on the row.

    `y = sum_m a_m x_m`, with `a = softmax_m(s_m)` over the modalities that the row
    has, and `s_m = v . tanh(W_m x_m + b_m)`: each modality is asked how much it
    has to say. A row without any counts all learned stand-ins; of one modality
    `y = x`. Use it where a modality is good in some rows and noise in others, and
    where its share is wanted as a number: `attention(inputs)` gives it.

    Args:
        units: width in which the score is made.
        project_dim: width that a dense layer projects each embedding to first;
            `None` to take them as they are.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, dim)` floats of one width. Beside it, by keyword:
        `present`, a dict of `(batch,)` bools; who is not in it is there.

    Output shape:
        `(batch, dim)`.

    Raises:
        ValueError: for `units` below 1, if an embedding is not `(batch, dim)`, or
            widths differ without `project_dim`.
        TypeError: for an argument of another type.

    Example:
        >>> x = {"a": np.ones((1, 2)), "b": np.zeros((1, 2))}
        >>> fusion = AttentionFusion(units=8)
        >>> fusion(x).shape
        TensorShape([1, 2])
        >>> fusion.attention(x, present={"a": np.array([False])}).numpy().tolist()
        [[0.0, 1.0]]

    Reference:
        Hori et al., "Attention-Based Multimodal Fusion for Video Description",
        2017, arXiv:1701.03126 (there the score sees the decoder's state too).
    """

    def __init__(self, units=64, project_dim=None, **kwargs):
        super().__init__(project_dim, **kwargs)
        _checks.check_positive_int("AttentionFusion", "units", units)
        self.units = units

    def build(self, input_shape):
        super().build(input_shape)
        # The softmax of one is 1 whatever is learned.
        if len(self.names) > 1:
            self.hidden = self.dense_layers("hidden", self.units, activation="tanh")
            # No bias: the same for all, it would cancel in the softmax.
            self.score = keras.layers.Dense(
                1, use_bias=False, dtype=self.dtype_policy, name="score"
            )
            self.score.build((None, len(self.names), self.units))

    def call(self, inputs, present=None):
        found, counts = self.counted(inputs, present)
        weights = ops.expand_dims(self._attend(found, counts), -1)
        return ops.sum(weights * ops.stack(found, axis=1), axis=1)

    def attention(self, inputs, present=None):
        """The weight of each modality in each row, in sorted order of their names.

        Args:
            inputs: the dict of embeddings.
            present: `(batch,)` bool by name, or `None`; who is not in it is there.

        Returns:
            `(batch, modalities)` floats; each row sums to 1.

        Raises:
            ValueError: before the layer has been called.
        """
        self.check_built()
        return self._attend(*self.counted(inputs, present))

    def _attend(self, found, counts):
        if len(found) == 1:
            return counts
        hidden = [layer(x) for layer, x in zip(self.hidden, found, strict=True)]
        scores = self.score(ops.stack(hidden, axis=1))[:, :, 0]
        return masked_softmax(scores, counts)
