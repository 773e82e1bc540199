"""ClassificationFigures: each is scikit-learn's, for any weights."""

import numpy as np
import pytest
from sklearn import metrics

from mmkeras.figures import ClassificationFigures

NAMES = "abcde"


def predictions(seed, rows=40, classes=4, digits=1):
    """Labels and probabilities, which have ties: they are multiples of 0.1."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, rows)
    scores = random.dirichlet(np.ones(classes), rows) + np.eye(classes)[labels]
    p = (scores / 2).round(digits)
    p[:, -1] += 1 - p.sum(-1)
    p = abs(p)
    return labels, (p / p.sum(-1, keepdims=True)).astype("float32")


def make(seed, classes=4, **kwargs):
    labels, p = predictions(seed, classes=classes)
    return ClassificationFigures(labels, p, NAMES[:classes], **kwargs)


def one_by_one(labels, p, weights, area):
    """The mean area of classes against the others."""
    found = [
        area(labels == k, p[:, k], sample_weight=weights)
        for k in range(p.shape[1])
        if (labels == k).any()
    ]
    return np.mean(found)


def expected_calibration_error(labels, p, weights):
    """Row by row, from the paper's definition."""
    sums = np.zeros((15, 3))
    for label, row, weight in zip(labels, p, weights, strict=True):
        confidence = float(row.max())
        for m in range(15):
            if m / 15 < confidence <= (m + 1) / 15:
                hit = row.argmax() == label
                sums[m] += weight, weight * confidence, weight * hit
    return abs(sums[:, 1] - sums[:, 2]).sum() / sums[:, 0].sum()


def normal(p):
    p = p.astype("float64")
    return p / p.sum(-1, keepdims=True)


def averaged(function, average):
    return lambda y, p, w: function(
        y, p.argmax(-1), average=average, sample_weight=w, zero_division=0
    )


FIGURES = {
    "accuracy": lambda y, p, w: metrics.accuracy_score(
        y, p.argmax(-1), sample_weight=w
    ),
    "balanced_accuracy": lambda y, p, w: metrics.balanced_accuracy_score(
        y, p.argmax(-1), sample_weight=w
    ),
    "micro_f1": averaged(metrics.f1_score, "micro"),
    "log_loss": lambda y, p, w: metrics.log_loss(y, normal(p), sample_weight=w),
    "brier": lambda y, p, w: metrics.brier_score_loss(y, normal(p), sample_weight=w),
    "ece": expected_calibration_error,
    "pr_auc": lambda y, p, w: one_by_one(y, p, w, metrics.average_precision_score),
}
FIGURES |= {
    f"{average}_{name}": averaged(function, average)
    for average in ("macro", "weighted")
    for name, function in (
        ("precision", metrics.precision_score),
        ("recall", metrics.recall_score),
        ("f1", metrics.f1_score),
    )
}
SEVERAL = FIGURES | {
    "roc_auc": lambda y, p, w: one_by_one(y, p, w, metrics.roc_auc_score),
}
TWO = FIGURES | {
    "brier": lambda y, p, w: metrics.brier_score_loss(
        y, normal(p)[:, 1], sample_weight=w
    ),
    "roc_auc": lambda y, p, w: metrics.roc_auc_score(y, p[:, 1], sample_weight=w),
    "precision": averaged(metrics.precision_score, "binary"),
    "recall": averaged(metrics.recall_score, "binary"),
    "f1": averaged(metrics.f1_score, "binary"),
}


@pytest.mark.parametrize("key", SEVERAL)
@pytest.mark.parametrize("seed", range(3))
def test_figure_of_several_classes_is_scikit_learns(key, seed):
    labels, p = predictions(seed)
    weights = np.random.default_rng(seed + 100).uniform(0.1, 3, len(labels))
    found = ClassificationFigures(labels, p, NAMES[:4]).point(weights)
    assert found[key] == pytest.approx(SEVERAL[key](labels, p, weights), abs=1e-12)


@pytest.mark.parametrize("key", TWO)
@pytest.mark.parametrize("seed", range(3))
def test_figure_of_two_classes_is_scikit_learns(key, seed):
    labels, p = predictions(seed, classes=2)
    weights = np.random.default_rng(seed + 100).uniform(0.1, 3, len(labels))
    found = ClassificationFigures(labels, p, NAMES[:2]).point(weights)
    assert found[key] == pytest.approx(TWO[key](labels, p, weights), abs=1e-12)


@pytest.mark.parametrize(("classes", "keys"), [(4, SEVERAL), (2, TWO)])
def test_there_is_no_figure_without_a_test(classes, keys):
    point = make(0, classes).point(np.ones(40))
    assert {k for k, v in point.items() if isinstance(v, float)} == set(keys)
    assert {*point} - {*keys} == {"per_class", "confusion", "calibration"}


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("seed", range(5))
def test_replicates_are_points(classes, seed, assert_replicates_are_points):
    assert_replicates_are_points(make(seed, classes), seed)


@pytest.mark.parametrize("rows", [1, 2, 5])
@pytest.mark.parametrize("seed", range(5))
def test_replicates_of_few_rows_are_points(rows, seed, assert_replicates_are_points):
    labels, p = predictions(seed, rows, 3)
    assert_replicates_are_points(ClassificationFigures(labels, p, "abc"), seed)


@pytest.mark.parametrize("classes", [2, 4])
def test_resampling_is_repeating(classes, assert_resampling_is_repeating):
    labels, p = predictions(0, classes=classes)

    def of(rows):
        return ClassificationFigures(labels[rows], p[rows], NAMES[:classes])

    assert_resampling_is_repeating(of, len(labels), seed=1)


def test_figures_of_a_class_are_scikit_learns():
    labels, p = predictions(5)
    weights = np.random.default_rng(1).uniform(0.1, 3, len(labels))
    table = ClassificationFigures(labels, p, NAMES[:4]).point(weights)["per_class"]
    expected = metrics.precision_recall_fscore_support(
        labels, p.argmax(-1), sample_weight=weights, zero_division=0
    )
    for k, name in enumerate(NAMES[:4]):
        keys = ("precision", "recall", "f1", "support")
        found = [table[name][key] for key in keys]
        np.testing.assert_allclose(found, [column[k] for column in expected])
        area = metrics.roc_auc_score(labels == k, p[:, k], sample_weight=weights)
        assert table[name]["roc_auc"] == pytest.approx(area)


def test_confusion_is_scikit_learns():
    labels, p = predictions(2)
    weights = np.random.default_rng(1).uniform(0.1, 3, len(labels))
    found = make(2).point(weights)["confusion"]
    expected = metrics.confusion_matrix(labels, p.argmax(-1), sample_weight=weights)
    np.testing.assert_allclose(found, expected)


def test_positive_class_is_the_one_that_is_named():
    labels, p = predictions(3, classes=2)
    point = make(3, 2, positive="a").point(np.ones(40))
    expected = metrics.precision_score(labels, p.argmax(-1), pos_label=0)
    assert point["precision"] == pytest.approx(expected)
    expected = metrics.roc_auc_score(labels == 0, p[:, 0])
    assert point["roc_auc"] == pytest.approx(expected)


def test_absent_class_has_no_curve_and_counts_in_no_mean_of_curves():
    labels, p = predictions(4, classes=3)
    labels[labels == 2] = 0
    figures = ClassificationFigures(labels, p, "abc")
    point = figures.point(np.ones(40))
    absent = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0.0}
    assert point["per_class"]["c"] == absent | {"roc_auc": None, "pr_auc": None}
    there = [metrics.roc_auc_score(labels == k, p[:, k]) for k in (0, 1)]
    assert point["roc_auc"] == pytest.approx(np.mean(there))
    recalls = [point["per_class"][name]["recall"] for name in "ab"]
    assert point["balanced_accuracy"] == pytest.approx(np.mean(recalls))
    # As before: an empty class pulls the macro mean down.
    assert point["macro_recall"] == pytest.approx(sum(recalls) / 3)


def test_one_class_alone_has_no_roc():
    figures = ClassificationFigures([1, 1], [[0.2, 0.8], [0.6, 0.4]], "ab")
    point = figures.point(np.ones(2))
    assert "roc_auc" not in point
    assert point["pr_auc"] == 1
    assert np.isnan(figures.replicates(np.ones((1, 2)))["roc_auc"]).all()


def test_replicate_without_a_row_is_undefined():
    replicates = make(0).replicates(np.zeros((1, 40)))
    assert all(np.isnan(values).all() for values in replicates.values())


def test_answers_may_be_others_than_the_most_probable():
    labels, p = predictions(0)
    chosen = np.full(40, 2)
    point = make(0, chosen=chosen).point(np.ones(40))
    assert point["accuracy"] == pytest.approx(np.mean(labels == 2))
    confidences = [row["confidence"] * row["weight"] for row in point["calibration"]]
    assert sum(confidences) == pytest.approx(p[:, 2].sum(), rel=1e-6)


def test_calibration_has_the_bins_that_hold_rows():
    p = [[0.3, 0.7], [0.31, 0.69], [0.0, 1.0]]
    bins = ClassificationFigures([1, 0, 1], p, "ab").point([1, 3, 1])["calibration"]
    assert [row["low"] * 15 for row in bins] == pytest.approx([10, 14])
    assert [row["high"] * 15 for row in bins] == pytest.approx([11, 15])
    assert bins[0]["confidence"] == pytest.approx((0.7 + 3 * 0.69) / 4)
    assert bins[0]["accuracy"] == 0.25
    assert [row["weight"] for row in bins] == [4, 1]


def test_edge_of_a_bin_belongs_below():
    p = [[2 / 3, 1 / 3]]  # 10 / 15
    (only,) = ClassificationFigures([0], p, "ab").point([1])["calibration"]
    assert only["high"] == pytest.approx(10 / 15)


def test_impossible_label_costs_what_scikit_learn_says():
    p = np.array([[1.0, 0.0], [1.0, 0.0]])
    found = ClassificationFigures([0, 1], p, "ab").point(np.ones(2))["log_loss"]
    assert found == pytest.approx(metrics.log_loss([0, 1], p))


def test_row_scores_average_to_the_headline():
    figures = make(1)
    weights = np.random.default_rng(0).uniform(size=40)
    mean = np.average(figures.rows(), weights=weights)
    assert mean == pytest.approx(figures.point(weights)[figures.headline])


def test_rounding_below_zero_is_zero():
    p = [[1.0, -1e-8, 0.0], [0.0, 1.0, 0.0]]
    assert ClassificationFigures([0, 1], p, "abc").probabilities.min() == 0


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"labels": [0, 2]}, "`labels`.*below 2 for each of the 2 rows"),
        ({"labels": [0, -1]}, "`labels` must be indices of classes"),
        ({"labels": [0.5, 1]}, "`labels` must be indices of classes"),
        ({"chosen": [0, 1, 1]}, "`chosen`.*each of the 2 rows"),
        ({"probabilities": [[1.0], [1.0]]}, r"shape \(2, 2\).*A column a class"),
        ({"probabilities": [[3.0, -1], [1, 0]]}, "distributions.*softmax"),
        ({"probabilities": [[1.5, -0.5], [1, 0]]}, "distributions.*softmax"),
        ({"probabilities": [[np.nan, 1], [1, 0]]}, "distributions.*softmax"),
        ({"positive": "c"}, "`positive` must be of two classes"),
        (
            {"classes": "abc", "probabilities": np.eye(3)[:2], "positive": "a"},
            "Only a task of two classes",
        ),
        ({"classes": "a", "labels": [0, 0], "probabilities": [[1], [1]]}, "two or"),
    ],
)
def test_wrong_arguments_are_refused(change, text):
    right = {"labels": [0, 1], "probabilities": np.eye(2), "classes": "ab"}
    with pytest.raises(ValueError, match=f"`ClassificationFigures`: .*{text}"):
        ClassificationFigures(**(right | change))
