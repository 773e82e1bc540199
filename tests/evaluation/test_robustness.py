"""robustness: curves of models of which one knows what they lose."""

import itertools
import json

import keras
import numpy as np
import pandas as pd
import pytest
from keras import ops

import mmkeras as mm
from mmkeras.evaluation import Corruption, relative_robustness, robustness
from mmkeras.evaluation._corruptions import MISSING, corrupted, plan
from mmkeras.evaluation._rows import Rows

ROWS = 120


@pytest.fixture(scope="module")
def data():
    """A number that the class follows from, and one that says nothing."""
    random = np.random.default_rng(2)
    size = random.normal(size=ROWS)
    table = pd.DataFrame(
        {
            "size": size.astype(str),
            "other": random.normal(size=ROWS).astype(str),
            "kind": np.where(size > 0, "yes", "no"),
            "price": (10 * size).astype(str),
            "split": ["train", "test", "test"] * (ROWS // 3),
        },
        dtype=object,
    )
    spec = mm.Spec(
        name="sizes",
        source=mm.sources.Frame(frame=table),
        inputs={
            "size": mm.modalities.Number(column="size", optional=True),
            "other": mm.modalities.Number(column="other"),
        },
        tasks={
            "kind": mm.tasks.Classification(column="kind"),
            "price": mm.tasks.Regression(column="price", unit="EUR"),
        },
        split=mm.SplitByColumn(
            column="split", values={"train": ("train",), "test": ("test",)}
        ),
    )
    return mm.load_dataset(spec, cache=False, progress=False)


class Scaled(keras.layers.Layer):
    """Yes where the size is above 0, and ten times the size."""

    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        present = ops.cast(x["size_present"], "float32")[:, None]
        size = self.factor * x["size"] * present + 0 * x["other"]
        return {
            "kind": ops.concatenate([ops.sigmoid(-size), ops.sigmoid(size)], -1),
            "price": 10 * size,
        }


def make_model(data, factor=1.0):
    tensors = mm.inputs(data.spec)
    return keras.Model(tensors, Scaled(factor)(tensors))


@pytest.fixture(scope="module")
def result(data):
    return robustness(make_model(data), data["test"])


@pytest.fixture(scope="module")
def constant(data):
    return robustness(make_model(data, 0.0), data["test"])


def curves(result, task):
    return {
        (name, label): curve
        for name, found in result[task]["curves"].items()
        for label, curve in found.items()
    }


def test_every_input_has_the_curves_of_its_modality(result):
    assert sorted(curves(result, "kind")) == [
        ("all inputs", "size gaussian_noise + other gaussian_noise"),
        ("other", "gaussian_noise"),
        ("size", "gaussian_noise"),
        ("size", "missing"),
    ]


def test_constant_model_is_flat(constant):
    for task in ("kind", "price"):
        for curve in curves(constant, task).values():
            assert len(set(curve["value"])) == 1
            assert curve["relative_robustness"]["value"] == pytest.approx(
                curve["value"][0]
            )


def test_input_that_is_not_read_costs_nothing(result):
    curve = result["price"]["curves"]["other"]["gaussian_noise"]
    assert curve["value"] == [curve["value"][0]] * 6


def test_severity_0_is_the_evaluation(data, result):
    report = mm.evaluate(make_model(data), data["test"])
    for task, figure in (("kind", "accuracy"), ("price", "mae")):
        expected = report[task][figure]
        assert result[task]["clean"]["value"] == pytest.approx(expected)
        for curve in curves(result, task).values():
            assert curve["value"][0] == result[task]["clean"]["value"]


def test_more_noise_costs_more(result):
    for label in ("gaussian_noise", "missing"):
        values = result["price"]["curves"]["size"][label]["value"]
        assert values == sorted(values)
        assert values[-1] > 3


def test_error_of_noise_is_its_mean_size(data, result):
    """Of normal noise with the standard deviation s: 10 s sqrt(2 / pi)."""
    curve = result["price"]["curves"]["size"]["gaussian_noise"]
    assert curve["strengths"] == [None, 0.25, 0.5, 1.0, 1.5, 2.0]
    std = data.spec.inputs["size"].std
    for strength, value in zip(curve["strengths"][1:], curve["value"][1:], strict=True):
        expected = 10 * strength * std * np.sqrt(2 / np.pi)
        # 80 rows: 8 % (1 sigma).
        assert value == pytest.approx(expected, rel=0.25)


def test_all_rows_are_missing_at_the_end(data, result):
    price = np.abs(data["test"].labels("price")).mean()
    found = result["price"]["curves"]["size"]["missing"]["value"][-1]
    assert found == pytest.approx(price, rel=1e-5)


def test_intervals_hold_their_values(result):
    for task in ("kind", "price"):
        for curve in curves(result, task).values():
            assert (np.array(curve["low"]) <= curve["value"]).all()
            assert (np.array(curve["high"]) >= curve["value"]).all()


def test_relative_robustness_is_that_of_the_curve(result):
    for curve in curves(result, "price").values():
        found = curve["relative_robustness"]
        assert found["value"] == pytest.approx(relative_robustness(curve["value"]))
        assert found["low"] <= found["value"] <= found["high"]


@pytest.fixture(scope="module")
def weak(data):
    """Half of each price: further off on clean data, less so on noisy."""
    return robustness(make_model(data, 0.5), data["test"])


def test_effective_robustness_is_what_the_other_loses_more(result, weak):
    compared = weak.compare(result, "the whole size")
    name, label = "size", "gaussian_noise"
    mine, other = (r["price"]["curves"][name][label]["value"] for r in (weak, result))
    # Errors: what the other loses is a gain. Of six severities, 0 does not count.
    expected = np.mean(
        [(b - other[0]) - (a - mine[0]) for a, b in zip(mine, other, strict=False)][1:]
    )
    found = compared["price"]["curves"][name][label]["effective_robustness"]
    assert found["value"] == pytest.approx(expected)
    assert 0 < found["low"] < found["value"] < found["high"]


def test_model_loses_nothing_more_than_itself(result):
    compared = result.compare(result)
    for task in ("kind", "price"):
        for curve in curves(compared, task).values():
            nothing = {"value": 0.0, "low": 0.0, "high": 0.0}
            assert curve["effective_robustness"] == nothing


def test_comparison_leaves_the_result_as_it_is(result, weak):
    before = result.to_dict()
    assert "against weak" in str(result.compare(weak, "weak"))
    assert result.to_dict() == before
    assert "effective" not in str(result)


def test_other_rows_are_not_compared(data, result):
    few = robustness(make_model(data), data["test"], severities=1, max_rows=30)
    with pytest.raises(ValueError, match=r"^`Robustness.compare`: .*the same rows"):
        result.compare(few)


def test_other_curves_are_not_compared(data, result):
    short = robustness(make_model(data), data["test"], severities=1)
    with pytest.raises(ValueError, match=r"^`Robustness.compare`: .*same inputs and"):
        result.compare(short)


def test_dict_is_json_without_the_rows(result):
    found = result.to_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert "scores" not in found


def test_prints_and_shows_every_curve(result):
    for text in (str(result), result._repr_html_()):
        for part in ("80 rows", "gaussian noise", "missing", "MAE", "relative"):
            assert part in text


def test_corruptions_can_be_chosen_and_brought(data):
    shift = Corruption("shift", lambda x, by, _: x + np.float32(by), (1, 3), "m")
    found = robustness(
        make_model(data),
        data["test"],
        corruptions={"size": ["missing", shift]},
        severities=2,
    )
    assert sorted(curves(found, "kind")) == [("size", "missing"), ("size", "shift")]
    curve = found["price"]["curves"]["size"]["shift"]
    assert curve["value"] == pytest.approx([0, 10, 30], abs=1e-4)
    assert (curve["strengths"], curve["unit"]) == ([None, 1, 3], "m")


WRONG = [
    ({"severities": 0}, ValueError, "`severities` must be at least 1"),
    ({"severities": 6}, ValueError, "at most 5, the strengths of 'gaussian_noise'"),
    ({"corruptions": {"sise": ["noise"]}}, ValueError, "Did you mean 'size'"),
    ({"corruptions": {"size": ["noise"]}}, ValueError, "mean 'gaussian_noise'"),
    ({"corruptions": {"size": "missing"}}, TypeError, "Put it in a list"),
    ({"corruptions": {}}, ValueError, "of one input or more"),
    (
        {"corruptions": {"size": [Corruption("x", lambda x, *_: x[0], (1,) * 5)]}},
        ValueError,
        r"'x' of 'size' must give float32 \(1,\).*Convert what",
    ),
]


@pytest.mark.parametrize(("arguments", "error", "fix"), WRONG)
def test_wrong_argument_is_one_sentence(data, arguments, error, fix):
    with pytest.raises(error, match=f"^`robustness`: .*{fix}"):
        robustness(make_model(data), data["test"], **arguments)


def test_text_function_that_gives_no_text_is_refused(small_data, small_model):
    number = Corruption("number", lambda *_: 3, (1,))
    with pytest.raises(TypeError, match=r"must give a `str`.*Return the changed text"):
        robustness(
            small_model,
            small_data["test"],
            corruptions={"words": [number]},
            severities=1,
        )


def each_corruption(rows):
    return [
        (name, corruption)
        for name, steps in plan(rows, None, 5).items()
        if name != "all inputs"
        for step in steps
        for _, corruption in step.parts
    ]


def test_rows_draws_are_the_same_among_other_rows(small_data):
    split = small_data["train"]
    rows, few = Rows("me", split, None, 0), Rows("me", split, 7, 3)
    places = np.searchsorted(rows.split.positions, few.split.positions)
    for name, corruption in each_corruption(rows):
        whole = corrupted(rows, name, corruption, 4, 0)
        part = corrupted(few, name, corruption, 4, 0)
        for key, values in part.items():
            np.testing.assert_array_equal(values, whole[key][places])


def test_severity_0_changes_nothing_and_5_does(small_data):
    rows = Rows("me", small_data["train"], None, 0)
    for name, corruption in each_corruption(rows):
        assert corrupted(rows, name, corruption, 0, 0) == {}
        changed = corrupted(rows, name, corruption, 5, 0)
        for key, values in changed.items():
            before = rows.inputs[key]
            assert (values.shape, values.dtype) == (before.shape, before.dtype)
        assert any((v != rows.inputs[k]).any() for k, v in changed.items())


def test_seed_and_input_decide_the_draws(small_data):
    rows = Rows("me", small_data["test"], None, 0)
    noise = plan(rows, {"image": ["gaussian_noise"]}, 5)["image"][0].parts[0][1]
    one, same, other = (
        corrupted(rows, "image", noise, 3, seed)["image"] for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).mean() > 0.5
    # No two rows have the same noise.
    added = one.astype(int) - rows.inputs["image"]
    assert (added[0] != added[1]).mean() > 0.5


def test_absent_text_stays_absent(small_data):
    rows = Rows("me", small_data["train"], None, 0)
    absent = ~rows.present("words")
    assert absent.any()
    typos = plan(rows, {"words": ["typos"]}, 5)["words"][0].parts[0][1]
    changed = corrupted(rows, "words", typos, 5, 0)
    assert list(changed) == ["words"]
    same = changed["words"][absent] == rows.inputs["words"][absent]
    assert same.all()


def test_texts_are_changed_before_they_are_split(small_data):
    """Deleting nothing gives the ids that are there."""
    rows = Rows("me", small_data["test"], None, 0)
    nothing = Corruption("nothing", lambda text, *_: text, (1,))
    first = Corruption("first", lambda text, *_: text.split()[0], (1,))
    same = corrupted(rows, "words", nothing, 1, 0)["words"]
    np.testing.assert_array_equal(same, rows.inputs["words"])
    present = rows.present("words")
    cut = corrupted(rows, "words", first, 1, 0)["words"][present]
    np.testing.assert_array_equal(cut[:, 0], rows.inputs["words"][present][:, 0])
    assert not cut[:, 1:].any()


def test_rows_that_are_missing_stay_so_as_the_rate_grows(small_data):
    rows = Rows("me", small_data["train"], None, 0)
    present = [
        corrupted(rows, "words", MISSING, severity, 0)["words_present"]
        for severity in range(1, 6)
    ]
    for more, fewer in itertools.pairwise(present):
        assert (more >= fewer).all()
    assert not present[-1].any()
    shares = 1 - np.array([p.sum() for p in present]) / rows.present("words").sum()
    # 30 rows: 9 % (1 sigma) at most.
    np.testing.assert_allclose(shares, MISSING.strengths, atol=0.27)


def test_model_of_media_without_a_cache(small, small_data, small_model):
    uncached = mm.load_dataset(small / "spec.yaml", cache=False, progress=False)
    found, expected = (
        robustness(small_model, data["test"], severities=1).to_dict()
        for data in (uncached, small_data)
    )
    assert found == expected
    assert len(found["tasks"]["kind"]["curves"]) == 4
