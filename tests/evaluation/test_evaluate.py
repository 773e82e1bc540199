"""evaluate: the figures are those of scikit-learn on the same predictions."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

import mmkeras as mm

ROWS = 60


def make_data(**tasks):
    """Rows of one number; their class and target follow from it."""
    random = np.random.default_rng(3)
    size = random.normal(size=ROWS).round(3)
    table = pd.DataFrame(
        {
            "size": size.astype(str),
            "kind": np.where(size > 0.3, "big", np.where(size < -0.3, "small", "mid")),
            "price": (10 * size + 50).round(2).astype(str),
            "weight": random.uniform(0.2, 3, ROWS).round(3).astype(str),
            "split": ["train", "train", "test"] * (ROWS // 3),
        },
        dtype=object,
    )
    table.loc[2::6, "price"] = None  # Half of the test rows.
    spec = mm.Spec(
        name="sizes",
        source=mm.sources.Frame(frame=table),
        inputs={"size": mm.modalities.Number(column="size")},
        tasks=tasks,
        split=mm.SplitByColumn(
            column="split", values={"train": ("train",), "test": ("test",)}
        ),
    )
    return mm.load_dataset(spec, cache=False, progress=False)


def train(data):
    keras.utils.set_random_seed(0)
    model = mm.build_model(data.spec)
    model.compile(keras.optimizers.Adam(0.01), loss=data.spec.losses())
    model.fit(data["train"].batches(16, shuffle=True), epochs=3, verbose=0)
    return model


@pytest.fixture(scope="module")
def plain():
    data = make_data(kind=mm.tasks.Classification(column="kind"))
    return data, train(data)


@pytest.fixture(scope="module")
def weighted():
    """Two tasks: rows of the first have weights, some of the second no label."""
    data = make_data(
        kind=mm.tasks.Classification(column="kind", weight_column="weight"),
        price=mm.tasks.Regression(column="price", unit="EUR", optional=True),
    )
    return data, train(data)


def test_predictions_are_the_models_in_the_splits_order(plain):
    data, model = plain
    test = data["test"]
    found = mm.predict(model, test, batch_size=7)
    inputs = {"size": data.columns["size"][test.positions]}
    expected = model.predict(inputs, verbose=0)
    # Batches of another size: float32 products in another order.
    np.testing.assert_allclose(found["kind"], expected["kind"], atol=1e-6)


def test_classification_figures_are_scikit_learns(plain):
    data, model = plain
    test = data["test"]
    report = mm.evaluate(model, test)
    labels = test.labels("kind")
    chosen = mm.predict(model, test)["kind"].argmax(-1)
    assert report.rows == len(labels) == 20
    assert report["kind"]["accuracy"] == metrics.accuracy_score(labels, chosen)
    confusion = metrics.confusion_matrix(labels, chosen, labels=[0, 1, 2])
    np.testing.assert_array_equal(report["kind"]["confusion"], confusion)
    macro = metrics.f1_score(labels, chosen, average="macro", zero_division=0)
    assert report["kind"]["macro_f1"] == pytest.approx(macro)
    assert report.classes == {"kind": ("big", "mid", "small")}


def test_loss_is_scikit_learns_log_loss(plain):
    data, model = plain
    test = data["test"]
    probabilities = mm.predict(model, test)["kind"].astype("float64")
    probabilities /= probabilities.sum(-1, keepdims=True)
    expected = metrics.log_loss(test.labels("kind"), probabilities)
    # float32 against float64.
    assert mm.evaluate(model, test).loss == pytest.approx(expected, rel=1e-5)


def test_loss_and_accuracy_are_keras_evaluates(plain):
    data, model = plain
    model.compile(loss=data.spec.losses(), weighted_metrics=data.spec.metrics())
    batches = data["test"].batches(20)
    expected = model.evaluate(batches, verbose=0, return_dict=True)
    report = mm.evaluate(model, data["test"])
    assert report.loss == pytest.approx(expected["loss"], rel=1e-5)
    accuracy = expected.get("kind_accuracy", expected.get("accuracy"))
    assert report["kind"]["accuracy"] == pytest.approx(accuracy, rel=1e-6)


def test_uncompiled_model_gives_the_same_report(plain):
    data, model = plain
    copy = mm.build_model(data.spec)
    copy.set_weights(model.get_weights())
    assert not copy.compiled
    expected = mm.evaluate(model, data["test"]).to_dict()
    assert mm.evaluate(copy, data["test"]).to_dict() == expected


def test_batch_size_does_not_change_the_figures(plain):
    data, model = plain
    few = mm.evaluate(model, data["test"], batch_size=3)
    many = mm.evaluate(model, data["test"], batch_size=999)
    assert few.tasks == many.tasks
    assert few.loss == pytest.approx(many.loss, rel=1e-6)


def test_weighted_rows_count_by_their_weight(weighted):
    data, model = weighted
    test = data["test"]
    report, weights = mm.evaluate(model, test), test.weights("kind")
    chosen = mm.predict(model, test)["kind"].argmax(-1)
    assert len(np.unique(weights)) > 10
    expected = metrics.accuracy_score(
        test.labels("kind"), chosen, sample_weight=weights
    )
    assert report["kind"]["accuracy"] == pytest.approx(expected)


def test_rows_without_a_label_do_not_count(weighted):
    data, model = weighted
    test = data["test"]
    labelled = test.weights("price") > 0
    assert 0 < labelled.sum() < len(test)
    labels = test.labels("price")[labelled]
    chosen = mm.predict(model, test)["price"][labelled, 0]
    figures = mm.evaluate(model, test)["price"]
    expected = metrics.mean_absolute_error(labels, chosen)
    assert figures["mae"] == pytest.approx(expected, rel=1e-6)


def test_loss_is_the_sum_of_weighted_means(weighted):
    data, model = weighted
    test = data["test"]
    predictions = mm.predict(model, test)
    weights, labels = test.weights("kind"), test.labels("kind")
    nats = -np.log(predictions["kind"][np.arange(len(labels)), labels])
    kind = np.average(nats, weights=weights)
    counted = test.weights("price") > 0
    errors = test.labels("price")[counted] - predictions["price"][counted, 0]
    price = np.mean((errors / data.spec.tasks["price"].std) ** 2)
    # float32 against float64.
    assert mm.evaluate(model, test).loss == pytest.approx(kind + price, rel=1e-5)


def test_model_of_other_inputs_is_refused(plain, weighted):
    data, _ = plain
    other = keras.Sequential([keras.Input((1,)), keras.layers.Dense(3)])
    with pytest.raises(ValueError, match=r"with the inputs \['size'\].*data.select"):
        mm.evaluate(other, data["test"])


def test_model_without_the_task_is_refused(plain, weighted):
    _, model = plain
    data, _ = weighted
    with pytest.raises(ValueError, match=r"one with an output 'price'.*Build it from"):
        mm.evaluate(model, data["test"])


def test_diverged_model_is_named_with_its_first_row(plain):
    data, model = plain
    broken = keras.models.clone_model(model)
    broken.set_weights([np.full(w.shape, np.nan) for w in model.get_weights()])
    test = data["test"]
    with pytest.raises(
        ValueError,
        match=f"`evaluate`: .*'kind' is not finite for 20 rows.*'{test.ids[0]}'"
        ".*lower the learning rate",
    ):
        mm.evaluate(broken, test)


def test_split_without_a_label_of_a_task_is_refused(weighted):
    data, model = weighted
    nothing = mm.Split(data, "test", data["test"].positions[0:1])
    assert nothing.weights("price")[0] == 0
    with pytest.raises(ValueError, match=r"`evaluate`: .*label of 'price'"):
        mm.evaluate(model, nothing)


def test_something_else_than_a_split_is_refused(plain):
    data, model = plain
    with pytest.raises(TypeError, match=r"`split` must be a split.*data\['test'\]"):
        mm.evaluate(model, data)


def test_every_figure_has_an_interval_around_it(weighted):
    data, model = weighted
    report = mm.evaluate(model, data["test"])
    for name, figures in report.tasks.items():
        scalars = {key for key, value in figures.items() if isinstance(value, float)}
        assert scalars
        assert set(report.intervals[name]) == scalars
        for key, (low, high) in report.intervals[name].items():
            assert low <= high
            assert not key.startswith("macro") or 0 <= low


def test_intervals_are_those_of_the_figures(plain):
    data, model = plain
    test = data["test"]
    report = mm.evaluate(model, test, repeats=200)
    figures = data.spec.tasks["kind"].figures(
        test.labels("kind"), mm.predict(model, test)["kind"]
    )
    expected = mm.figures.bootstrap_intervals(figures, np.ones(len(test)), 200)
    assert report.intervals["kind"] == expected


def test_no_repeats_give_no_intervals(plain):
    data, model = plain
    report = mm.evaluate(model, data["test"], repeats=0)
    assert report.intervals == {"kind": {}}
    assert "interval" not in str(report)


def test_rows_of_a_group_are_resampled_together(plain):
    """All rows of one group: every resample is the same."""
    data, model = plain
    report = mm.evaluate(model, data["test"], group_column="split")
    low, high = report.intervals["kind"]["accuracy"]
    assert low == high == report["kind"]["accuracy"]


def test_unknown_group_column_is_refused(plain):
    data, model = plain
    with pytest.raises(ValueError, match="`group_column` must be a column of the sour"):
        mm.evaluate(model, data["test"], group_column="speaker")


def test_modalities_and_robustness_come_with_the_report(plain):
    data, model = plain
    report = mm.evaluate(model, data["test"], modalities=True, robustness=True)
    assert set(report.modalities["kind"]["subsets"]) == {(), ("size",)}
    assert "size" in report.robustness["kind"]["curves"]
    document = report.to_dict()
    assert document["modalities"]
    assert document["robustness"]
    assert "Shapley" in str(report) or "shapley" in str(report).lower()


def test_tasks_can_be_looked_at_alone(weighted):
    data, _ = weighted
    one = data.with_tasks("price")
    assert list(one.spec.tasks) == ["price"]
    assert list(data.with_tasks("kind", "price").spec.tasks) == ["kind", "price"]
    balanced = data.with_tasks("kind", "price", loss_balancing="gradnorm")
    assert balanced.spec.loss_balancing == "gradnorm"
    with pytest.raises(ValueError, match=r"`tasks` must be names of tasks.*'price'"):
        data.with_tasks("prize")
