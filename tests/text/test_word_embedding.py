"""An embedding of vectors from a file."""

import json
import zipfile

import keras
import numpy as np
import pytest

from mmkeras.encoders import text_bag, text_rnn
from mmkeras.text import read_vectors, word_embedding

VOCABULARY = ("three", "two", "seven")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("two 1 0 2\nother 7 7 7\nthree 0 4 6\n", encoding="utf-8")
    return path


def test_rows_are_padding_unknown_and_the_vocabulary_in_order(path):
    table = word_embedding(path, VOCABULARY).get_weights()[0]
    assert table.shape == (5, 3)
    # The file's other words do not count in the mean.
    expected = [[0, 0, 0], [0.5, 2, 4], [0, 4, 6], [1, 0, 2]]
    np.testing.assert_array_equal(table[:4], expected)


def test_word_that_is_not_found_begins_small_and_follows_from_the_seed(path):
    one = word_embedding(path, VOCABULARY).get_weights()[0]
    same = word_embedding(path, VOCABULARY, seed=0).get_weights()[0]
    other = word_embedding(path, VOCABULARY, seed=1).get_weights()[0]
    assert 0 < np.abs(one[4]).max() <= 0.05
    np.testing.assert_array_equal(one, same)
    assert np.all(one[4] != other[4])


def test_a_frozen_one_has_nothing_to_train(path):
    assert word_embedding(path, VOCABULARY, trainable=False).trainable_weights == []
    assert len(word_embedding(path, VOCABULARY).trainable_weights) == 1


def test_values_survive_saving_and_the_config_does_not_hold_them(path, tmp_path):
    layer = word_embedding(path, VOCABULARY, trainable=False, name="words")
    encoder = text_rnn(5, layer, 4)
    encoder.save(tmp_path / "encoder.keras")
    path.unlink()
    again = keras.saving.load_model(tmp_path / "encoder.keras")
    loaded = again.get_layer("words")
    np.testing.assert_array_equal(loaded.get_weights()[0], layer.get_weights()[0])
    assert not loaded.trainable
    with zipfile.ZipFile(tmp_path / "encoder.keras") as saved:
        layers = json.loads(saved.read("config.json"))["config"]["layers"]
    (config,) = [part for part in layers if part["name"] == "words"]
    assert len(json.dumps(config)) < 1000


def test_training_changes_what_is_trainable_alone(path):
    ids = np.array([[2, 3, 0], [4, 1, 0]], "int32")
    for trainable in (True, False):
        layer = word_embedding(path, VOCABULARY, trainable)
        before = layer.get_weights()[0]
        model = text_bag(5, "average", units=8, embedding=layer)
        model.compile("adam", "mse")
        model.train_on_batch(ids, np.ones((2, 8)))
        after = layer.get_weights()[0]
        assert np.any(after != before) == trainable
        np.testing.assert_array_equal(after[0], 0)


def test_a_file_without_any_of_the_words_is_an_error(path):
    assert read_vectors(path, ("Two",)) == {}
    with pytest.raises(ValueError, match=r"^`word_embedding`: .*of one language"):
        word_embedding(path, ("Two", "Three"))


@pytest.mark.parametrize("vocabulary", [None, "two", (1, 2)], ids=repr)
def test_vocabulary_must_be_words(path, vocabulary):
    with pytest.raises(TypeError, match=r"^`word_embedding`: `vocabulary` must be"):
        word_embedding(path, vocabulary)
