"""Fusion by concatenation."""

import keras
from keras import ops

from mmkeras.fusion._pooled import PooledFusion


@keras.saving.register_keras_serializable("mmkeras")
class Concat(PooledFusion):
    """Puts the embeddings side by side: `y = [x_a; x_b; ...]`.

    The baseline that every other fusion is measured against. Embeddings are taken
    in sorted order of their names, so the order of the dict does not matter.

    Args:
        project_dim: width that a dense layer projects each embedding to first;
            `None` to take them as they are.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, dim)` floats; widths may differ.

    Output shape:
        `(batch, sum of the widths)`.

    Raises:
        ValueError: if an embedding is not `(batch, dim)`.

    Example:
        >>> Concat()({"a": np.zeros((2, 3)), "b": np.zeros((2, 4))}).shape
        TensorShape([2, 7])

    Reference:
        Ngiam et al., "Multimodal Deep Learning", 2011.
    """

    same_width = False

    def call(self, inputs):
        return ops.concatenate(self.embeddings(inputs), axis=-1)
