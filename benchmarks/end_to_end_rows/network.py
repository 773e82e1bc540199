"""The network of every row; of those without mmkeras, compiled."""

import keras
from keras import layers


def image_encoder():
    """Two convolutions over 64x64 pixels, flattened."""
    return keras.Sequential(
        [
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
        ],
        name="image_encoder",
    )


def text_encoder(vocabulary_size):
    """An LSTM over embedded tokens."""
    return keras.Sequential(
        [layers.Embedding(vocabulary_size, 64), layers.LSTM(64)], name="text_encoder"
    )


def sound_encoder():
    """A dense layer on each frame of 64 mel bands, and an LSTM over them."""
    return keras.Sequential(
        [
            layers.TimeDistributed(layers.Dense(64, activation="relu")),
            layers.LSTM(64),
        ],
        name="sound_encoder",
    )


def network(run, shapes, vocabulary_size, classes):
    """The whole, compiled, for rows of these shapes."""
    entries = {
        "image": keras.Input(shapes["image"], name="image"),
        "text": keras.Input(shapes["text"], dtype="int32", name="text"),
        "sound": keras.Input(shapes["sound"], name="sound"),
    }
    joined = layers.concatenate(
        [
            image_encoder()(entries["image"]),
            text_encoder(vocabulary_size)(entries["text"]),
            sound_encoder()(entries["sound"]),
        ]
    )
    hidden = layers.Dense(64, activation="relu")(joined)
    model = keras.Model(entries, layers.Dense(classes, activation="softmax")(hidden))
    model.compile(
        "adam",
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=run.steps_per_execution,
    )
    return model
