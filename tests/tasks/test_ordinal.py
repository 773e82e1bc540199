"""Ordinal: order, thresholds, the median as answer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import mmkeras as mm

CLASSES = ("bad", "fair", "good", "best")
# P(class > k) for each k but the last.
ABOVE = np.array([[0.9, 0.6, 0.2], [0.3, 0.2, 0.1], [0.99, 0.9, 0.8]], "float32")
LABELS = np.array([2, 0, 1], "int32")


@pytest.fixture
def task():
    return mm.tasks.Ordinal(column="stars", classes=CLASSES)


def test_numbers_are_sorted_as_numbers():
    fitted = mm.tasks.Ordinal(column="stars").fit(["10", 9, "2.5", None])
    assert fitted.classes == ("2.5", "9", "10")


def test_names_without_an_order_are_refused():
    with pytest.raises(ValueError, match="`classes` must be given, from low to high"):
        mm.tasks.Ordinal(column="stars").fit(["good", "bad"])


def test_loss_is_the_mean_binary_cross_entropy_of_the_thresholds(task):
    truth = LABELS[:, None] > np.arange(3)
    p = ABOVE.astype("float64")
    expected = -np.where(truth, np.log(p), np.log(1 - p)).mean()
    # float32 against float64.
    assert float(task.loss()(LABELS, ABOVE)) == pytest.approx(expected, rel=1e-5)


def test_farther_off_costs_more(task):
    sure = np.array([[0.99, 0.99, 0.99]], "float32")
    costs = [float(task.loss()(np.array([label]), sure)) for label in range(4)]
    assert costs == sorted(costs, reverse=True)


def test_answer_is_the_median(task):
    assert task.answers(ABOVE).tolist() == ["good", "bad", "best"]


def test_served_probabilities_are_of_each_class(task):
    served = task.serve("stars", tf.constant(ABOVE))
    found = served["stars_probabilities"].numpy()
    # Differences of float32.
    np.testing.assert_allclose(found[0], [0.1, 0.3, 0.4, 0.2], atol=1e-6)
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-6)
    assert served["stars"].numpy().tolist() == [b"good", b"bad", b"best"]


def test_figures_know_the_distance(task):
    figures = task.figures(LABELS, ABOVE).point(np.ones(3))
    assert figures["accuracy"] == pytest.approx(2 / 3)
    assert figures["mae"] == pytest.approx(2 / 3)


def test_metrics_are_the_figures(task):
    figures = task.figures(LABELS, ABOVE).point(np.ones(3))
    for metric in task.metrics():
        metric.update_state(LABELS, ABOVE)
        assert float(metric.result()) == pytest.approx(figures[metric.name], rel=1e-6)


def test_head_never_rises_along_the_thresholds(task):
    head = task.head("stars")
    x = np.random.default_rng(0).normal(size=(50, 8)).astype("float32") * 9
    head(x)
    head.layers[-1].steps.assign([-4.0, 3.0])  # Whatever is learned.
    assert (np.diff(head(x).numpy(), axis=-1) <= 0).all()


def test_model_learns_the_order(task):
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).uniform(-2, 2, (200, 1)).astype("float32")
    labels = np.digitize(x[:, 0], [-1, 0, 1]).astype("int32")
    head = task.replace(hidden_units=0).head("stars")
    model = keras.Sequential([keras.Input((1,)), head])
    model.compile(keras.optimizers.Adam(0.1), task.loss(), metrics=task.metrics())
    model.fit(x, labels, epochs=40, verbose=0)
    figures = task.figures(labels, head(x).numpy()).point(np.ones(200))
    assert figures["accuracy"] > 0.95
    assert figures["quadratic_kappa"] > 0.95
