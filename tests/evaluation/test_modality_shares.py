"""modality_shares: models of which one knows what each input is worth."""

import json

import keras
import numpy as np
import pandas as pd
import pytest
from keras import ops

import mmkeras as mm
from mmkeras.evaluation import modality_shares

ROWS = 240


def make_data(label, optional=(), names=("a", "b"), **tasks):
    """Numbers -1 and 1, independent of each other; a class that follows from them."""
    random = np.random.default_rng(11)
    table = {name: random.choice([-1.0, 1.0], ROWS) for name in names}
    kind = np.where(label(*table.values()) > 0, "yes", "no")
    table = pd.DataFrame(
        {
            **{name: values.astype(str) for name, values in table.items()},
            "kind": kind,
            "price": (10 * table["a"] + 3 * table["b"]).astype(str),
            "weight": random.choice(["0.0", "1.0", "2.5"], ROWS),
            "split": ["train", "test", "test"] * (ROWS // 3),
        },
        dtype=object,
    )
    spec = mm.Spec(
        name="game",
        source=mm.sources.Frame(frame=table),
        inputs={
            name: mm.modalities.Number(column=name, optional=name in optional)
            for name in names
        },
        tasks=tasks or {"kind": mm.tasks.Classification(column="kind")},
        split=mm.SplitByColumn(
            column="split", values={"train": ("train",), "test": ("test",)}
        ),
    )
    return mm.load_dataset(spec, cache=False, progress=False)


def make_model(spec, score, **others):
    """A classifier that says yes where `score` of its inputs is above 0."""
    tensors = mm.inputs(spec)
    logit = Formula(score)(tensors)
    outputs = {"kind": ops.concatenate([ops.sigmoid(-logit), ops.sigmoid(logit)], -1)}
    for name, function in others.items():
        outputs[name] = Formula(function)(tensors)
    return keras.Model(tensors, outputs)


class Formula(keras.layers.Layer):
    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, x):
        return self.function(x)

    def compute_output_shape(self, shapes):
        return (None, 1)


def xor(x):
    return 9 * x["a"] * x["b"]


def only_b(x):
    return 9 * x["b"] + 0 * x["a"]


@pytest.fixture(scope="module")
def xor_shares():
    data = make_data(lambda a, b: a * b)
    model = make_model(data.spec, xor)
    return modality_shares(model, data["test"], repeats=20)


@pytest.fixture(scope="module")
def only_b_shares():
    data = make_data(lambda a, b: b)
    return modality_shares(make_model(data.spec, only_b), data["test"])


def test_input_that_is_not_read_is_worth_exactly_nothing(only_b_shares):
    figures = only_b_shares["kind"]
    nothing = {"value": 0.0, "low": 0.0, "high": 0.0}
    assert figures["shapley"]["a"] == {**nothing, "share": 0.0}
    assert figures["adds"]["a"] == nothing
    assert figures["subsets"]["a", "b"] == figures["subsets"][("b",)]
    assert figures["shapley"]["b"]["share"] == pytest.approx(1)


def test_sentences_say_who_matters(only_b_shares):
    first, second = only_b_shares["kind"]["sentences"]
    assert first.startswith("a makes no difference that the data can show over b alone")
    gain = only_b_shares["kind"]["adds"]["b"]["value"] * 100
    assert second.startswith(f"b adds {gain:.1f} points over a alone (95 % interval")


def test_inputs_that_decide_together_share_equally(xor_shares):
    figures = xor_shares["kind"]
    assert figures["subsets"]["a", "b"]["value"] == 1
    parts = figures["shapley"]
    # Means of 20 permutations of 160 rows: 0.9 % (1 sigma) each.
    assert parts["a"]["share"] == pytest.approx(0.5, abs=0.03)
    assert parts["b"]["share"] == pytest.approx(0.5, abs=0.03)
    for alone in (("a",), ("b",), ()):
        assert figures["subsets"][alone]["value"] == pytest.approx(0.5, abs=0.05)


def test_parts_sum_to_the_gain(xor_shares):
    figures = xor_shares["kind"]
    subsets = figures["subsets"]
    gain = subsets["a", "b"]["value"] - subsets[()]["value"]
    assert figures["gain"]["value"] == pytest.approx(gain)
    total = sum(part["value"] for part in figures["shapley"].values())
    assert total == pytest.approx(gain)


def test_intervals_hold_their_values(xor_shares):
    figures = xor_shares["kind"]
    for found in (*figures["subsets"].values(), *figures["shapley"].values()):
        assert found["low"] <= found["value"] <= found["high"]
    assert figures["subsets"][("a",)]["low"] < figures["subsets"][("a",)]["high"]


def test_optional_input_is_taken_away_as_a_missing_one():
    data = make_data(lambda a, b: b, optional=("b",))
    model = make_model(
        data.spec,
        lambda x: only_b(x) * ops.cast(x["b_present"], "float32")[:, None] - 0.1,
    )
    shares = modality_shares(model, data["test"])
    assert shares.absent == {"a": "permuted", "b": "missing"}
    # Without b it says no to all.
    labels = data["test"].labels("kind")
    assert shares["kind"]["subsets"][("a",)]["value"] == np.mean(labels == 0)


def test_optional_input_may_be_permuted():
    data = make_data(lambda a, b: b, optional=("b",))
    model = make_model(data.spec, only_b)
    shares = modality_shares(model, data["test"], absent="permuted", repeats=20)
    assert shares.absent == {"a": "permuted", "b": "permuted"}
    assert shares["kind"]["subsets"][("a",)]["value"] == pytest.approx(0.5, abs=0.05)


def test_permuted_rows_get_values_of_other_rows():
    """Of rows that all differ, none keeps its own."""
    from mmkeras.evaluation._absence import _cycle

    for count in (2, 3, 10):
        for seed in range(20):
            order = _cycle(np.random.default_rng(seed), count)
            assert sorted(order) == list(range(count))
            assert (order != np.arange(count)).all()


@pytest.fixture(scope="module")
def prices():
    """Two tasks; rows of the second have weights, some of them 0."""
    data = make_data(
        lambda a, b: a,
        kind=mm.tasks.Classification(column="kind"),
        price=mm.tasks.Regression(column="price", unit="EUR", weight_column="weight"),
    )
    model = make_model(
        data.spec, lambda x: x["a"], price=lambda x: 10 * x["a"] + 2 * x["b"]
    )
    return data, modality_shares(model, data["test"])


def test_errors_that_fall_are_gains(prices):
    _, shares = prices
    figures = shares["price"]
    assert (figures["headline"], figures["unit"]) == ("mae", "EUR")
    assert figures["lower_is_better"]
    # What is left of b: one unit, in every row.
    assert figures["subsets"]["a", "b"]["value"] == pytest.approx(1)
    assert figures["gain"]["value"] > 9
    assert figures["shapley"]["a"]["value"] > figures["shapley"]["b"]["value"] > 0
    assert "a lowers the MAE by" in figures["sentences"][0]


def test_rows_count_by_their_weight(prices):
    """The error without b, by hand: permuted as the function says."""
    from mmkeras.evaluation._absence import _cycle

    data, shares = prices
    test = data["test"]
    a, b = (np.asarray(data.columns[n])[test.positions][:, 0] for n in "ab")
    random = np.random.default_rng([0, 1])
    errors = np.mean(
        [
            np.abs(10 * a + 2 * b[_cycle(random, len(b))] - (10 * a + 3 * b))
            for _ in range(5)
        ],
        0,
    )
    expected = np.average(errors, weights=test.weights("price"))
    found = shares["price"]["subsets"][("a",)]["value"]
    assert found == pytest.approx(expected, rel=1e-6)


def test_retrieval_has_no_model_of_one_input():
    data = make_data(
        lambda a, b: a,
        kind=mm.tasks.Classification(column="kind"),
        match=mm.tasks.Retrieval(pair=("a", "b"), dim=2),
    )
    found = modality_shares(
        mm.build_model(data.spec),
        data["test"],
        retrain=lambda part: mm.build_model(part.spec),
        max_rows=20,
        repeats=1,
    )
    assert "alone" in found["kind"]
    assert "alone" not in found["match"]


def test_retrained_models_of_one_input_stand_beside():
    data = make_data(lambda a, b: b)
    seen = []

    def retrain(part):
        seen.append((tuple(part.spec.inputs), part.splits))
        (name,) = part.spec.inputs
        return make_model(part.spec, lambda x: 9 * x[name])

    shares = modality_shares(
        make_model(data.spec, only_b), data["test"], retrain=retrain, max_rows=100
    )
    assert seen == [(("a",), ("train", "test")), (("b",), ("train", "test"))]
    figures = shares["kind"]
    assert figures["alone"]["b"]["value"] == 1
    assert figures["alone"]["a"]["value"] < 0.7
    assert figures["over_best"] == {"input": "b", "value": 0, "low": 0, "high": 0}
    assert "the best model of one input, b alone" in figures["sentences"][-1]


def test_more_inputs_than_five_are_sampled():
    names = tuple("abcdefg")
    data = make_data(lambda *x: sum(x), names=names)
    model = make_model(data.spec, lambda x: sum(x[name] for name in names))
    shares = modality_shares(model, data["test"], repeats=1, max_rows=40)
    assert not shares.exact
    figures = shares["kind"]
    total = sum(part["value"] for part in figures["shapley"].values())
    assert total == pytest.approx(figures["gain"]["value"])
    assert len(figures["adds"]) == 7
    assert "orders are sampled" in str(shares)


def test_seed_decides():
    data = make_data(lambda a, b: a * b)
    model = make_model(data.spec, xor)
    one, two, three = (
        modality_shares(model, data["test"], repeats=1, seed=seed).to_dict()
        for seed in (0, 0, 1)
    )
    assert one == two
    assert one != three


def test_dict_is_json(xor_shares):
    found = xor_shares.to_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    subsets = [entry["inputs"] for entry in found["tasks"]["kind"]["subsets"]]
    assert subsets == [[], ["a"], ["b"], ["a", "b"]]


def test_prints_and_shows_what_was_found(xor_shares):
    for text in (str(xor_shares), xor_shares._repr_html_()):
        for part in ("split 'test'", "160 rows", "a + b", "permuted", "Shapley"):
            assert part in text.replace("&#x27;", "'")
        assert "a adds" in text


def test_model_with_a_small_data_set_of_media(small_data, small_model):
    shares = modality_shares(small_model, small_data["test"], repeats=1)
    assert shares.absent["words"] == "missing"
    assert len(shares["kind"]["subsets"]) == 8
    figures = mm.evaluate(small_model, small_data["test"])["kind"]
    everything = shares["kind"]["subsets"]["image", "words", "sound"]
    assert everything["value"] == pytest.approx(figures["accuracy"])


def test_unknown_task_offers_the_nearest(xor_shares):
    with pytest.raises(KeyError, match=r"no task 'king'. Did you mean 'kind'"):
        xor_shares["king"]


WRONG = [
    ({"absent": "mean"}, ValueError, "`absent` .*Known: 'auto'"),
    ({"absent": "missing"}, ValueError, "'a' is not optional.*Or add `optional: true`"),
    ({"repeats": 0}, ValueError, "`repeats` must be at least 1"),
    ({"max_rows": 1}, ValueError, "two rows or more.*no other"),
    ({"retrain": lambda data: None}, TypeError, "Return the model at the end"),
]


@pytest.mark.parametrize(("arguments", "error", "fix"), WRONG)
def test_wrong_argument_is_one_sentence(arguments, error, fix):
    data = make_data(lambda a, b: b)
    with pytest.raises(error, match=f"^`modality_shares`: .*{fix}"):
        modality_shares(make_model(data.spec, only_b), data["test"], **arguments)


def test_model_of_other_inputs_is_refused():
    data = make_data(lambda a, b: b)
    model = make_model(data.select("b").spec, lambda x: x["b"])
    with pytest.raises(ValueError, match=r"`modality_shares`: .*data.select"):
        modality_shares(model, data["test"])
