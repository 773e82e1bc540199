"""Cross-entropy of integer labels against Keras's of one-hot ones."""

import keras
import numpy as np
import pytest

import mmkeras as mm

CLASSES = ("a", "b", "c", "d")
LABELS = np.array([0, 3, 1, 1, 2], "int32")
WEIGHTS = {"a": 2.0, "c": 0.5}


def probabilities():
    x = np.random.default_rng(6).normal(size=(5, 4))
    return (np.exp(x) / np.exp(x).sum(1, keepdims=True)).astype("float32")


def task(**arguments):
    return mm.tasks.Classification(column="label", classes=CLASSES, **arguments)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.6])
@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None]])
@pytest.mark.parametrize("weights", [None, np.array([1, 0, 2, 0.5, 1], "float32")])
def test_smoothing_equals_keras_with_one_hot_labels(smoothing, labels, weights):
    keras_loss = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
    expected = keras_loss(np.eye(4)[LABELS], probabilities(), sample_weight=weights)
    loss = task(label_smoothing=smoothing).loss()
    found = loss(labels, probabilities(), sample_weight=weights)
    assert float(found) == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize("gamma", [0.5, 2.0])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_focal_equals_keras_with_one_hot_labels(gamma, smoothing):
    keras_loss = keras.losses.CategoricalFocalCrossentropy(
        alpha=1.0, gamma=gamma, label_smoothing=smoothing
    )
    expected = keras_loss(np.eye(4)[LABELS], probabilities())
    found = task(focal_gamma=gamma, label_smoothing=smoothing).loss()
    assert float(found(LABELS, probabilities())) == pytest.approx(
        float(expected), rel=1e-6
    )


def test_equals_the_formula():
    p = probabilities().astype("float64")
    smooth = 0.9 * np.eye(4)[LABELS] + 0.1 / 4
    terms = -smooth * np.log(p) * (1 - p) ** 2
    expected = (terms.sum(1) * np.array([2.0, 1.0, 1.0, 1.0, 0.5])).mean()
    loss = task(label_smoothing=0.1, focal_gamma=2.0, class_weights=WEIGHTS).loss()
    # float32 against float64.
    assert float(loss(LABELS, probabilities())) == pytest.approx(expected, rel=1e-5)


def test_class_weights_equal_those_of_keras_fit():
    """Keras takes them for models of one output; ours are the same loss."""
    losses = []
    for weights in (None, WEIGHTS):
        keras.utils.set_random_seed(0)
        head = task(class_weights=weights).head("kind")
        model = keras.Sequential([keras.Input((3,)), head])
        model.compile("sgd", task(class_weights=weights).loss())
        x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
        given = None if weights else {0: 2.0, 1: 1.0, 2: 0.5, 3: 1.0}
        losses.append(model.fit(x, LABELS, class_weight=given, verbose=0).history)
    assert losses[0]["loss"] == pytest.approx(losses[1]["loss"], rel=1e-6)


def test_without_options_it_is_keras_own_loss():
    assert isinstance(task().loss(), keras.losses.SparseCategoricalCrossentropy)


def test_balanced_weights_are_scikit_learns():
    from sklearn.utils.class_weight import compute_class_weight

    cells = ["b"] * 7 + ["a"] * 2 + ["c", None]
    fitted = mm.tasks.Classification(column="x", class_weights="balanced").fit(cells)
    labels = np.array([cell for cell in cells if cell])
    expected = compute_class_weight("balanced", classes=np.unique(labels), y=labels)
    found = [fitted.class_weights[name] for name in fitted.classes]
    np.testing.assert_allclose(found, expected)


def test_a_compiled_model_keeps_it_in_its_file(tmp_path):
    smooth = task(label_smoothing=0.2, focal_gamma=1.0, class_weights=WEIGHTS)
    model = keras.Sequential([keras.Input((3,)), smooth.head("kind")])
    model.compile("adam", smooth.loss(), weighted_metrics=smooth.metrics())
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    model.fit(x, LABELS, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.loss.get_config()["label_smoothing"] == 0.2
    assert again.loss.get_config()["class_weights"] == [2.0, 1.0, 0.5, 1.0]
    assert again.evaluate(x, LABELS, verbose=0) == model.evaluate(x, LABELS, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"label_smoothing": 1.0}, "`label_smoothing` must be less than 1"),
        ({"label_smoothing": -0.1}, "must be greater than or equal to 0"),
        ({"label_smoothing": "much"}, "`label_smoothing` must be a valid number"),
        ({"focal_gamma": -1.0}, "`focal_gamma` must be greater than or equal to 0"),
        ({"class_weights": {"a": 0.0}}, "`class_weights.a` must be above 0"),
        ({"class_weights": {"e": 1.0}}, "one of the classes.*Known: 'a', 'b'"),
        ({"class_weights": "balance"}, "class_weights"),
        ({"positive": "a"}, "`positive` must be left out.*There are 4"),
        ({"positive": "aa"}, "`positive` must be one of the classes.*Did you mean 'a'"),
    ],
    ids=str,
)
def test_wrong_options_are_one_sentence(arguments, message):
    with pytest.raises(ValueError, match=message):
        task(**arguments)


def test_weights_that_are_not_learned_yet_make_no_loss():
    with pytest.raises(ValueError, match=r"`class_weights` must be known.*data.spec"):
        task(class_weights="balanced").loss()
