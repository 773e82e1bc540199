"""Fusion by the elementwise product."""

import functools

import keras
from keras import ops

from mmkeras.fusion._pooled import PooledFusion


@keras.saving.register_keras_serializable("mmkeras")
class Multiply(PooledFusion):
    """The elementwise product: `y = x_a * x_b * ...`, over who is present.

    An absent modality counts as 1: it changes nothing. A row without any modality
    takes the product of all learned stand-ins. The cheapest fusion in which
    modalities interact: a feature is large only where all agree. With many
    modalities the product shrinks or grows fast; scale the embeddings to about 1.

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
        >>> x = {"a": np.array([[2.0, 3.0]]), "b": np.array([[5.0, -1.0]])}
        >>> Multiply()(x).numpy().tolist()
        [[10.0, -3.0]]
        >>> Multiply()(x, present={"b": np.array([False])}).numpy().tolist()
        [[2.0, 3.0]]

    Reference:
        Antol et al., "VQA: Visual Question Answering", 2015, arXiv:1505.00468 (the
        product of an image's and a question's embedding).
    """

    def call(self, inputs, present=None):
        found, counts = self.counted(inputs, present)
        # 0 where absent, and 1 added there. A loop: the gradient of `ops.prod` is
        # of cumulative products, slower than these few.
        factors = [x + (1 - counts[:, m, None]) for m, x in enumerate(found)]
        return functools.reduce(ops.multiply, factors)
