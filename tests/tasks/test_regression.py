"""Regression: the column's unit outside, standard deviations inside."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics

import mmkeras as mm
from mmkeras._row_error import RowError
from mmkeras.tasks import Regression
from mmkeras.tasks._standardized_error import StandardizedError

# 30 labels, predictions and weights, in the unit.
RANDOM = np.random.default_rng(0)
LABELS = RANDOM.normal(100, 20, 30).astype("float32")
PREDICTIONS = (LABELS + RANDOM.normal(0, 5, 30)).astype("float32")[:, None]
WEIGHTS = RANDOM.uniform(0.1, 3, 30).astype("float32")


@pytest.fixture
def task():
    return Regression(column="price", unit="EUR", mean=100.0, std=20.0)


def test_fit_learns_mean_and_std_of_what_is_a_number():
    task = Regression(column="price").fit(["1", 2, None, "n/a", 6.0, float("nan")])
    assert task.mean == (3.0,)
    assert task.std == pytest.approx((np.std([1, 2, 6]),))


@pytest.mark.parametrize("cells", [[], [None], ["7", "7"]], ids=str)
def test_target_without_spread_has_std_1(cells):
    assert Regression(column="price").fit(cells).std == (1.0,)


@pytest.mark.parametrize("given", [{"mean": 0.0}, {"std": 2.0}], ids=str)
def test_fit_keeps_what_is_given(given):
    task = Regression(column="price", **given).fit([1, 2, 6])
    learned = {"mean": 3.0, "std": np.std([1, 2, 6])} | given
    assert task.mean == pytest.approx((learned["mean"],))
    assert task.std == pytest.approx((learned["std"],))


@pytest.mark.parametrize("cell", ["12.5", 12.5, " 12.5 ", np.float32(12.5), b"12.5"])
def test_label_is_the_number(cell):
    assert Regression(column="price").encode(cell) == 12.5


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("twelve", "'twelve' is not a number"),
        ("", "'' is not a number"),
        ("nan", "'nan' is not a finite float32"),
        ("inf", "'inf' is not a finite float32"),
        ("1e39", "'1e39' is not a finite float32"),
    ],
)
def test_label_that_is_no_finite_number_is_refused(cell, reason):
    with pytest.raises(RowError, match=reason):
        Regression(column="price").encode(cell)


def test_head_gives_the_unit(task):
    head = task.head("price")
    fused = np.random.default_rng(1).normal(size=(5, 8)).astype("float32")
    found = head(fused).numpy()
    x = fused
    for layer in head.layers[:-1]:
        x = layer(x).numpy()
    np.testing.assert_allclose(found, 100 + 20 * x, rtol=1e-6)


@pytest.mark.parametrize("missing", ["mean", "std"])
def test_unfitted_task_names_what_is_not_known(missing):
    task = Regression(column="price", **{"mean": 1.0, "std": 1.0, missing: None})
    for call in (lambda: task.head("price"), task.loss):
        with pytest.raises(
            ValueError, match=f"`Regression`: `{missing}` .*Use `data.spec`"
        ):
            call()


def test_loss_is_numpys_in_standard_deviations(task):
    expected = np.square((LABELS - PREDICTIONS[:, 0]) / 20).mean()
    # float32 sums of 30 terms.
    assert float(task.loss()(LABELS, PREDICTIONS)) == pytest.approx(expected, 1e-5)


def test_loss_takes_weights(task):
    squares = np.square((LABELS - PREDICTIONS[:, 0]) / 20)
    found = task.loss()(LABELS, PREDICTIONS, sample_weight=WEIGHTS)
    assert float(found) == pytest.approx((WEIGHTS * squares).sum() / 30, 1e-5)


def test_guess_of_the_mean_costs_about_one():
    task = Regression(column="price").fit(LABELS.tolist())
    guess = np.full((30, 1), task.mean[0], "float32")
    assert float(task.loss()(LABELS, guess)) == pytest.approx(1, 1e-4)


def test_loss_survives_its_config():
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(StandardizedError([3.0], "huber", 0.5))
    )
    assert float(again(LABELS, PREDICTIONS)) == float(
        StandardizedError([3.0], "huber", 0.5)(LABELS, PREDICTIONS)
    )


def test_answers_are_in_the_unit(task):
    np.testing.assert_array_equal(task.answers(PREDICTIONS), PREDICTIONS[:, 0])
    served = task.serve("price", tf.constant(PREDICTIONS))
    np.testing.assert_array_equal(served["price"], PREDICTIONS[:, 0])


def test_score_equals_numpy_by_hand(task):
    figures = task.figures(LABELS, PREDICTIONS).point(WEIGHTS)
    labels, weights = LABELS.astype("float64"), WEIGHTS.astype("float64")
    errors = labels - PREDICTIONS[:, 0]
    mean = np.average(labels, weights=weights)
    squares = np.average(errors**2, weights=weights)
    spread = np.average((labels - mean) ** 2, weights=weights)
    # scikit-learn keeps float32.
    close = {"rel": 1e-5}
    mae = np.average(np.abs(errors), weights=weights)
    assert figures["mae"] == pytest.approx(mae, **close)
    assert figures["rmse"] == pytest.approx(np.sqrt(squares), **close)
    assert figures["r2"] == pytest.approx(1 - squares / spread, **close)


def test_unweighted_score_is_scikit_learns(task):
    figures = task.figures(LABELS, PREDICTIONS).point(np.ones(30))
    expected = metrics.r2_score(LABELS, PREDICTIONS[:, 0])
    assert figures["r2"] == pytest.approx(expected, rel=1e-5)


def test_one_row_has_no_r2(task):
    figures = task.figures(LABELS[:1], PREDICTIONS[:1]).point(WEIGHTS[:1])
    assert "r2" not in figures
    assert {"mae", "rmse"} <= set(figures)


WRONG = [
    ({"std": 0.0}, "`std` must be above 0.*Leave it out"),
    ({"std": -1.0}, "`std` must be above 0.*Leave it out"),
    ({"mean": "low"}, "`mean` must be a valid tuple"),
    ({"units": "EUR"}, "Did you mean 'unit'"),
    ({"dropout": -1}, "`dropout` must be greater than or equal to 0"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=str)
def test_wrong_argument_is_one_sentence(arguments, message):
    with pytest.raises(ValueError, match=f"^`Regression`: .*{message}"):
        Regression(**({"column": "price"} | arguments))


TWO = mm.tasks.Regression(column=("x", "y"), unit=("m", "s"))
POINTS = [(1.0, 100.0), ("3", "500"), (None, None), (2.0, 300.0)]


def test_several_columns_are_several_values():
    task = TWO.fit(POINTS)
    assert task.mean == (2.0, 300.0)
    assert task.std == pytest.approx((np.std([1, 2, 3]), np.std([100, 300, 500])))
    assert task.label_shape == (2,)
    assert task.value_names() == ("x", "y")
    assert task.encode(("3", 500)).tolist() == [3.0, 500.0]


def test_lists_are_several_values():
    task = Regression(column="pose").fit(["[1, 2, 3]", [3, 2, 1], None, "5"])
    assert task.mean == (2.0, 2.0, 2.0)
    assert task.value_names() == ("pose[0]", "pose[1]", "pose[2]")
    with pytest.raises(RowError, match="1 numbers where there are 3"):
        task.encode("5")


def test_row_that_lacks_one_of_several_values_says_which():
    with pytest.raises(RowError, match="the value of 'y' is missing"):
        TWO.encode(("1", None))


def test_values_of_any_unit_cost_the_same():
    task = TWO.replace(mean=(0.0, 0.0), std=(1.0, 100.0))
    truth = np.zeros((1, 2), "float32")
    costs = [
        float(task.loss()(truth, np.array([off], "float32")))
        for off in ([1, 0], [0, 100])
    ]
    assert costs == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("error", ["mse", "mae", "huber"])
def test_error_is_numpys(error):
    task = Regression(column="x", mean=0.0, std=10.0, error=error, huber_delta=0.3)
    off = np.abs(LABELS - PREDICTIONS[:, 0]).astype("float64") / 10
    expected = {
        "mse": off**2,
        "mae": off,
        "huber": np.where(off <= 0.3, off**2 / 2, 0.3 * (off - 0.15)),
    }
    # float32 against float64.
    assert float(task.loss()(LABELS, PREDICTIONS)) == pytest.approx(
        expected[error].mean(), rel=1e-4
    )


def test_huber_of_one_standard_deviation_is_keras():
    task = Regression(column="x", mean=0.0, std=1.0, error="huber")
    expected = keras.losses.Huber()(LABELS[:, None], PREDICTIONS)
    assert float(task.loss()(LABELS, PREDICTIONS)) == pytest.approx(
        float(expected), rel=1e-5
    )


def test_statistics_of_another_number_of_values_are_refused():
    with pytest.raises(ValueError, match="`mean` must be 2 numbers, as labels have"):
        TWO.replace(mean=(1.0, 2.0, 3.0)).fit(POINTS)
