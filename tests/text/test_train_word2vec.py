"""Words of one topic end near each other."""

import importlib

import keras
import numpy as np
import pandas as pd
import pytest

import mmkeras as mm
from mmkeras.text import read_vectors, train_word2vec, word_embedding

TOPICS = (
    ("sun", "rain", "wind", "cloud", "storm", "frost"),
    ("bread", "salt", "soup", "rice", "cheese", "apple"),
)
# The package has the function under this name.
module = importlib.import_module("mmkeras.text.train_word2vec")


def load(texts, **changes):
    rows = len(texts)
    table = pd.DataFrame(
        {
            "text": texts,
            "size": [str(i) for i in range(rows)],
            "target": [str(i) for i in range(rows)],
            "split": ["t"] * (rows - 2) + ["v"] * 2,
        }
    )
    text = {"column": "text", "max_tokens": 8, "optional": True} | changes
    return mm.load_dataset(
        mm.Spec(
            name="topics",
            source=mm.sources.Frame(frame=table),
            inputs={
                "note": mm.modalities.Text(**text),
                "number": mm.modalities.Number(column="size"),
            },
            tasks={"target": mm.tasks.Regression(column="target")},
            split=mm.SplitByColumn(
                column="split", values={"train": ("t",), "test": ("v",)}
            ),
        ),
        cache=False,
        progress=False,
    )


def topic_texts(rows=300):
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(TOPICS[row % 2], 6)) for row in range(rows)]
    # An absent text, a single word, and words of the other split alone.
    return [*texts, "", "sun", "unseen words", "unseen again"]


@pytest.fixture(scope="module")
def data():
    return load(topic_texts())


QUICK = {
    "dim": 8,
    "window": 3,
    "epochs": 15,
    "subsample": 0,
    "learning_rate": 0.02,
    "batch_size": 1024,
}


@pytest.fixture(scope="module")
def path(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("vectors") / "new" / "words.txt"
    assert train_word2vec(data["train"], "note", path, **QUICK) == path
    return path


def test_words_of_a_topic_are_nearer_than_those_of_another(path):
    vectors = read_vectors(path, TOPICS[0] + TOPICS[1])
    matrix = np.stack(list(vectors.values()))
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    cosine = matrix @ matrix.T
    topic = np.arange(12) // 6
    same = topic[:, None] == topic
    within = cosine[same & ~np.eye(12, dtype=bool)]
    assert within.min() > cosine[~same].max() + 0.2


def test_file_has_the_words_that_were_met_and_is_read_back(path, data):
    vocabulary = data.spec.inputs["note"].vocabulary
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "12 8"
    assert [line.split(" ")[0] for line in lines[1:]] == list(vocabulary)
    table = word_embedding(path, vocabulary).get_weights()[0]
    assert table.shape == (14, 8)
    np.testing.assert_array_equal(
        table[2:], np.stack(list(read_vectors(path, vocabulary).values()))
    )
    assert [p.name for p in path.parent.iterdir()] == ["words.txt"]


def test_same_seed_gives_the_same_vectors(data, path, tmp_path):
    vocabulary = data.spec.inputs["note"].vocabulary
    again = train_word2vec(data["train"], "note", tmp_path / "again.txt", **QUICK)
    one, other = (read_vectors(p, vocabulary) for p in (path, again))
    # Sums over a batch may be taken in another order.
    np.testing.assert_allclose(list(one.values()), list(other.values()), atol=1e-3)


def test_loss_is_that_of_negative_sampling():
    random = np.random.default_rng(1)
    model = module.skip_gram_model(7, 4, 3, seed=0)
    v, u = (random.normal(size=(7, 4)).astype("float32") for _ in range(2))
    model.get_layer("words").set_weights([v])
    model.get_layer("contexts").set_weights([u])
    word, candidates = random.integers(0, 7, 5), random.integers(0, 7, (5, 4))
    labels = np.eye(1, 4).repeat(5, 0)
    found = keras.losses.BinaryCrossentropy(from_logits=True)(
        labels, model([word, candidates])
    )

    def log_logistic(x):
        return -np.log1p(np.exp(-x))

    expected = 0
    for w, (c, *noise) in zip(word, candidates, strict=True):
        expected -= log_logistic(u[c] @ v[w])
        expected -= sum(log_logistic(-u[n] @ v[w]) for n in noise)
    # Keras's mean, of the sum over positive and negatives.
    np.testing.assert_allclose(found * 5 * 4, expected, rtol=1e-5)


def test_a_failed_write_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("1 1\nold 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="zip"):
        module._write(path, ["one", "two"], np.ones((3, 2)))
    assert [p.read_text(encoding="utf-8") for p in tmp_path.iterdir()] == [
        "1 1\nold 1\n"
    ]


WRONG = [
    ({"input": "nite"}, ValueError, "Did you mean 'note'"),
    ({"input": "number"}, ValueError, "Known: 'note'"),
    ({"dim": 0}, ValueError, "`dim` must be at least 1"),
    ({"window": 2.5}, TypeError, "`window` must be a whole number"),
    ({"negatives": 0}, ValueError, "`negatives` must be at least 1"),
    ({"epochs": -1}, ValueError, "`epochs` must be at least 1"),
    ({"batch_size": "all"}, TypeError, "`batch_size` must be a whole number"),
    ({"subsample": 1.0}, ValueError, r"`subsample` must be in \[0, 1\)"),
    ({"subsample": 1e-12}, ValueError, "Pass 0 to leave no word out"),
    ({"path": "."}, ValueError, "It is a folder: add a name"),
    ({"learning_rate": 0}, ValueError, "`learning_rate` must be above 0"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG)
def test_wrong_argument_is_one_sentence(data, tmp_path, arguments, error, message):
    arguments = {"input": "note", "path": tmp_path / "words.txt"} | arguments
    with pytest.raises(error, match=f"^`train_word2vec`: .*{message}"):
        train_word2vec(data["train"], **arguments)
    assert not list(tmp_path.iterdir())


def test_a_data_set_is_no_split(data, tmp_path):
    with pytest.raises(TypeError, match=r"Pass for example `data\['train'\]`"):
        train_word2vec(data, "note", tmp_path / "words.txt")


def test_single_words_have_no_contexts(tmp_path):
    data = load(["one", "two", "three", "two", "one"])
    with pytest.raises(ValueError, match="of single words nothing stands near"):
        train_word2vec(data["train"], "note", tmp_path / "words.txt")
