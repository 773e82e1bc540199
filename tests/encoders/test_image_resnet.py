"""image_resnet: shapes, options, depth."""

import keras
import numpy as np
import pytest

from mmkeras.encoders import image_resnet

PICTURES = np.random.default_rng(0).random((3, 9, 12, 3)).astype("float32")
SMALL = {"filters": (4, 6), "blocks": 1}


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ({}, (3, 128)),
        (SMALL, (3, 6)),
        (SMALL | {"units": 5, "pooling": "max"}, (3, 5)),
        (SMALL | {"pooling": "flatten"}, (3, 5 * 6 * 6)),
        (SMALL | {"pooling": "none", "dropout": 0.5}, (3, 5 * 6, 6)),
        (SMALL | {"pooling": "none", "units": 5}, (3, 5 * 6, 5)),
        ({"filters": [4, 6, 8], "blocks": 1, "pooling": "none"}, (3, 3 * 3, 8)),
    ],
    ids=str,
)
def test_shape_follows_the_options(arguments, shape):
    assert image_resnet(**arguments)(PICTURES).shape == shape


def test_weights_are_those_of_the_published_network():
    """ResNet-20 for CIFAR-10 has 0.27 million, "table 6"."""
    encoder = image_resnet((16, 32, 64), blocks=3, units=0)
    encoder.build((None, 32, 32, 3))
    kernels = sum(w.shape.num_elements() for w in kernels_of(encoder))
    in_blocks = 6 * 9 * 16**2 + 6 * 9 * 32**2 + 6 * 9 * 64**2
    # The first convolution of a stage reads half the filters.
    in_blocks -= 9 * 32 * 16 + 9 * 64 * 32
    assert kernels == 9 * 3 * 16 + in_blocks + 16 * 32 + 32 * 64
    assert round(encoder.count_params() / 1e6, 2) == 0.27


def kernels_of(encoder):
    return [w.value for w in encoder.weights if w.path.endswith("kernel")]


def test_reads_pictures_of_other_sizes_than_it_was_built_on():
    encoder = image_resnet(**SMALL)
    encoder.build((None, None, None, 3))
    assert encoder(PICTURES[:, :6]).shape == encoder(PICTURES).shape == (3, 6)


def test_works_over_the_frames_of_a_film():
    import mmkeras as mm

    film = np.stack([PICTURES, PICTURES + 1], 1)
    layer = mm.layers.TimeDistributed(image_resnet(**SMALL))
    frames = layer(keras.Input(film.shape[1:]))
    assert frames.shape == (None, 2, 6)


WRONG = [
    ({"filters": ()}, ValueError, "`filters` must be one number or more"),
    ({"filters": 32}, TypeError, "`filters` must be a list or tuple"),
    ({"blocks": 0}, ValueError, "`blocks` must be at least 1"),
    ({"blocks": (2, 2)}, TypeError, "`blocks` must be a whole number"),
    ({"pooling": "averge"}, ValueError, "Did you mean 'average'"),
    ({"units": -1}, ValueError, "`units` must be at least 1"),
    ({"dropout": 1}, ValueError, r"`dropout` must be in \[0, 1\)"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG, ids=str)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`image_resnet`: .*{message}"):
        image_resnet(**arguments)
