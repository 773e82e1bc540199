"""MultiLabelFigures: each is scikit-learn's, for any weights."""

import numpy as np
import pytest
from sklearn import metrics

from mmkeras.figures import MultiLabelFigures

NAMES = "abcd"


def predictions(seed, rows=30, classes=4):
    """Labels and probabilities with ties; some rows have no label and no answer."""
    random = np.random.default_rng(seed)
    labels = (random.uniform(size=(rows, classes)) < 0.4).astype("float32")
    p = (0.4 * labels + 0.6 * random.uniform(size=labels.shape)).round(1)
    labels[0] = p[0] = 0
    return labels, p.astype("float32")


def make(seed, rows=30, classes=4, **kwargs):
    return MultiLabelFigures(
        *predictions(seed, rows, classes), NAMES[:classes], **kwargs
    )


def expected_calibration_error(labels, p, sample_weight):
    """Cell by cell, each with its row's weight."""
    sums = np.zeros((15, 2))
    for cell, confidence in np.ndenumerate(p.astype("float64")):
        low = np.arange(15) / 15
        # 0 falls into the first bin.
        inside = (low < confidence) & (confidence <= low + 1 / 15)
        m = inside.argmax()
        sums[m] += sample_weight[cell[0]] * np.array([labels[cell], confidence])
    return abs(sums[:, 0] - sums[:, 1]).sum() / sample_weight.sum() / labels.shape[1]


def scored(function, average, zero_division=0):
    return lambda y, p, sample_weight: function(
        y,
        p > 0.5,
        average=average,
        sample_weight=sample_weight,
        zero_division=zero_division,
    )


FIGURES = {
    "sample_f1": scored(metrics.f1_score, "samples", zero_division=1),
    "subset_accuracy": lambda y, p, sample_weight: metrics.accuracy_score(
        y, p > 0.5, sample_weight=sample_weight
    ),
    "hamming_loss": lambda y, p, sample_weight: metrics.hamming_loss(
        y, p > 0.5, sample_weight=sample_weight
    ),
    "roc_auc": metrics.roc_auc_score,
    "mean_average_precision": metrics.average_precision_score,
    "ece": expected_calibration_error,
}
FIGURES |= {
    f"{average}_{name}": scored(function, average)
    for average in ("macro", "micro", "weighted")
    for name, function in (
        ("precision", metrics.precision_score),
        ("recall", metrics.recall_score),
        ("f1", metrics.f1_score),
    )
}


@pytest.mark.parametrize("key", FIGURES)
@pytest.mark.parametrize("seed", range(3))
def test_figure_is_scikit_learns(key, seed):
    labels, p = predictions(seed)
    weights = np.random.default_rng(seed + 100).uniform(0.1, 3, len(labels))
    expected = FIGURES[key](labels, p, sample_weight=weights)
    assert make(seed).point(weights)[key] == pytest.approx(expected, abs=1e-12)


def test_there_is_no_figure_without_a_test():
    assert set(make(0).point(np.ones(30))) == {*FIGURES, "per_class"}


@pytest.mark.parametrize("classes", [1, 2, 4])
@pytest.mark.parametrize("rows", [1, 3, 30])
@pytest.mark.parametrize("seed", range(3))
def test_replicates_are_points(rows, classes, seed, assert_replicates_are_points):
    assert_replicates_are_points(make(seed, rows, classes), seed)


def test_resampling_is_repeating(assert_resampling_is_repeating):
    labels, p = predictions(0)

    def of(rows):
        return MultiLabelFigures(labels[rows], p[rows], NAMES)

    assert_resampling_is_repeating(of, len(labels), seed=1)


def test_single_label_is_a_yes_or_no():
    labels, p = predictions(1, classes=1)
    point = make(1, classes=1).point(np.ones(30))
    assert point["macro_f1"] == pytest.approx(metrics.f1_score(labels, p > 0.5))
    assert point["per_class"]["a"]["precision"] == point["micro_precision"]


def test_row_without_label_and_answer_is_right():
    assert make(0).rows()[0] == 1


def test_class_is_answered_above_the_threshold_and_not_at_it():
    figures = MultiLabelFigures([[1, 1]], [[0.3, 0.31]], "ab", threshold=0.3)
    assert figures.point([1])["micro_recall"] == 0.5


def test_class_that_is_never_true_has_no_curve():
    labels, p = predictions(2)
    labels[:, 1] = 0
    point = MultiLabelFigures(labels, p, NAMES).point(np.ones(30))
    assert point["per_class"]["b"]["roc_auc"] is None
    others = [0, 2, 3]
    expected = metrics.average_precision_score(labels[:, others], p[:, others])
    assert point["mean_average_precision"] == pytest.approx(expected)


def test_row_scores_average_to_the_headline():
    figures = make(1)
    weights = np.random.default_rng(0).uniform(size=30)
    mean = np.average(figures.rows(), weights=weights)
    assert mean == pytest.approx(figures.point(weights)[figures.headline])


@pytest.mark.parametrize(
    ("labels", "probabilities", "text"),
    [
        ([[0, 0.5]], [[0, 1]], "`labels` must be 0 or 1.*1 for each true class"),
        ([[0, 1]], [[0, 1.5]], r"`probabilities` must be in \[0, 1\]"),
        ([[0, 1]], [[0, np.nan]], r"`probabilities` must be in \[0, 1\]"),
        ([[0, 1]], [[0, 1, 1]], r"`probabilities`.*shape \(1, 2\).*A column a class"),
        ([[0]], [[0, 1]], r"`labels`.*shape \(1, 2\).*A column a class"),
    ],
)
def test_wrong_arguments_are_refused(labels, probabilities, text):
    with pytest.raises(ValueError, match=f"`MultiLabelFigures`: .*{text}"):
        MultiLabelFigures(labels, probabilities, "ab")
