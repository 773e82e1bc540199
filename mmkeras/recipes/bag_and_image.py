"""A bag of words and the features of a picture, weighed against each other."""

from __future__ import annotations

from typing import Any

import keras

from mmkeras import encoders, fusion
from mmkeras.model import build_model
from mmkeras.recipes._heads import with_hidden_units
from mmkeras.spec import Spec


def bag_and_image(
    spec: Spec,
    image: str = "image",
    text: str = "text",
    embedding: keras.layers.Embedding | None = None,
    units: int = 64,
) -> keras.Model:
    """A bag of words, or the mean of word vectors, plus image features, weighted.

    Both become one width and are summed with learned weights; then softmax. Few
    rows are enough for it.

    Args:
        spec: of a loaded data set with these two inputs.
        image: name of the picture.
        text: name of the text.
        embedding: word vectors to average, as of `mm.text.word_embedding`; the
            counts of the words if `None`.
        units: the width.

    Returns:
        A `keras.Model`, as of `build_model`.

    Example:
        >>> model = mm.recipes.bag_and_image(data.spec, text="word")
        >>> sorted(model.output)
        ['digit']

    Reference:
        Salton and Buckley, 1988, Information Processing & Management 24(5);
        Mikolov et al., 2013, arXiv:1310.4546 (Word2Vec).
    """
    words: Any = spec.inputs[text]
    photo, size = spec.inputs[image], words.vocabulary_size
    if embedding is None:
        bag = encoders.text_bag(size, mode="count", units=units)
    else:
        bag = encoders.text_bag(size, "average", embedding=embedding, units=units)
    return build_model(
        with_hidden_units(spec, 0),
        {image: encoders.image_hog(photo.shape, units=units), text: bag},
        fusion.WeightedSum(),
    )
