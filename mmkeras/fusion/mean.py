"""Fusion by the mean."""

import keras
from keras import ops

from mmkeras.fusion._pooled import PooledFusion


@keras.saving.register_keras_serializable("mmkeras")
class Mean(PooledFusion):
    """The mean of the embeddings: `y = sum_m p_m x_m / sum_m p_m`.

    `p_m` is 1 where the row has modality `m`, else 0: what is absent is left out.
    A row without any modality takes the mean of all learned stand-ins. Use it where
    the encoders are thought to make one shared space.

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
        >>> x = {"a": np.ones((1, 2)), "b": np.zeros((1, 2))}
        >>> Mean()(x).numpy().tolist()
        [[0.5, 0.5]]
        >>> Mean()(x, present={"b": np.array([False])}).numpy().tolist()
        [[1.0, 1.0]]

    Reference:
        Kuncheva, "Combining Pattern Classifiers", 2004, section 5.2 (the simple
        mean).
    """

    def call(self, inputs, present=None):
        return ops.mean(self.rescaled(inputs, present), axis=1)
