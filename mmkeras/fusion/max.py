"""Fusion by the maximum."""

import keras
from keras import ops

from mmkeras.fusion._pooled import PooledFusion


@keras.saving.register_keras_serializable("mmkeras")
class Max(PooledFusion):
    """The largest value of each feature: `y_d = max_m x_md`, over who is present.

    A row without any modality takes the maximum of all learned stand-ins. Use it
    where a feature is a detector that any one modality may set off: it passes on
    the strongest answer and lets the others be silent.

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
        >>> x = {"a": np.array([[1.0, -2.0]]), "b": np.array([[3.0, -4.0]])}
        >>> Max()(x).numpy().tolist()
        [[3.0, -2.0]]
        >>> Max()(x, present={"a": np.array([False])}).numpy().tolist()
        [[3.0, -4.0]]

    Reference:
        Kittler et al., "On Combining Classifiers", 1998, IEEE TPAMI 20(3) (the max
        rule, there of posteriors).
    """

    def call(self, inputs, present=None):
        found, counts = self.counted(inputs, present)
        there = ops.expand_dims(counts, -1) > 0
        # Nothing is computed with -inf: in each row somebody counts.
        x = ops.where(there, ops.stack(found, axis=1), float("-inf"))
        return ops.max(x, axis=1)
