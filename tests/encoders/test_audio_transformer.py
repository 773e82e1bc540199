"""audio_transformer: its patches of time and frequency."""

import numpy as np
import pytest

from mmkeras.encoders import audio_transformer, image_vit

SOUNDS = np.random.default_rng(0).uniform(-1, 1, (3, 10, 7)).astype("float32")
SMALL = {"patch_size": (4, 2), "dim": 8, "depth": 1, "num_heads": 2}


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        (SMALL, (3, 8)),
        (SMALL | {"pooling": "none"}, (3, 2 * 3, 8)),
        (SMALL | {"pooling": "none", "stride": (3, 1)}, (3, 3 * 6, 8)),
        (SMALL | {"pooling": "none", "stride": 2}, (3, 4 * 3, 8)),
        (SMALL | {"pooling": "none", "patch_size": 5}, (3, 2 * 1, 8)),
    ],
    ids=str,
)
def test_shape_follows_the_options(arguments, shape):
    assert audio_transformer(**arguments)(SOUNDS).shape == shape


def test_is_image_vit_of_a_grey_picture():
    encoder, other = audio_transformer(**SMALL), image_vit(**SMALL)
    found = encoder(SOUNDS)
    other(SOUNDS[..., None])
    other.set_weights(encoder.get_weights())
    # The same ops.
    np.testing.assert_allclose(other(SOUNDS[..., None]), found, atol=1e-6)


def test_overlapping_patches_start_at_every_stride():
    encoder = audio_transformer(**SMALL, stride=(3, 1))
    encoder(SOUNDS)
    kernel, bias = encoder.get_layer("patches").get_weights()
    tokens = encoder.layers[2](encoder.layers[1](encoder.layers[0](SOUNDS)))
    for row in range(3):
        for column in range(6):
            patch = SOUNDS[:, 3 * row : 3 * row + 4, column : column + 2]
            expected = patch.reshape(3, -1) @ kernel.reshape(-1, 8) + bias
            # float32 sums of eight terms.
            found = tokens[:, 6 * row + column]
            np.testing.assert_allclose(found, expected, atol=1e-6)


WRONG = [
    ({"patch_size": (16,)}, ValueError, "`patch_size` must be one number or two"),
    ({"stride": 0}, ValueError, "`stride` must be at least 1"),
    ({"stride": "10"}, TypeError, "`stride` must be a whole number"),
    ({"num_heads": 3}, ValueError, "`dim` must be a multiple of num_heads=3"),
    ({"pooling": "max"}, ValueError, "Known: 'average', 'none'"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG, ids=str)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`audio_transformer`: .*{message}"):
        audio_transformer(**arguments)
