"""Rows of a split in memory: those of its batches, predicted as Keras does."""

import numpy as np
import pytest

import mmkeras as mm
from mmkeras.evaluation._rows import Rows
from mmkeras.figures import Figures


def batch_of(split):
    return next(split.batches(len(split)).as_numpy_iterator())[0]


def same(found, expected):
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        assert found[key].dtype == values.dtype
        np.testing.assert_array_equal(found[key], values)


def test_inputs_are_those_of_the_batches(small_data):
    split = small_data["train"]
    same(Rows("me", split, None, 0).inputs, batch_of(split))


def test_inputs_are_the_same_without_a_cache(small, small_data):
    data = mm.load_dataset(small / "spec.yaml", cache=False, progress=False)
    found = Rows("me", data["test"], None, 0).inputs
    same(found, batch_of(small_data["test"]))


def test_missing_inputs_of_a_split_stay_missing(small_data):
    split = small_data["test"].with_missing({"words": 0.5}, seed=3)
    same(Rows("me", split, None, 0).inputs, batch_of(split))


def test_fewer_rows_are_some_of_all_in_their_order(small_data):
    split = small_data["train"]
    few, again = (Rows("me", split, 10, 4) for _ in range(2))
    assert len(few) == 10
    np.testing.assert_array_equal(few.split.positions, again.split.positions)
    places = [split.ids.tolist().index(i) for i in few.split.ids]
    assert places == sorted(set(places))
    assert places != list(range(10))
    expected = {key: x[places] for key, x in batch_of(split).items()}
    same(few.inputs, expected)


@pytest.mark.parametrize("batch", [5, 7, 100])
def test_scores_are_those_of_the_models_predictions(
    small_data, small_model, monkeypatch, batch
):
    """The last batch is filled up: 18 rows in batches of 7."""
    monkeypatch.setattr("mmkeras.evaluation._rows._BATCH", batch)
    split = small_data["test"]
    rows = Rows("me", split, None, 0)
    scores, headlines = rows.clean(small_model)
    right = mm.predict(small_model, split)["kind"].argmax(-1) == split.labels("kind")
    np.testing.assert_array_equal(scores["kind"], right.astype(float))
    assert headlines["kind"].name == "accuracy"


def test_input_of_no_row_is_blank(small_data):
    rows = Rows("me", small_data["test"], None, 0)
    changed = rows.without("words", np.ones(len(rows), bool))
    gone = small_data["test"].with_missing({"words": 1.0})
    expected = {k: x for k, x in batch_of(gone).items() if k.startswith("words")}
    same(changed, expected)


def test_shuffled_presence_goes_with_the_value(small_data):
    rows = Rows("me", small_data["test"], None, 0)
    assert 0 < rows.present("words").sum() < len(rows)
    order = np.roll(np.arange(len(rows)), 1)
    changed = rows.shuffled("words", order)
    for key in ("words", "words_present"):
        np.testing.assert_array_equal(changed[key], rows.inputs[key][order])


def test_diverged_model_is_named_with_its_first_row(small_data, small_model):
    class Broken:
        def predict_on_batch(self, batch):
            found = np.array(small_model.predict_on_batch(batch)["kind"])
            found[2] = np.nan
            return {"kind": found}

    rows = Rows("me", small_data["test"], None, 0)
    with pytest.raises(
        ValueError,
        match=f"`me`: .*'kind' is not finite for 1 rows.*'{rows.split.ids[2]}'",
    ):
        rows.clean(Broken())


def test_task_without_row_scores_is_refused(small_data, small_model, monkeypatch):
    task = type(small_data.spec.tasks["kind"])
    monkeypatch.setattr(task, "figures", lambda *_: Figures(3))
    rows = Rows("me", small_data["test"], None, 0)
    with pytest.raises(ValueError, match=r"`me`: .*is a mean over rows.*Clustering"):
        rows.clean(small_model)


WRONG = [
    (lambda data: (data, None), TypeError, r"Pass for example `data\['test'\]`"),
    (lambda data: (data["test"], 0), ValueError, "`max_rows` must be at least 1"),
    (
        lambda data: (mm.Split(data, "test", data["test"].positions[:0]), None),
        ValueError,
        "one with rows",
    ),
]


@pytest.mark.parametrize(("arguments", "error", "fix"), WRONG)
def test_wrong_rows_are_one_sentence(small_data, arguments, error, fix):
    with pytest.raises(error, match=f"^`me`: .*{fix}"):
        Rows("me", *arguments(small_data), 0)
