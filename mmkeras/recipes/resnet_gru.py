"""A ResNet-50 that looks, a GRU that reads."""

from __future__ import annotations

from typing import Any

import keras

from mmkeras import encoders, fusion
from mmkeras.model import build_model
from mmkeras.recipes._heads import with_hidden_units
from mmkeras.spec import Spec


def resnet_gru(
    spec: Spec, image: str = "image", text: str = "text", weights: Any = None
) -> keras.Model:
    """ResNet-50 of a picture, two GRU layers over a text, concatenated, classified.

    The first model that many build of a picture and its caption or review.

    Args:
        spec: of a loaded data set with these two inputs.
        image: name of the picture.
        text: name of the text.
        weights: of the ResNet: `None`, a local file, or `"imagenet"`.

    Returns:
        A `keras.Model`, as of `build_model`.

    Example:
        >>> model = mm.recipes.resnet_gru(data.spec)  # doctest: +SKIP

    Reference:
        He et al., 2015, arXiv:1512.03385; Cho et al., 2014, arXiv:1406.1078.
    """
    words: Any = spec.inputs[text]
    return build_model(
        with_hidden_units(spec, 0),
        {
            image: encoders.image_application(
                "ResNet50", spec.inputs[image].shape, weights
            ),
            text: encoders.text_rnn(
                words.vocabulary_size, embedding=128, units=(64, 64), cell="gru"
            ),
        },
        fusion.Concat(),
    )
