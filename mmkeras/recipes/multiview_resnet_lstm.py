"""One thing in several pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from mmkeras import encoders, fusion
from mmkeras.model import inputs
from mmkeras.recipes._heads import with_hidden_units
from mmkeras.spec import Spec


def multiview_resnet_lstm(
    spec: Spec,
    views: Sequence[str],
    combine: keras.Layer | None = None,
    units: int = 64,
    steps: int = 16,
    weights: Any = None,
) -> keras.Model:
    """A ResNet-50 for each view, their features combined, an LSTM head.

    Each view has its own network. Their features, 2,048 each, become one vector;
    cut into `steps` pieces, it is what the LSTM reads.

    Args:
        spec: of a loaded data set with these pictures, none of them optional.
        views: names of the pictures.
        combine: `mm.fusion.WeightedSum()` if `None`; `Multiply()` for the product,
            `ConvFusion(filters=1)` for a convolution over the stacked views.
        units: of the LSTM.
        steps: pieces of the combined features; a divisor of their width.
        weights: of the ResNets: `None`, a local file, or `"imagenet"`.

    Returns:
        A `keras.Model`, as of `build_model`.

    Example:
        >>> views = ("front", "side", "top")
        >>> mm.recipes.multiview_resnet_lstm(data.spec, views)  # doctest: +SKIP

    Reference:
        Su et al., 2015, arXiv:1505.00880 (views that share one network).
    """
    tensors, features = inputs(spec), {}
    for view in views:
        photo = spec.inputs[view]
        network = encoders.image_application(
            "ResNet50", photo.shape, weights, name=f"{view}_encoder"
        )
        features[view] = network(photo.preprocessing()(tensors[view]))
    fused = (combine or fusion.WeightedSum())(features)
    pieces = keras.layers.Reshape((steps, -1))(fused)
    state = keras.layers.LSTM(units)(pieces)
    tasks = with_hidden_units(spec, 0).tasks
    heads = {name: task.head(name)(state) for name, task in tasks.items()}
    return keras.Model(tensors, heads, name=spec.name)
