"""Figures: what every kind has in common."""

import json

import numpy as np
import pytest

from mmkeras.figures import ClassificationFigures, Figures, figures


class Means(Figures):
    """The mean of some scores, and what nothing defines."""

    headline = "mean"

    def __init__(self, scores):
        super().__init__(len(scores))
        self.scores = np.asarray(scores)

    def _point(self, kept, weights):
        mean = np.average(self.scores[kept], weights=weights)
        nested = {"a": np.float32(0.5), "b": [np.nan, None], "c": np.array([1, 2])}
        return {"mean": mean, "none": np.nan, "nested": nested}

    def _replicates(self, weights):
        return {"mean": self.scores @ weights / weights.sum(0)}


def test_undefined_figure_is_left_out_and_deeper_down_none():
    point = Means([1, 2]).point(np.ones(2))
    nested = {"a": 0.5, "b": [None, None], "c": [1.0, 2.0]}
    assert point == {"mean": 1.5, "nested": nested}


def test_rows_without_weight_are_not_shown_to_a_point():
    assert Means([1, 2, np.nan]).point(np.array([1, 3, 0]))["mean"] == 1.75


def test_figures_are_valid_json():
    p = np.array([[0.8, 0.2, 0.0], [0.5, 0.5, 0.0]])
    point = ClassificationFigures([0, 1], p, "abc").point(np.ones(2))
    assert point["per_class"]["c"]["roc_auc"] is None
    assert json.loads(json.dumps(point, allow_nan=False)) == point


@pytest.mark.parametrize("chunk", [1, 7, 20, 10**6])
def test_replicates_do_not_depend_on_how_they_are_cut(chunk, monkeypatch):
    random = np.random.default_rng(0)
    scores, weights = random.normal(size=5), random.uniform(size=(13, 5))
    monkeypatch.setattr(figures, "_CHUNK", chunk)
    found = Means(scores).replicates(weights)["mean"]
    np.testing.assert_allclose(found, weights @ scores / weights.sum(1))


def test_no_replicates_are_none():
    assert Means([1, 2]).replicates(np.ones((0, 2)))["mean"].shape == (0,)


def test_figures_without_row_scores_say_so():
    assert Means([1, 2]).rows() is None
    assert not Means.lower_is_better


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        (np.ones(3), r"shape \(2\).*each of the 2 rows one weight"),
        (np.ones((1, 2)), r"shape \(2\)"),
        ([1, -1], "at least 0.*a row may have 0"),
        ([1, np.nan], "at least 0"),
        ([1, np.inf], "finite"),
        ([0, 0], "above 0 for one row or more"),
    ],
)
def test_wrong_weights_of_a_point_are_refused(weights, text):
    with pytest.raises(ValueError, match=f"`Means`: `weights` must be .*{text}"):
        Means([1, 2]).point(weights)


@pytest.mark.parametrize("weights", [np.ones(2), np.ones((1, 3)), -np.ones((1, 2))])
def test_wrong_weights_of_replicates_are_refused(weights):
    with pytest.raises(ValueError, match=r"`Means`: `weights` must be .*one weight"):
        Means([1, 2]).replicates(weights)
