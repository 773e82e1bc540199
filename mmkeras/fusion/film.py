"""Fusion by feature-wise linear modulation."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._pooled import PooledFusion

# Of the variance that Glorot's initialiser gives: a tenth of its size, so that
# the layer starts near `y = x`, and the gradient reaches the conditions at once.
START_VARIANCE = 0.01


@keras.saving.register_keras_serializable("mmkeras")
class FiLM(PooledFusion):
    """One embedding, scaled and shifted by the others: `y = gamma(z) * x + beta(z)`.

    `x` is the embedding named `feature`, `z` the others side by side,
    `gamma(z) = 1 + G z + g` and `beta(z) = B z + b`; the weights start small, so
    `y` is about `x`. Of one modality `y = x`. Use it where one modality is the
    matter and the rest say how to read it: an image under a question, a sound
    under its place.

    It takes no `present`: every modality has its own part, and none can stand
    in for another. The learned stand-in of an absent condition says so to
    `gamma` and `beta`; that of an absent `feature` is modulated like any other.

    Args:
        feature: name of the embedding that is modulated; the first in sorted
            order if `None`.
        project_dim: width that a dense layer projects each embedding to first;
            `None` to take them as they are.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, dim)` floats; widths may differ.

    Output shape:
        `(batch, dim)`, as wide as the embedding named `feature` (projected).

    Raises:
        ValueError: for a `feature` that is not among the embeddings, or if one is
            not `(batch, dim)`.

    Example:
        >>> x = {"image": np.ones((2, 6)), "question": np.zeros((2, 4))}
        >>> FiLM("image")(x).numpy()[0].tolist()
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]

    Reference:
        Perez et al., "FiLM: Visual Reasoning with a General Conditioning Layer",
        2018, arXiv:1709.07871.
    """

    same_width = False

    def __init__(self, feature=None, project_dim=None, **kwargs):
        super().__init__(project_dim, **kwargs)
        self.feature = feature

    def build(self, input_shape):
        super().build(input_shape)
        if self.feature is not None and self.feature not in self.names:
            raise _checks.bad_value(
                "FiLM",
                "feature",
                "the name of an embedding",
                self.feature,
                _checks.did_you_mean(self.feature, self.names),
            )
        chosen = self.names[0] if self.feature is None else self.feature
        self.position = self.names.index(chosen)
        width = self.widths[self.position]
        if len(self.names) > 1:
            self.modulation = keras.layers.Dense(
                2 * width,
                kernel_initializer=keras.initializers.VarianceScaling(
                    START_VARIANCE, "fan_avg", "uniform"
                ),
                dtype=self.dtype_policy,
                name="modulation",
            )
            self.modulation.build((None, sum(self.widths) - width))

    def call(self, inputs):
        conditions = self.embeddings(inputs)
        x = conditions.pop(self.position)
        if not conditions:
            return x
        gamma, beta = ops.split(
            self.modulation(ops.concatenate(conditions, axis=-1)), 2, axis=-1
        )
        return (1 + gamma) * x + beta
