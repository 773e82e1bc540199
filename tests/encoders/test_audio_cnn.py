"""audio_cnn: the stack of image_cnn over a spectrogram."""

import numpy as np
import pytest

from mmkeras.encoders import audio_cnn, image_cnn

SOUNDS = np.random.default_rng(0).uniform(-1, 1, (3, 9, 8)).astype("float32")


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ({}, (3, 64)),
        ({"filters": (4, 6), "units": 0}, (3, 2 * 6)),
        ({"filters": (4, 6), "units": 5, "pooling": "max"}, (3, 5)),
        ({"filters": [4], "units": 0, "pooling": "flatten"}, (3, 4 * 4 * 4)),
        ({"filters": [4], "units": 0, "pooling": "none"}, (3, 4, 4 * 4)),
        ({"filters": [4], "pooling": "none", "dropout": 0.5}, (3, 4, 64)),
    ],
    ids=str,
)
def test_shape_follows_the_options(arguments, shape):
    assert audio_cnn(**arguments)(SOUNDS).shape == shape


def test_is_image_cnn_of_a_grey_picture():
    arguments = {"filters": (4, 6), "pooling": "flatten", "batch_norm": True}
    encoder, other = audio_cnn(**arguments), image_cnn(**arguments)
    encoder(SOUNDS, training=True)
    other(SOUNDS[..., None])
    other.set_weights(encoder.get_weights())
    # The same ops.
    np.testing.assert_allclose(encoder(SOUNDS), other(SOUNDS[..., None]), atol=1e-6)


def test_vector_pools_frames_and_keeps_frequencies():
    frames = audio_cnn(filters=(4,), units=0, pooling="none")
    every = np.asarray(frames(SOUNDS))
    for pooling, pool in (("average", np.mean), ("max", np.max)):
        encoder = audio_cnn(filters=(4,), units=0, pooling=pooling)
        encoder(SOUNDS)
        encoder.set_weights(frames.get_weights())
        # The same sums, in another order at most.
        np.testing.assert_allclose(encoder(SOUNDS), pool(every, axis=1), atol=1e-6)


def test_reads_sounds_of_other_lengths_than_it_was_built_on():
    encoder = audio_cnn(filters=(4, 6), units=5)
    encoder.build((None, None, 8))
    assert encoder(SOUNDS[:, :5]).shape == encoder(SOUNDS).shape == (3, 5)


def test_sound_shorter_than_its_halvings_is_refused():
    with pytest.raises(ValueError, match="zero or negative"):
        audio_cnn(filters=(2, 2, 2, 2))(SOUNDS)


WRONG = [
    ({"filters": ()}, ValueError, "`filters` must be one number or more"),
    ({"kernel_size": 0}, ValueError, "`kernel_size` must be at least 1"),
    ({"pooling": "last"}, ValueError, "Known: 'average', 'flatten', 'max', 'none'"),
    ({"units": 1.5}, TypeError, "`units` must be a whole number"),
    ({"dropout": -1}, ValueError, r"`dropout` must be in \[0, 1\)"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG, ids=str)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`audio_cnn`: .*{message}"):
        audio_cnn(**arguments)
