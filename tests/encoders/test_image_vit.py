"""image_vit: its patches and positions against NumPy, and its parts."""

import numpy as np
import pytest

from mmkeras.encoders import image_vit
from mmkeras.layers import TransformerBlock

PICTURES = np.random.default_rng(0).random((3, 9, 12, 3)).astype("float32")
SMALL = {"patch_size": 4, "dim": 8, "depth": 2, "num_heads": 2}


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ({}, (3, 64)),
        (SMALL, (3, 8)),
        (SMALL | {"pooling": "none"}, (3, 2 * 3, 8)),
        (SMALL | {"pooling": "none", "patch_size": [3, 2]}, (3, 3 * 6, 8)),
    ],
    ids=str,
)
def test_shape_follows_the_options(arguments, shape):
    assert image_vit(**arguments)(PICTURES).shape == shape


def test_token_is_a_dense_layer_on_its_patch_and_its_position():
    encoder = image_vit(**SMALL)
    encoder(PICTURES)
    kernel, bias = encoder.get_layer("patches").get_weights()
    positions = encoder.get_layer("positions").get_weights()[0]
    found = PICTURES
    for layer in encoder.layers[:3]:
        found = layer(found)
    assert found.shape == (3, 2 * 3, 8)  # The ninth row of pixels is not seen.
    for row in range(2):
        for column in range(3):
            patch = PICTURES[:, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
            token = patch.reshape(3, -1) @ kernel.reshape(-1, 8) + bias
            token += positions[3 * row + column]
            # float32 sums of 48 terms.
            expected = found[:, 3 * row + column]
            np.testing.assert_allclose(token, expected, atol=1e-5)


def test_rest_is_the_blocks_a_normalisation_and_an_average():
    encoder = image_vit(**SMALL, pooling="average")
    found = encoder(PICTURES)
    first = encoder.layers[:-2]
    assert [type(layer) for layer in first[-2:]] == [TransformerBlock] * 2
    x = PICTURES
    for layer in first:
        x = layer(x)
    x = x.numpy()
    spread = np.sqrt(x.var(-1, keepdims=True) + 1e-6)
    x = (x - x.mean(-1, keepdims=True)) / spread  # gamma 1, beta 0: as initialised
    # float32 sums of eight terms, and of six.
    np.testing.assert_allclose(found, x.mean(1), atol=1e-5)


def test_dropout_acts_in_training_alone():
    encoder = image_vit(**SMALL, dropout=0.5)
    quiet = encoder(PICTURES)
    np.testing.assert_array_equal(encoder(PICTURES, training=False), quiet)
    assert np.any(encoder(PICTURES, training=True) != quiet)


def test_picture_smaller_than_a_patch_is_refused():
    with pytest.raises(ValueError, match="zero or negative"):
        image_vit(patch_size=10)(PICTURES)


WRONG = [
    ({"patch_size": 0}, ValueError, "`patch_size` must be at least 1"),
    ({"patch_size": (4, 4, 3)}, ValueError, "`patch_size` must be one number or two"),
    ({"patch_size": "8"}, TypeError, "`patch_size` must be a whole number"),
    ({"dim": 0}, ValueError, "`dim` must be at least 1"),
    ({"dim": 10}, ValueError, "`dim` must be a multiple of num_heads=4"),
    ({"depth": 0}, ValueError, "`depth` must be at least 1"),
    ({"num_heads": 2.0}, TypeError, "`num_heads` must be a whole number"),
    ({"dropout": 1}, ValueError, r"`dropout` must be in \[0, 1\)"),
    ({"pooling": "last"}, ValueError, "Known: 'average', 'none'"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG, ids=str)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`image_vit`: .*{message}"):
        image_vit(**arguments)
