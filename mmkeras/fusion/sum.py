"""Fusion by the sum."""

import keras
from keras import ops

from mmkeras.fusion._pooled import PooledFusion


@keras.saving.register_keras_serializable("mmkeras")
class Sum(PooledFusion):
    """The sum of the embeddings: `y = M / (sum_m p_m) * sum_m p_m x_m`.

    `M` is the number of modalities, and `p_m` is 1 where the row has modality `m`,
    else 0. The factor keeps the size of `y` the same however many of them a row
    has, so that the head is not told of it by the scale; with all present it is
    1. A row without any modality takes the sum of all learned stand-ins. Use it
    where each encoder adds its own evidence to one shared space.

    Args:
        project_dim: width that a dense layer projects each embedding to first;
            `None` to take them as they are.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, dim)` floats of one width. Beside it, by keyword:
        `present`, a dict of `(batch,)` bools; who is not in it is there.

    Output shape:
        `(batch, dim)`.

    Raises:
        ValueError: if an embedding is not `(batch, dim)`, or widths differ without
            `project_dim`.

    Example:
        >>> x = {"a": np.ones((1, 2)), "b": np.full((1, 2), 3.0)}
        >>> Sum()(x).numpy().tolist()
        [[4.0, 4.0]]
        >>> Sum()(x, present={"b": np.array([False])}).numpy().tolist()
        [[2.0, 2.0]]

    Reference:
        Kittler et al., "On Combining Classifiers", 1998, IEEE TPAMI 20(3) (the sum
        rule, there of posteriors).
    """

    def call(self, inputs, present=None):
        return ops.sum(self.rescaled(inputs, present), axis=1)
