"""Several tasks in one fit: what each loss counts, and who decides it."""

import keras
import numpy as np
import pandas as pd
import pytest

import mmkeras as mm
from mmkeras.layers._loss_balancing import GradNormBalancing, UncertaintyBalancing

ROWS = 240


def make_data(balancing="fixed", weights=(1.0, 1.0), optional=False, **tasks):
    """The class and the price follow from two numbers."""
    random = np.random.default_rng(3)
    size, age = random.normal(size=(2, ROWS)).round(3)
    price = 1000 * (size + age) + 50 + random.normal(0, 400, ROWS)
    table = pd.DataFrame(
        {
            "size": size.astype(str),
            "age": age.astype(str),
            "kind": np.where(size > age, "big", "old"),
            "price": price.round(2).astype(str),
            "split": ["train", "train", "test"] * (ROWS // 3),
        },
        dtype=object,
    )
    if optional:
        table.loc[::2, "price"] = None
    spec = mm.Spec(
        name="things",
        source=mm.sources.Frame(frame=table),
        inputs={n: mm.modalities.Number(column=n) for n in ("size", "age")},
        tasks={
            "kind": mm.tasks.Classification(column="kind", weight=weights[0]),
            "price": mm.tasks.Regression(
                column="price", weight=weights[1], optional=optional
            ),
            **tasks,
        },
        loss_balancing=balancing,
        split=mm.SplitByColumn(
            column="split", values={"train": ("train",), "test": ("test",)}
        ),
    )
    return mm.load_dataset(spec, cache=False, progress=False)


def make_model(data, optimizer="adam", **compiling):
    keras.utils.set_random_seed(0)
    model = mm.build_model(data.spec)
    model.compile(
        optimizer,
        loss=data.spec.losses(),
        weighted_metrics=data.spec.metrics(),
        **compiling,
    )
    return model


def test_tasks_of_weight_1_are_a_plain_keras_model():
    model = mm.build_model(make_data().spec)
    assert type(model).__name__ == "Functional"


def test_fixed_weights_are_keras_loss_weights():
    """The same numbers as a plain model's with `loss_weights`."""
    data = make_data(weights=(0.5, 3.0))
    ours = make_model(data)
    plain_data = make_data()
    plain = mm.build_model(plain_data.spec)
    plain.compile(
        "adam", loss=data.spec.losses(), loss_weights=data.spec.loss_weights()
    )
    plain.set_weights(ours.get_weights())
    batches = data["train"].batches(32, shuffle=True, seed=1)
    found = ours.fit(batches, epochs=3, verbose=0).history
    batches = plain_data["train"].batches(32, shuffle=True, seed=1)
    expected = plain.fit(batches, epochs=3, verbose=0).history
    for key in ("loss", "kind_loss", "price_loss"):
        # float32 sums in another order, over steps.
        np.testing.assert_allclose(found[key], expected[key], rtol=1e-4)


def test_loss_shown_is_that_of_the_tasks():
    data = make_data(weights=(0.5, 3.0))
    logs = make_model(data).evaluate(
        data["test"].batches(ROWS), verbose=0, return_dict=True
    )
    total = 0.5 * logs["kind_loss"] + 3 * logs["price_loss"]
    assert logs["loss"] == pytest.approx(total, rel=1e-5)


def test_report_counts_by_weight():
    data = make_data(weights=(0.5, 3.0))
    model = make_model(data)
    logs = model.evaluate(data["test"].batches(ROWS), verbose=0, return_dict=True)
    report = mm.evaluate(model, data["test"], repeats=0)
    assert report.loss == pytest.approx(logs["loss"], rel=1e-5)


def test_uncertainty_is_the_formula():
    layer = UncertaintyBalancing(("a", "b"), (1.0, 2.0), squared=("b",))
    layer(np.zeros((2, 3), "float32"))
    layer.log_variances.assign([0.5, -1.0])
    found = float(layer.combine({"a": 3.0, "b": 4.0}))
    a = np.exp(-0.5) * 3 + 0.25
    b = 0.5 * np.exp(1.0) * 4 - 0.5
    assert found == pytest.approx(a + 2 * b, rel=1e-6)


def test_uncertainty_learns_the_variance_of_a_squared_error():
    """At the minimum `exp(s)` of a squared error is that error."""
    layer = UncertaintyBalancing(("a",), (1.0,), squared=("a",))
    layer(np.zeros((2, 3), "float32"))
    costs = []
    for s in np.log([0.2, 0.25, 0.3]):
        layer.log_variances.assign([s])
        costs.append(float(layer.combine({"a": 0.25})))
    assert np.argmin(costs) == 1


def test_uncertainty_is_learned_in_fit():
    data = make_data("uncertainty")
    model = make_model(data, keras.optimizers.Adam(0.01))
    batches = data["train"].batches(32, shuffle=True, seed=0)
    history = model.fit(batches, epochs=30, verbose=0).history
    layer = model.get_layer("loss_balancing")
    noisy = np.exp(np.array(layer.log_variances))[1]
    # The price's noise is 400 of a spread of about 1,470: 0.07 of the variance.
    assert noisy < 0.5
    assert history["kind_loss"][-1] < history["kind_loss"][0]


def gradient_norms(model, data):
    """By TensorFlow: of each task's loss, by what the heads read."""
    import tensorflow as tf

    inputs, targets = next(iter(data["train"].batches(ROWS)))
    layer = model.get_layer("loss_balancing")
    trunk = keras.Model(model.input, layer.input)
    fused = trunk(inputs)
    norms = {}
    for name, task in data.spec.tasks.items():
        with tf.GradientTape() as tape:
            tape.watch(fused)
            loss = task.loss()(targets[name], model.get_layer(name)(fused))
        norms[name] = float(tf.norm(tape.gradient(loss, fused)))
    return norms


def test_gradnorm_moves_its_weights_by_the_paper():
    data = make_data("gradnorm", weights=(1.0, 4.0))
    # Plain descent: a step is the gradient.
    model = make_model(data, keras.optimizers.SGD(1.0))
    layer = model.get_layer("loss_balancing")
    layer.logits.assign([0.3, -0.2])
    layer.pace.assign([0.5, 1.0])
    shares = 2 * np.exp([0.3, -0.2]) / np.exp([0.3, -0.2]).sum()
    norms = gradient_norms(model, data)
    g = np.array([norms["kind"], norms["price"]]) * (1.0, 4.0) * shares
    target = g.mean() * (np.array([0.5, 1.0]) / 0.75) ** 1.5
    steps = np.sign(g - target) * g / shares
    # Through the softmax: d share_i / d logit_j.
    jacobian = np.diag(shares) - np.outer(shares, shares) / 2
    before = np.array(layer.logits)
    model.train_on_batch(*next(iter(data["train"].batches(ROWS))))
    found = before - np.array(layer.logits)
    # float32 gradients of 160 rows.
    np.testing.assert_allclose(found, jacobian @ steps, rtol=1e-3, atol=1e-6)


def test_gradnorm_hands_on_the_gradients_of_the_heads():
    """What flows into the trunk is the gradient of the weighted sum."""
    import tensorflow as tf

    layer = GradNormBalancing(("a", "b"), (1.0, 2.0))
    x = tf.constant(np.random.default_rng(0).normal(size=(4, 3)), tf.float32)
    layer(x)
    layer.logits.assign([0.4, -0.4])
    with tf.GradientTape() as tape:
        tape.watch(x)
        copies = layer(x)
        losses = {
            "a": tf.reduce_sum(copies["a"] ** 2),
            "b": tf.reduce_sum(copies["b"]),
        }
        total = layer.combine(losses)
    shares = 2 * np.exp([0.4, -0.4]) / np.exp([0.4, -0.4]).sum()
    expected = shares[0] * 2 * x.numpy() + 2 * shares[1]
    np.testing.assert_allclose(tape.gradient(total, x), expected, rtol=1e-5)


def test_gradnorm_keeps_the_pace_of_losses():
    layer = GradNormBalancing(("a", "b"), (1.0, 1.0))
    layer(np.zeros((2, 3), "float32"))
    layer.combine({"a": 4.0, "b": 2.0})
    assert np.array(layer.first).tolist() == [4.0, 2.0]
    layer.combine({"a": 2.0, "b": 2.0})
    np.testing.assert_allclose(layer.pace, [0.9 * 1 + 0.1 * 0.5, 1.0], rtol=1e-6)


@pytest.mark.parametrize("balancing", ["fixed", "uncertainty", "gradnorm"])
def test_both_tasks_are_learned(balancing):
    data = make_data(balancing, weights=(1.0, 2.0))
    model = make_model(data, keras.optimizers.Adam(0.01))
    batches = data["train"].batches(32, shuffle=True, seed=0)
    model.fit(batches, epochs=30, verbose=0)
    report = mm.evaluate(model, data["test"], repeats=0)
    assert report["kind"]["accuracy"] > 0.9
    assert report["price"]["r2"] > 0.8


@pytest.mark.parametrize("balancing", ["fixed", "uncertainty", "gradnorm"])
def test_balancing_compiles_under_xla_and_is_the_same(balancing):
    data = make_data(balancing, weights=(1.0, 2.0))
    weights = []
    for jit in (False, True):
        model = make_model(data, keras.optimizers.SGD(0.1), jit_compile=jit)
        model.fit(data["train"].batches(40), epochs=2, verbose=0)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        # float32, fused another way.
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("balancing", ["fixed", "uncertainty", "gradnorm"])
def test_balanced_model_is_saved_and_trains_on(balancing, tmp_path):
    data = make_data(balancing, weights=(1.0, 2.0))
    model = make_model(data)
    batches = data["train"].batches(40)
    model.fit(batches, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    expected = model.evaluate(batches, verbose=0, return_dict=True)
    assert again.evaluate(batches, verbose=0, return_dict=True) == expected
    one = model.fit(batches, verbose=0).history["loss"]
    assert again.fit(batches, verbose=0).history["loss"] == pytest.approx(one, 1e-5)


@pytest.mark.parametrize("balancing", ["fixed", "uncertainty", "gradnorm"])
def test_predictions_do_not_depend_on_the_batch(balancing):
    data = make_data(balancing, weights=(1.0, 2.0))
    model = make_model(data)
    few = mm.predict(model, data["test"], batch_size=3)
    many = mm.predict(model, data["test"], batch_size=80)
    for name in few:
        np.testing.assert_allclose(few[name], many[name], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("balancing", ["fixed", "uncertainty", "gradnorm"])
def test_missing_labels_weigh_nothing(balancing):
    """The loss is that of the rows that have a label."""
    data = make_data(balancing, weights=(1.0, 2.0), optional=True)
    model = make_model(data)
    (inputs, targets, weights), *_ = data["test"].batches(ROWS)
    weights = {name: np.array(values) for name, values in weights.items()}
    targets = {name: np.array(values) for name, values in targets.items()}
    changed = dict(targets)
    changed["price"] = np.where(weights["price"] > 0, targets["price"], 1e6)
    one = model.test_on_batch(inputs, targets, weights, return_dict=True)
    model.reset_metrics()
    other = model.test_on_batch(inputs, changed, weights, return_dict=True)
    assert one == other
    assert 0 < (weights["price"] == 0).mean() < 1


def test_balancing_goes_with_mixing():
    data = make_data("uncertainty")
    keras.utils.set_random_seed(0)
    model = mm.build_model(data.spec, mix=mm.layers.MixUp(seed=0))
    model.compile("adam", loss=data.spec.losses())
    history = model.fit(data["train"].batches(32), epochs=3, verbose=0).history
    assert history["kind_loss"][-1] < history["kind_loss"][0]


def test_one_task_may_have_a_weight():
    data = make_data()
    spec = data.spec.replace(
        tasks={"kind": data.spec.tasks["kind"].replace(weight=0.1)}
    )
    model = mm.build_model(spec)
    model.compile("adam", loss=spec.losses())
    batches = data["test"].batches(ROWS).map(lambda x, y: (x, {"kind": y["kind"]}))
    logs = model.evaluate(batches, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(0.1 * logs["kind_loss"], rel=1e-5)


def test_retrieval_is_balanced_with_others():
    match = mm.tasks.Retrieval(pair=("size", "age"), dim=4)
    data = make_data("uncertainty", match=match)
    model = make_model(data)
    assert len(np.array(model.get_layer("loss_balancing").log_variances)) == 3
    model.fit(data["train"].batches(32), verbose=0)


def test_retrievals_alone_are_balanced():
    tasks = {
        "near": mm.tasks.Retrieval(pair=("size", "age"), dim=4),
        "far": mm.tasks.Retrieval(pair=("age", "size"), dim=4, weight=0.5),
    }
    spec = make_data().spec.replace(tasks=tasks)
    model = mm.build_model(spec)
    assert [x.name for x in model.layers].count("loss_balancing") == 1


def test_gradnorm_with_a_retrieval_is_refused():
    match = mm.tasks.Retrieval(pair=("size", "age"))
    with pytest.raises(ValueError, match="`loss_balancing` must be 'fixed' or 'unc"):
        make_data("gradnorm", match=match)


def test_unknown_balancing_is_refused():
    with pytest.raises(ValueError, match="`loss_balancing` must be 'fixed', 'unc"):
        make_data("equal")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": "mse"}, "`loss` does not fit.*kind, price.*data.spec.losses"),
        ({"loss": {"kind": "mse"}}, "`loss` does not fit.*data.spec.losses"),
        (
            {"loss": {"kind": "mse", "price": "mse"}, "loss_weights": {"kind": 2.0}},
            "`loss_weights` does not fit.*Set `weight`",
        ),
    ],
    ids=str,
)
def test_compiling_otherwise_is_refused(arguments, message):
    data = make_data("uncertainty")
    model = mm.build_model(data.spec)
    model.compile("adam", **arguments)
    with pytest.raises(ValueError, match=message):
        model.fit(data["train"].batches(32), verbose=0)
