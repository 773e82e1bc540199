"""A small CNN that looks, an LSTM that reads and keeps all it read."""

from __future__ import annotations

from typing import Any

import keras

from mmkeras import encoders, fusion
from mmkeras.model import build_model
from mmkeras.recipes._heads import with_hidden_units
from mmkeras.spec import Spec


def cnn_lstm(spec: Spec, image: str = "image", text: str = "text") -> keras.Model:
    """Conv2D 32 and 64, Embedding 128 and LSTM 64 of all states, concatenated.

    Every state of the LSTM goes through a dense layer and is flattened beside the
    flattened picture; then softmax.

    Args:
        spec: of a loaded data set with these two inputs.
        image: name of the picture.
        text: name of the text.

    Returns:
        A `keras.Model`, as of `build_model`.

    Example:
        >>> model = mm.recipes.cnn_lstm(data.spec, text="word")  # doctest: +SKIP

    Reference:
        Hochreiter and Schmidhuber, 1997, Neural Computation 9(8).
    """
    words: Any = spec.inputs[text]
    states = encoders.text_rnn(
        words.vocabulary_size, embedding=128, units=64, pooling="none"
    )
    dense = keras.layers.Dense(64, activation="relu")
    return build_model(
        with_hidden_units(spec, 0),
        {
            image: encoders.image_cnn(filters=(32, 64), pooling="flatten", units=0),
            text: keras.Sequential([states, dense, keras.layers.Flatten()]),
        },
        fusion.Concat(),
    )
