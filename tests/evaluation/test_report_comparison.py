"""Comparison of two reports: paired values, McNemar's and the permutation test."""

import dataclasses
import json
import types

import numpy as np
import pytest
from scipy import stats

import mmkeras as mm
from mmkeras.evaluation._evaluated import Evaluated
from mmkeras.evaluation._paired_test import paired_test
from mmkeras.figures import mean_interval

CLASSES = ("cat", "dog", "emu")
ROWS = 80


class FakeSplit:
    """Rows, labels and tasks: what a comparison asks of a split."""

    def __init__(self, tasks, labels, ids):
        self.spec = types.SimpleNamespace(name="animals", tasks=tasks)
        self.name = "test"
        self.ids = ids
        self._labels = labels

    def __len__(self):
        return len(self.ids)

    def labels(self, task):
        return self._labels[task]


def make_report(seed, *, weights=None, classes=CLASSES, ids=None, change=None, bias=1):
    """A report of predictions that depend on the seed; the truth does not."""
    truth = np.random.default_rng(99)
    ids = np.array([f"row{i}" for i in range(ROWS)]) if ids is None else ids
    tasks = {
        "animal": mm.tasks.Classification(column="animal", classes=classes),
        "price": mm.tasks.Regression(column="price", unit="EUR", mean=0.0, std=1.0),
    }
    labels = {
        "animal": truth.integers(0, 3, len(ids)).astype("int32"),
        "price": truth.normal(size=len(ids)).astype("float32"),
    }
    random = np.random.default_rng(seed)
    predictions = {
        "animal": random.dirichlet(np.ones(3), len(ids)),
        "price": labels["price"][:, None] + bias * random.normal(size=(len(ids), 1)),
    }
    if change is not None:
        change(labels)
    weights = np.ones(len(ids)) if weights is None else weights
    counted = np.flatnonzero(weights)
    evaluated = {}
    for name, task in tasks.items():
        figures = task.figures(labels[name][counted], predictions[name][counted])
        evaluated[name] = Evaluated(
            figures, weights[counted], counted, predictions[name][counted]
        )
    return mm.Report(
        name="animals",
        split="test",
        rows=len(ids),
        loss=1.0,
        tasks={name: e.figures.point(e.weights) for name, e in evaluated.items()},
        classes={name: task.confusion_classes() for name, task in tasks.items()},
        of=FakeSplit(tasks, labels, ids),
        evaluated=evaluated,
    )


def test_values_are_those_of_the_reports():
    first, second = make_report(0), make_report(1)
    found = first.compare(second)["animal"]
    assert found["first"]["value"] == pytest.approx(first["animal"]["accuracy"])
    assert found["second"]["value"] == pytest.approx(second["animal"]["accuracy"])
    gap = second["animal"]["accuracy"] - first["animal"]["accuracy"]
    assert found["difference"]["value"] == pytest.approx(gap)


@pytest.mark.parametrize("task", ["animal", "price"])
def test_interval_is_that_of_paired_rows(task):
    first, second = make_report(0), make_report(1)
    rows = [r.evaluated[task].figures.rows() for r in (first, second)]
    low, high = mean_interval(rows[1] - rows[0], np.ones(ROWS))
    found = first.compare(second)[task]["difference"]
    assert (found["low"], found["high"]) == pytest.approx((low, high))


def test_right_and_wrong_answers_are_tested_by_mcnemar():
    first, second = make_report(0), make_report(1)
    right = [r.evaluated["animal"].figures.rows() == 1 for r in (first, second)]
    only = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
    found = first.compare(second)["animal"]
    assert found["test"] == "McNemar"
    assert (found["only_first"], found["only_second"]) == only
    # By hand: twice the smaller tail of a fair coin.
    tail = sum(stats.binom.pmf(k, sum(only), 0.5) for k in range(min(only) + 1))
    assert found["p"] == pytest.approx(min(1, 2 * tail))


def test_errors_are_tested_by_permutation():
    first, second = make_report(0), make_report(1, bias=1.4)
    rows = [r.evaluated["price"].figures.rows() for r in (first, second)]
    found = first.compare(second)["price"]
    assert found["test"] == "permutation"
    differences = rows[1] - rows[0]
    signs = np.random.default_rng(5).choice([-1, 1], (20_000, ROWS))
    extreme = abs((signs * differences).mean(1)) >= abs(differences.mean())
    # Both are of 10,000 draws or more: three standard errors of either's p.
    assert found["p"] == pytest.approx(extreme.mean(), abs=0.02)


def test_few_rows_are_permuted_exactly():
    first, second = np.zeros(4), np.array([0.3, 0.2, 0.5, 0.4])
    # Of 16 signs, all positive and all negative are as extreme.
    assert paired_test(first, second, 0)["p"] == pytest.approx(2 / 16)


@pytest.mark.parametrize("binary", [True, False], ids=["mcnemar", "permutation"])
def test_false_alarms_are_as_rare_as_they_should_be(binary):
    """Of 200 pairs of equal models, about 10 are below .05 (sd 3); an exact test of
    discrete counts is below fewer."""
    random = np.random.default_rng(0)
    found = []
    for _ in range(200):
        pair = random.random((2, 60 if binary else 20))
        pair = (pair < 0.7).astype(float) if binary else pair
        found.append(paired_test(*pair, 0)["p"])
    alarms = sum(p < 0.05 for p in found)
    assert (0 if binary else 2) <= alarms <= 19
    assert 0.35 < np.mean(found) < (0.75 if binary else 0.65)


def test_a_real_difference_is_found():
    random = np.random.default_rng(1)
    first = (random.random(400) < 0.6).astype(float)
    second = (random.random(400) < 0.8).astype(float)
    assert paired_test(first, second, 0)["p"] < 1e-4


def test_equal_models_do_not_differ():
    report = make_report(0)
    for found in report.compare(report).tasks.values():
        assert found["p"] == 1 and not found["shown"]
        assert found["difference"] == {"value": 0, "low": 0, "high": 0}


def shift_answers(report, rows):
    """The same report with the right answer on some rows."""
    predictions = report.evaluated["animal"].predictions.copy()
    labels = report.of.labels("animal")
    predictions[rows] = np.eye(3)[labels[rows]]
    figures = report.of.spec.tasks["animal"].figures(labels, predictions)
    mine = report.evaluated["animal"]._replace(figures=figures)
    tasks = {**report.tasks, "animal": figures.point(mine.weights)}
    return dataclasses.replace(
        report, tasks=tasks, evaluated={**report.evaluated, "animal": mine}
    )


def test_sentence_says_which_is_better_in_points():
    first = make_report(0)
    second = shift_answers(first, slice(0, 60))
    gap = 100 * (second["animal"]["accuracy"] - first["animal"]["accuracy"])
    compared = first.compare(second, names=("early", "late"))
    assert compared.sentences[0].startswith(
        f"animal: late is {gap:.1f} points above early in accuracy (95 % interval "
    )
    assert "McNemar p < .001" in compared.sentences[0]
    back = second.compare(first, names=("late", "early")).sentences[0]
    assert back.startswith(f"animal: early is {gap:.1f} points below late in accuracy")


def test_sentence_of_an_error_is_in_its_unit():
    first, second = make_report(0, bias=1), make_report(1, bias=0.2)
    gap = first["price"]["mae"] - second["price"]["mae"]
    sentence = first.compare(second).sentences[1]
    assert sentence.startswith(
        f"price: B's MAE is {gap:.3g} EUR below A's, which is better (95 % interval -"
    )
    assert "which is worse" in second.compare(first).sentences[1]


def test_sentence_says_that_nothing_is_shown():
    first = make_report(0)
    second = shift_answers(first, slice(0, 3))
    text = first.compare(second).sentences[0]
    assert "the data show no difference between A and B in accuracy" in text


def test_rows_of_weight_zero_are_out_of_value_and_test():
    weights = np.ones(ROWS)
    weights[:20] = 0
    first, second = make_report(0, weights=weights), make_report(1, weights=weights)
    found = first.compare(second)["animal"]
    rows = [r.evaluated["animal"].figures.rows() for r in (first, second)]
    assert all(len(scores) == ROWS - 20 for scores in rows)
    assert found["only_first"] == int((rows[0] > rows[1]).sum())


def test_weights_count_in_values_and_not_in_the_test():
    weights = np.random.default_rng(3).uniform(0.5, 3, ROWS)
    heavy = make_report(0, weights=weights).compare(make_report(1, weights=weights))
    plain = make_report(0).compare(make_report(1))
    assert heavy["animal"]["p"] == plain["animal"]["p"]
    first, second = (
        make_report(seed, weights=weights).evaluated["price"].figures.rows()
        for seed in (0, 1)
    )
    mean = np.average(second - first, weights=weights)
    assert heavy["price"]["difference"]["value"] == pytest.approx(mean)


def test_prints_sentences_and_figures():
    compared = make_report(0).compare(make_report(1), names=("early", "late"))
    for text in (str(compared), compared._repr_html_()):
        for part in ("early", "late", "points", "balanced accuracy", "rmse"):
            assert part in text


def test_dict_is_json():
    found = make_report(0).compare(make_report(1)).to_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def other_ids(report):
    return make_report(1, ids=np.array([f"row{i}" for i in range(1, ROWS + 1)]))


def one_label_less(labels):
    labels["animal"][7] = (labels["animal"][7] + 1) % 3


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (dataclasses.replace(make_report(1), of=None), "Take it from `mm.evaluate`"),
        (make_report(1, ids=np.arange(70).astype(str)), "70 rows"),
        (other_ids(make_report(1)), "row 0 'row1' where there is 'row0'"),
        (make_report(1, change=one_label_less), "another label of the row 'row7'"),
        (make_report(1, classes=("cat", "dog", "yak")), "other classes"),
        (make_report(1, weights=np.full(ROWS, 2.0)), "other weights"),
        (
            dataclasses.replace(
                make_report(1), evaluated={"x": make_report(1).evaluated["animal"]}
            ),
            "Clusterings have no figure",
        ),
    ],
)
def test_reports_of_other_rows_are_refused(other, said):
    with pytest.raises(ValueError, match=r"`Report.compare`: `other` must be") as error:
        make_report(0).compare(other)
    assert said in str(error.value)


def test_what_is_no_report_is_refused():
    with pytest.raises(TypeError, match=r"Pass what `mm.evaluate` returns"):
        make_report(0).compare({"accuracy": 1})


@pytest.mark.parametrize("names", [("a",), ("a", "a")])
def test_names_have_to_tell_the_two_apart(names):
    with pytest.raises(ValueError, match="two different names"):
        make_report(0).compare(make_report(1), names=names)
