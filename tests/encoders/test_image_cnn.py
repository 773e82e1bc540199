"""image_cnn: shapes, options, and the plain Keras model that it is."""

import keras
import numpy as np
import pytest

from mmkeras.encoders import image_cnn

PICTURES = np.random.default_rng(0).random((3, 16, 12, 3)).astype("float32")


@pytest.mark.parametrize(
    ("arguments", "dim"),
    [
        ({}, 64),
        ({"units": 5}, 5),
        ({"units": 0}, 2 * 1 * 128),
        ({"units": 0, "filters": [4, 6]}, 4 * 3 * 6),
        ({"units": 0, "filters": (4, 6), "pooling": "average"}, 6),
        ({"units": 0, "filters": (4, 6), "pooling": "max"}, 6),
        ({"units": 5, "filters": (4, 6), "pooling": "average"}, 5),
        ({"kernel_size": 5, "batch_norm": True, "dropout": 0.5}, 64),
    ],
    ids=str,
)
def test_width_follows_the_options(arguments, dim):
    assert image_cnn(**arguments)(PICTURES).shape == (3, dim)


def test_equals_a_plain_keras_model_of_the_same_weights():
    encoder = image_cnn(filters=(4, 6), pooling="max", units=5, batch_norm=True)
    encoder(PICTURES)
    random = np.random.default_rng(1)
    encoder.set_weights([random.random(w.shape) for w in encoder.weights])
    x = inputs = keras.Input((16, 12, 3))
    for number in (4, 6):
        x = keras.layers.Conv2D(number, 3, padding="same", use_bias=False)(x)
        x = keras.layers.MaxPooling2D()(
            keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
        )
    x = keras.layers.Dense(5, activation="relu")(keras.ops.max(x, axis=(1, 2)))
    plain = keras.Model(inputs, x)
    plain.set_weights(encoder.get_weights())
    # The same ops but for the order of a maximum's terms.
    np.testing.assert_allclose(encoder(PICTURES), plain(PICTURES), rtol=1e-5)


@pytest.mark.parametrize("units", [0, 5])
def test_tokens_are_the_cells_of_the_last_grid_row_after_row(units):
    encoder = image_cnn(filters=(4, 6), pooling="none", units=units)
    found = encoder(PICTURES).numpy()
    grid = PICTURES
    for layer in encoder.layers[:6]:
        grid = layer(grid)
    grid = grid.numpy()
    if units:
        kernel, bias = encoder.layers[-1].get_weights()
        grid = np.maximum(grid @ kernel + bias, 0)
    assert found.shape == (3, 4 * 3, units or 6)
    for row in range(4):
        for column in range(3):
            cell = grid[:, row, column]
            # float32 sums of six terms.
            np.testing.assert_allclose(found[:, 3 * row + column], cell, atol=1e-6)


def test_dropout_acts_in_training_alone():
    encoder = image_cnn(filters=(4,), dropout=0.9)
    quiet = encoder(PICTURES)
    np.testing.assert_array_equal(encoder(PICTURES, training=False), quiet)
    assert np.any(encoder(PICTURES, training=True) != quiet)


WRONG = [
    ({"filters": ()}, ValueError, "`filters` must be one number or more"),
    ({"filters": 32}, TypeError, "`filters` must be a list or tuple"),
    ({"filters": (8, 0)}, ValueError, "`filters` must be at least 1"),
    ({"filters": (8, 1.5)}, TypeError, "`filters` must be a whole number"),
    ({"kernel_size": 0}, ValueError, "`kernel_size` must be at least 1"),
    ({"units": -1}, ValueError, "`units` must be at least 1"),
    ({"pooling": "mean"}, ValueError, "Known: 'average', 'flatten', 'max', 'none'"),
    ({"pooling": "flaten"}, ValueError, "Did you mean 'flatten'"),
    ({"dropout": 1}, ValueError, r"`dropout` must be in \[0, 1\)"),
    ({"dropout": "half"}, TypeError, "`dropout` must be a number"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG, ids=str)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`image_cnn`: .*{message}"):
        image_cnn(**arguments)
