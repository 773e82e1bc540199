"""text_cnn against convolutions written out."""

import keras
import numpy as np
import pytest

from mmkeras.encoders import text_cnn

IDS = np.array([[5, 7, 9, 0, 0], [1, 0, 0, 0, 0], [3, 3, 4, 6, 2]], "int32")
# float32 sums of some tens of products below 1.
ROUNDING = 1e-6


def random_weights(encoder):
    """Biases are not 0: after the convolution padding would not be either."""
    random = np.random.default_rng(5)
    encoder.set_weights([random.normal(size=w.shape) for w in encoder.get_weights()])
    return encoder


def features(encoder, ids):
    """Of one row without padding, a row each token."""
    table, *convolutions = encoder.get_weights()
    maps = []
    for kernel, bias in zip(convolutions[::2], convolutions[1::2], strict=True):
        size = len(kernel)
        before = (size - 1) // 2
        x = np.pad(table[ids], ((before, size - 1 - before), (0, 0)))
        sums = [
            sum(x[t + i] @ kernel[i] for i in range(size)) + bias
            for t in range(len(ids))
        ]
        maps.append(np.maximum(sums, 0))
    return np.concatenate(maps, axis=1)


def test_is_the_largest_of_each_pattern():
    encoder = random_weights(text_cnn(20, 6, 4, (2, 3, 5)))
    expected = [features(encoder, ids[ids != 0]).max(0) for ids in IDS]
    np.testing.assert_allclose(encoder(IDS), expected, rtol=1e-5, atol=ROUNDING)


def test_without_pooling_every_token_has_its_patterns_and_padding_none():
    encoder = random_weights(text_cnn(20, 6, 4, (2, 3), pooling="none"))
    y = encoder(IDS).numpy()
    for row, ids in enumerate(IDS):
        ids = ids[ids != 0]
        found = features(encoder, ids)
        np.testing.assert_allclose(y[row, : len(ids)], found, rtol=1e-5, atol=ROUNDING)
        np.testing.assert_array_equal(y[row, len(ids) :], 0)


def test_reads_vectors_that_are_given():
    embedding = keras.layers.Embedding(20, 3)
    encoder = text_cnn(20, embedding, 4, (2,))
    assert encoder(IDS).shape == (3, 4)
    assert any(layer is embedding for layer in encoder.layers)


def test_dropout_acts_in_training_alone():
    encoder = text_cnn(20, 6, 40)
    quiet = encoder(IDS)
    np.testing.assert_array_equal(encoder(IDS, training=False), quiet)
    assert np.any(encoder(IDS, training=True) != quiet)


WRONG = [
    ({"vocabulary_size": 0}, ValueError, "`vocabulary_size` must be at least 1"),
    ({"embedding": 0}, ValueError, "`embedding` must be at least 1"),
    ({"embedding": "wide"}, TypeError, "Pass for example embedding=64"),
    ({"embedding": True}, TypeError, "Pass for example embedding=64"),
    (
        {"embedding": keras.layers.Embedding(7, 2)},
        ValueError,
        "vocabulary_size=20. Received: embedding=7. Make both from the same",
    ),
    (
        {"embedding": keras.layers.Embedding(20, 2, mask_zero=True)},
        ValueError,
        "the encoder masks padding itself",
    ),
    ({"filters": 1.0}, TypeError, "`filters` must be a whole number"),
    ({"kernel_sizes": 3}, TypeError, "`kernel_sizes` must be a list or tuple"),
    ({"kernel_sizes": ()}, ValueError, "`kernel_sizes` must be one number or more"),
    ({"dropout": 1}, ValueError, r"`dropout` must be in \[0, 1\)"),
    ({"pooling": "mix"}, ValueError, "Did you mean 'max'"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`text_cnn`: .*{message}"):
        text_cnn(**({"vocabulary_size": 20} | arguments))
