"""The plain model of all three: it sees, reads and hears."""

from __future__ import annotations

from typing import Any

import keras

from mmkeras import encoders, fusion
from mmkeras.model import build_model
from mmkeras.recipes._heads import with_hidden_units
from mmkeras.spec import Spec


def cnn_lstm_sound(
    spec: Spec, image: str = "image", text: str = "text", sound: str = "sound"
) -> keras.Model:
    """Conv2D 32; Embedding and LSTM 128; TimeDistributed dense 128 and LSTM 128.

    The three are concatenated, then a dense layer of 64 and softmax.

    Args:
        spec: of a loaded data set with these three inputs.
        image: name of the picture.
        text: name of the text.
        sound: name of the sound.

    Returns:
        A `keras.Model`, as of `build_model`.

    Example:
        >>> model = mm.recipes.cnn_lstm_sound(data.spec, text="word")
        >>> sorted(model.output)
        ['digit']

    Reference:
        Ngiam et al., 2011, ICML ("Multimodal Deep Learning").
    """
    words: Any = spec.inputs[text]
    return build_model(
        with_hidden_units(spec, 64),
        {
            image: encoders.image_cnn(filters=(32,), pooling="flatten", units=0),
            text: encoders.text_rnn(words.vocabulary_size, embedding=128, units=128),
            sound: encoders.audio_rnn(frame_units=128, units=128),
        },
        fusion.Concat(),
    )
