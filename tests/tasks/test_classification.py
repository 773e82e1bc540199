"""Classification: classes, labels, head, answers and figures."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics

from mmkeras._row_error import RowError
from mmkeras.tasks import Classification

CLASSES = ("cat", "dog", "emu")


@pytest.fixture
def task():
    return Classification(column="animal", classes=CLASSES)


@pytest.fixture
def answered():
    """Labels, probabilities and weights of 40 rows; 'emu' is never answered."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 40)
    probabilities = random.dirichlet((1, 1, 0.01), 40).astype("float32")
    probabilities[:, 2] = 0
    probabilities /= probabilities.sum(-1, keepdims=True)
    return labels, probabilities, random.uniform(0.1, 3, 40).astype("float32")


def test_fit_takes_the_classes_sorted_without_missing_cells():
    task = Classification(column="animal").fit(
        ["dog", None, "cat", float("nan"), "dog"]
    )
    assert task.classes == ("cat", "dog")


def test_whole_floats_and_numbers_are_the_same_class():
    task = Classification(column="digit").fit([3.0, 1, "3", np.int64(1)])
    assert task.classes == ("1", "3")
    assert task.encode(3.0) == task.encode("3") == 1


def test_given_classes_keep_their_order():
    task = Classification(column="animal", classes=("emu", "cat"))
    assert task.fit(["cat", "emu", "dog"]).classes == ("emu", "cat")


def test_given_class_without_a_training_row_is_refused(task):
    with pytest.raises(ValueError, match=r"\['emu'\].*check their spelling.*cat, dog"):
        task.fit(["cat", "dog"])


def test_fewer_than_two_classes_are_refused():
    with pytest.raises(ValueError, match="`classes` must be two or more"):
        Classification(column="animal").fit(["cat", "cat"])


def test_label_is_the_classes_index(task):
    assert [task.encode(name) for name in CLASSES] == [0, 1, 2]


def test_unknown_label_offers_the_nearest(task):
    with pytest.raises(RowError, match=r"'dgo' is not a class. Did you mean 'dog'"):
        task.encode("dgo")


def test_unfitted_task_says_where_to_get_classes():
    task = Classification(column="animal")
    for call in (lambda: task.encode("cat"), lambda: task.head("kind")):
        with pytest.raises(ValueError, match=r"`Classification`: .*Use `data.spec`"):
            call()


def test_head_gives_probabilities_in_float32_under_a_mixed_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        head = Classification(column="x", classes=CLASSES, dropout=0.5).head("kind")
        found = head(np.random.default_rng(0).normal(size=(4, 8)).astype("float32"))
    finally:
        keras.config.set_dtype_policy("float32")
    assert found.dtype == tf.float32
    # Three float32 terms.
    np.testing.assert_allclose(np.sum(found, -1), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({}, ["Dense", "Dense"]),
        ({"hidden_units": 0}, ["Dense"]),
        ({"dropout": 0.1}, ["Dropout", "Dense", "Dense"]),
    ],
    ids=str,
)
def test_head_has_the_layers_asked_for(arguments, names):
    head = Classification(column="x", classes=CLASSES, **arguments).head("kind")
    assert [type(layer).__name__ for layer in head.layers] == names
    assert head.name == "kind"


def test_loss_is_cross_entropy(task, answered):
    labels, probabilities, _ = answered
    probabilities = probabilities + 0.1
    probabilities /= probabilities.sum(-1, keepdims=True)
    expected = -np.log(probabilities[range(40), labels]).mean()
    # float32 against float64.
    assert float(task.loss()(labels, probabilities)) == pytest.approx(expected, 1e-5)


def test_answers_are_names(task):
    probabilities = np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1]])
    assert task.answers(probabilities).tolist() == ["emu", "cat"]


def test_served_answers_are_names_and_probabilities(task):
    probabilities = tf.constant([[0.1, 0.2, 0.7]])
    served = task.serve("kind", probabilities)
    assert served["kind"].numpy().tolist() == [b"emu"]
    np.testing.assert_array_equal(served["kind_probabilities"], probabilities)


def test_score_equals_counting_by_hand(task, answered):
    labels, probabilities, weights = answered
    chosen = probabilities.argmax(-1)
    figures = task.figures(labels, probabilities).point(weights)
    weights = weights.astype("float64")
    confusion = np.zeros((3, 3))
    np.add.at(confusion, (labels, chosen), weights)
    # Sums of 40 float64 terms in another order.
    np.testing.assert_allclose(figures["confusion"], confusion, rtol=1e-6)
    hits = np.diag(confusion)
    assert figures["accuracy"] == pytest.approx(hits.sum() / weights.sum())
    answered_as = confusion.sum(0)
    precision = hits / np.where(answered_as > 0, answered_as, 1)
    recall = hits / confusion.sum(1)
    f1 = 2 * hits / (answered_as + confusion.sum(1))
    for i, name in enumerate(CLASSES):
        row = figures["per_class"][name]
        assert row["precision"] == pytest.approx(precision[i])
        assert row["recall"] == pytest.approx(recall[i])
        assert row["f1"] == pytest.approx(f1[i])
        assert row["support"] == pytest.approx(confusion[i].sum())
    assert figures["macro_precision"] == pytest.approx(precision.mean())
    assert figures["macro_recall"] == pytest.approx(recall.mean())
    assert figures["macro_f1"] == pytest.approx(f1.mean())


def test_unweighted_score_is_scikit_learns(task, answered):
    labels, probabilities, _ = answered
    chosen = probabilities.argmax(-1)
    figures = task.figures(labels, probabilities).point(np.ones(40, "float32"))
    assert figures["accuracy"] == metrics.accuracy_score(labels, chosen)
    macro = metrics.f1_score(labels, chosen, average="macro", zero_division=0)
    assert figures["macro_f1"] == pytest.approx(macro)


def test_class_that_is_never_answered_has_precision_0(task, answered):
    labels, probabilities, weights = answered
    figures = task.figures(labels, probabilities).point(weights)
    assert figures["per_class"]["emu"]["precision"] == 0


WRONG = [
    ({"classes": ("cat",)}, "`classes` must be two or more different names"),
    ({"classes": ("cat", "cat")}, "Remove repeated names"),
    ({"hidden_units": -1}, "`hidden_units` must be greater than or equal to 0"),
    ({"dropout": 1.0}, "`dropout` must be less than 1"),
    ({"clases": ("a", "b")}, "Did you mean 'classes'"),
    ({"column": None}, "`column` must be a valid string"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=str)
def test_wrong_argument_is_one_sentence(arguments, message):
    with pytest.raises(ValueError, match=f"^`Classification`: .*{message}"):
        Classification(**({"column": "animal"} | arguments))
