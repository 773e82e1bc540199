"""A bag of tokens in front of a dense layer."""

import keras
import numpy as np
import pytest
from sklearn.preprocessing import normalize

from mmkeras.encoders import text_bag
from mmkeras.testing import check_encoder

IDS = 20
IDF = tuple(1 + 0.1 * i for i in range(IDS))


def ids():
    x = np.random.default_rng(4).integers(1, IDS, (6, 9)).astype("int32")
    x[2, 5:] = x[3, 2:] = 0
    return x


def test_is_a_sum_of_the_tokens_embeddings():
    encoder = text_bag(IDS, idf=IDF, units=5)
    y = encoder(ids())
    weights = np.stack([np.bincount(row, minlength=IDS) for row in ids()]) * IDF
    weights[:, :2] = 0
    kernel, bias = encoder.get_layer("dense").get_weights()
    expected = np.maximum(8 * normalize(weights) @ kernel + bias, 0)
    np.testing.assert_allclose(y, expected, atol=1e-5)


def test_training_leaves_whole_tokens_out():
    encoder = text_bag(IDS, mode="binary", units=1, dropout=0.5)
    encoder.build((None, 9))
    encoder.get_layer("dense").set_weights([np.ones((IDS, 1)), np.zeros(1)])
    # Three different tokens, often each: what is kept of 3 counts twice.
    x = np.tile(np.array([[2, 2, 3, 3, 3, 4, 4, 4, 4]], "int32"), (200, 1))
    kept = encoder(x, training=True).numpy() / (2 * 8 / np.sqrt(3))
    np.testing.assert_allclose(kept, kept.round(), atol=1e-5)
    assert set(kept.round().ravel().tolist()) == {0, 1, 2, 3}


def test_average_is_the_mean_of_the_tokens_embeddings():
    encoder = text_bag(IDS, mode="average", units=5)
    y = encoder(ids())
    table = encoder.get_layer("embedding").get_weights()[0]
    assert table.shape == (IDS, 64)
    bags = np.stack([table[row[row != 0]].mean(0) for row in ids()])
    kernel, bias = encoder.get_layer("dense").get_weights()
    np.testing.assert_allclose(y, np.maximum(bags @ kernel + bias, 0), atol=1e-6)


def test_average_of_an_unknown_token_alone_is_its_embedding():
    encoder = text_bag(IDS, mode="average", units=5)
    bags = keras.Model(encoder.input, encoder.get_layer("bag").output)
    table = encoder.get_layer("embedding").get_weights()[0]
    row = np.array([[1, 0, 0]], "int32")
    np.testing.assert_allclose(bags(row), table[1:2], atol=1e-6)


def test_average_reads_vectors_that_are_given():
    embedding = keras.layers.Embedding(IDS, 3)
    encoder = text_bag(IDS, mode="average", embedding=embedding)
    assert any(layer is embedding for layer in encoder.layers)


def test_training_leaves_whole_tokens_out_of_the_average():
    embedding = keras.layers.Embedding(
        IDS, 7, weights=np.tile(np.arange(IDS)[:, None], 7)
    )
    encoder = text_bag(IDS, mode="average", embedding=embedding, dropout=0.5)
    bags = keras.Model(encoder.input, encoder.get_layer("bag").output)
    y = bags(np.full((100, 2), 3, "int32"), training=True).numpy()
    np.testing.assert_array_equal(y, y[:, :1].repeat(7, 1))
    # None, one or both of two, each counting twice.
    assert set(y.ravel().tolist()) == {0, 3, 6}


@pytest.mark.parametrize(
    "arguments", [{"idf": IDF}, {"mode": "count"}, {"mode": "binary", "dropout": 0}]
)
def test_holds_the_contract(arguments):
    check_encoder(text_bag(IDS, units=4, **arguments), ids(), padding=True)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, "`idf` must be given with mode='tfidf'"),
        ({"idf": IDF[1:]}, ValueError, "from the same fitted `Text`"),
        ({"mode": "counts"}, ValueError, "Did you mean 'count'"),
        ({"mode": "count", "vocabulary_size": 0}, ValueError, "at least 1"),
        ({"mode": "count", "units": 2.0}, TypeError, "`units` must be a whole"),
        ({"mode": "count", "dropout": -0.1}, ValueError, r"in \[0, 1\)"),
        ({"mode": "count", "embedding": 8}, ValueError, "Pass mode='average' too"),
        ({"mode": "average", "idf": IDF}, ValueError, "or pass mode='tfidf'"),
        ({"mode": "average", "embedding": 0}, ValueError, "`embedding` must be at"),
        (
            {"mode": "average", "embedding": keras.layers.Embedding(3, 2)},
            ValueError,
            "from the same data set",
        ),
    ],
)
def test_refuses_wrong_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        text_bag(**{"vocabulary_size": IDS, **arguments})
