"""build_model: what it makes of a spec, and that there is nothing else in it."""

import keras
import numpy as np
import pandas as pd
import pytest

import mmkeras as mm
from mmkeras.layers import Compiled

SAMPLES = 400


def make_spec(optional=(), **tasks):
    """A fitted spec of every modality; no file stands behind it."""
    if not tasks:
        tasks = {
            "kind": mm.tasks.Classification(column="kind", classes=("a", "b", "c")),
            "price": mm.tasks.Regression(column="price", mean=10.0, std=3.0),
        }
    inputs = {
        "photo": mm.modalities.Image(column="photo", size=(8, 8), channels=1),
        "sound": mm.modalities.Audio(
            column="sound", sample_rate=8000, seconds=SAMPLES / 8000, num_mel_bins=8
        ),
        "words": mm.modalities.Text(
            column="words", max_tokens=5, vocabulary=("x", "y"), vocabulary_size=4
        ),
        "colour": mm.modalities.Category(column="colour", vocabulary=("r", "g")),
        "size": mm.modalities.Number(column="size", mean=2.0, std=4.0),
    }
    return mm.Spec(
        name="things",
        source=mm.sources.Frame(frame=pd.DataFrame()),
        inputs={n: m.replace(optional=n in optional) for n, m in inputs.items()},
        tasks=tasks,
        split=mm.SplitByColumn(column="split", values={"train": ("t",)}),
    )


def make_batch(spec, rows=6, seed=0):
    random = np.random.default_rng(seed)
    batch = {
        "photo": random.integers(0, 256, (rows, 8, 8, 1)).astype("uint8"),
        "sound": random.integers(-9999, 9999, (rows, SAMPLES)).astype("int16"),
        "words": np.array([[2, 3, 1, 0, 0]] * rows, "int32"),
        "colour": random.integers(0, 3, rows).astype("int32"),
        "size": random.normal(size=(rows, 1)).astype("float32"),
    }
    for name, modality in spec.inputs.items():
        if modality.optional:
            batch[f"{name}_present"] = np.arange(rows) % 2 == 0
    return batch


def dense(name):
    """Someone's own encoder."""
    return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)], name=name)


@pytest.fixture(scope="module")
def spec():
    return make_spec()


@pytest.fixture(scope="module")
def model(spec):
    keras.utils.set_random_seed(0)
    return mm.build_model(spec)


def test_inputs_are_compact_and_named(spec):
    found = {n: (t.name, t.shape, t.dtype) for n, t in mm.inputs(spec).items()}
    assert found == {
        "photo": ("photo", (None, 8, 8, 1), "uint8"),
        "sound": ("sound", (None, SAMPLES), "int16"),
        "words": ("words", (None, 5), "int32"),
        "colour": ("colour", (None,), "int32"),
        "size": ("size", (None, 1), "float32"),
    }


def test_optional_input_has_its_presence_beside_it():
    tensors = mm.inputs(make_spec(optional=("words", "photo")))
    present = {n: t for n, t in tensors.items() if n.endswith("_present")}
    assert sorted(present) == ["photo_present", "words_present"]
    assert {(t.shape, t.dtype) for t in present.values()} == {((None,), "bool")}


def test_outputs_are_the_tasks(spec, model):
    shapes = {name: tensor.shape for name, tensor in model.output.items()}
    assert shapes == {"kind": (None, 3), "price": (None, 1)}
    found = model.predict(make_batch(spec), verbose=0)
    np.testing.assert_allclose(found["kind"].sum(-1), 1, atol=1e-6)


def test_layers_are_named_by_input_and_task(model):
    names = {layer.name for layer in model.layers}
    assert {"photo_preprocessing", "photo_encoder", "fusion", "kind"} <= names
    assert model.name == "things"


def test_custom_encoder_is_the_one_that_is_used(spec):
    mine = dense("mine")
    model = mm.build_model(spec, {"photo": mine})
    assert model.get_layer("mine") is mine
    assert model.get_layer("mine").output.shape == (None, 3)


def test_two_encoders_of_one_factory_fit_one_model(spec):
    encoders = {name: dense("same") for name in ("photo", "sound")}
    model = mm.build_model(spec, encoders)
    assert [e.name for e in encoders.values()] == ["same", "sound_encoder"]
    assert model.get_layer("sound_encoder") is encoders["sound"]


def test_one_encoder_of_two_inputs_is_shared():
    spec = make_spec()
    more = {"a": spec.inputs["photo"], "b": spec.inputs["photo"]}
    shared = mm.encoders.image_cnn((4,))
    model = mm.build_model(spec.replace(inputs=more), {"a": shared, "b": shared})
    assert sum(layer is shared for layer in model.layers) == 1


def test_custom_fusion_is_the_one_that_is_used(spec):
    fusion = mm.fusion.Concat(name="mine")
    assert mm.build_model(spec, fusion=fusion).get_layer("mine") is fusion


WRONG = [
    (
        {"encoders": {"foto": keras.layers.Flatten()}},
        ValueError,
        "Did you mean 'photo'",
    ),
    (
        {"encoders": {"photo": mm.encoders.image_cnn}},
        TypeError,
        r"`encoders\['photo'\]` .*Call the factory: `mm.encoders.image_cnn\(\)`",
    ),
    (
        {"encoders": {"photo": keras.layers.Flatten}},
        TypeError,
        r"`encoders\['photo'\]` must be a Keras layer or model",
    ),
    (
        {"fusion": mm.fusion.Concat},
        TypeError,
        r"`fusion` .*Create the layer: `mm.fusion.Concat\(\)`",
    ),
    ({"xla": "branch"}, ValueError, "`xla` .*Did you mean 'branches'"),
    ({"xla": True}, ValueError, "`xla` .*Known: 'auto', 'branches', 'off'"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG)
def test_wrong_argument_is_one_sentence(spec, arguments, error, message):
    with pytest.raises(error, match=f"^`build_model`: .*{message}"):
        mm.build_model(spec, **arguments)


def test_tokens_into_concat_name_the_input(spec):
    tokens = keras.layers.Embedding(4, 3)
    with pytest.raises(ValueError, match=r"inputs\['words'\].*Pool its tokens"):
        mm.build_model(spec, {"words": tokens})


UNFITTED = [
    ("words", {"vocabulary": None}, "vocabulary"),
    ("colour", {"vocabulary": None}, "vocabulary"),
    ("size", {"mean": None}, "mean"),
    ("photo", {"normalize": "standardize"}, "mean"),
]


@pytest.mark.parametrize(("name", "changes", "argument"), UNFITTED)
def test_unfitted_input_says_to_use_the_loaded_spec(spec, name, changes, argument):
    unfitted = {name: spec.inputs[name].replace(**changes)}
    with pytest.raises(ValueError, match=f"`{argument}` must be known.*`data.spec`"):
        mm.build_model(spec.replace(inputs=unfitted))


def test_unfitted_task_says_to_use_the_loaded_spec():
    with pytest.raises(ValueError, match=r"`classes` must be known.*`data.spec`"):
        mm.build_model(make_spec(kind=mm.tasks.Classification(column="kind")))


def test_order_of_inputs_does_not_matter(spec, model):
    reversed_spec = spec.replace(inputs=dict(reversed(spec.inputs.items())))
    other = mm.build_model(reversed_spec)
    for name in (*spec.tasks, *(f"{n}_encoder" for n in spec.inputs)):
        other.get_layer(name).set_weights(model.get_layer(name).get_weights())
    batch = make_batch(spec)
    expected = model.predict(batch, verbose=0)
    found = other.predict(dict(reversed(batch.items())), verbose=0)
    for task in spec.tasks:
        np.testing.assert_array_equal(found[task], expected[task])


def test_reloaded_model_is_exact(tmp_path):
    spec = make_spec(optional=("words", "photo"))
    model, batch = mm.build_model(spec), make_batch(spec)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    expected, found = model.predict(batch, verbose=0), again.predict(batch, verbose=0)
    for task in spec.tasks:
        np.testing.assert_array_equal(found[task], expected[task])


def test_expansion_into_plain_keras_is_the_same_model(spec, model):
    """README's: build_model is these lines."""
    inputs = mm.inputs(spec)
    encoders = {
        "photo": mm.encoders.image_cnn(),
        "sound": mm.encoders.audio_rnn(),
        "words": mm.encoders.text_rnn(spec.inputs["words"].vocabulary_size),
        "colour": mm.encoders.category_embedding(3),
        "size": mm.encoders.number_mlp(),
    }
    x = {name: spec.inputs[name].preprocessing()(t) for name, t in inputs.items()}
    x = {name: encoders[name](t) for name, t in x.items()}
    fused = mm.fusion.Concat()(x)
    heads = {name: task.head(name)(fused) for name, task in spec.tasks.items()}
    plain = keras.Model(inputs, heads)
    assert plain.count_params() == model.count_params()
    plain.set_weights(model.get_weights())
    batch = make_batch(spec)
    expected, found = model.predict(batch, verbose=0), plain.predict(batch, verbose=0)
    for task in spec.tasks:
        np.testing.assert_array_equal(found[task], expected[task])


def test_steps_under_xla_lower_the_loss():
    spec = make_spec(optional=("words",))
    keras.utils.set_random_seed(0)
    # One recurrence: compiling another takes seconds.
    light = {"photo": mm.encoders.image_cnn((4,)), "sound": keras.layers.Flatten()}
    model, batch = mm.build_model(spec, light), make_batch(spec)
    targets = {
        "kind": np.array([0, 1, 2, 0, 1, 2]),
        "price": np.linspace(5, 15, 6).astype("float32"),
    }
    model.compile("adam", loss=spec.losses(), jit_compile=True)
    losses = [float(model.train_on_batch(batch, targets)[0]) for _ in range(5)]
    assert model.jit_compile
    assert losses[-1] < losses[0]


@pytest.fixture(scope="module")
def partial():
    """A spec with two optional inputs, its model, and a batch of it."""
    spec = make_spec(optional=("words", "photo"))
    keras.utils.set_random_seed(1)
    return spec, mm.build_model(spec), make_batch(spec)


def test_absent_row_does_not_depend_on_what_stands_in_for_it(partial):
    spec, model, batch = partial
    expected = model.predict(batch, verbose=0)
    absent = ~batch["photo_present"]
    spoiled = batch | {"photo": batch["photo"].copy(), "words": batch["words"].copy()}
    spoiled["photo"][absent], spoiled["words"][absent] = 255, 3
    found = model.predict(spoiled, verbose=0)
    for task in spec.tasks:
        np.testing.assert_array_equal(found[task], expected[task])


def test_absent_row_uses_the_learned_vector(partial):
    _, model, batch = partial
    nothing = batch | {"photo_present": np.zeros(6, bool)}
    before = model.predict(nothing, verbose=0)["kind"]
    (vector,) = model.get_layer("photo_missing").get_weights()
    model.get_layer("photo_missing").set_weights([vector + 1])
    after = model.predict(nothing, verbose=0)["kind"]
    everything = batch | {"photo_present": np.ones(6, bool)}
    present = model.predict(everything, verbose=0)["kind"]
    model.get_layer("photo_missing").set_weights([vector])
    assert np.all(np.abs(after - before).max(-1) > 1e-4)
    np.testing.assert_array_equal(model.predict(everything, verbose=0)["kind"], present)


@keras.saving.register_keras_serializable("test_model")
class Shy(keras.layers.Dense):
    """Someone's layer that tells Keras not to compile."""

    def __init__(self, units, **kwargs):
        super().__init__(units, **kwargs)
        self.supports_jit = False


def small():
    """A spec whose model has a recurrence and two branches without."""
    spec = make_spec()
    inputs = {name: spec.inputs[name] for name in ("photo", "size", "words")}
    return spec.replace(inputs=inputs)


def make_small_batch():
    return {name: make_batch(make_spec())[name] for name in small().inputs}


def clustered(photo=None):
    keras.utils.set_random_seed(0)
    encoders = {
        "photo": photo or mm.encoders.image_cnn((4,), units=16),
        "size": mm.encoders.number_mlp((16,)),
        "words": mm.encoders.text_rnn(4, 3, 3, "simple", name="states"),
    }
    return mm.build_model(small(), encoders, xla="branches")


@pytest.fixture(scope="module")
def branches():
    return clustered()


def test_xla_branches_are_clusters_but_for_recurrences(branches):
    names = {layer.name for layer in branches.layers}
    clusters = {n for n in names if isinstance(branches.get_layer(n), Compiled)}
    assert clusters == {"photo_branch", "size_branch"}
    assert {"words_preprocessing", "states"} <= names
    inner = branches.get_layer("photo_branch").layer
    assert [x.name for x in inner.layers] == ["photo_preprocessing", "image_cnn"]
    assert "in parts, each an XLA cluster" in str(mm.xla_report(branches))


def test_xla_branches_compute_what_the_plain_model_does(branches):
    plain, batch = clone_plainly(branches), make_small_batch()
    expected, found = (m.predict(batch, verbose=0) for m in (plain, branches))
    for task in expected:
        # XLA fuses and reorders float32 arithmetic.
        np.testing.assert_allclose(found[task], expected[task], rtol=1e-4, atol=1e-5)


def clone_plainly(model):
    """The same model and weights, its clusters called plainly."""
    again = keras.models.clone_model(model)
    again.set_weights(model.get_weights())
    for layer in again.layers:
        if isinstance(layer, Compiled):
            layer.jit = False
    return again


def test_xla_branches_train_and_reload(branches, tmp_path):
    spec, batch = small(), make_small_batch()
    targets = {"kind": np.arange(6) % 3, "price": np.ones(6, "float32")}
    branches.compile("adam", loss=spec.losses())
    before = [v.numpy() for v in branches.trainable_variables]
    branches.train_on_batch(batch, targets)
    pairs = zip(branches.trainable_variables, before, strict=True)
    assert all(np.any(v.numpy() != old) for v, old in pairs)
    branches.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    expected, found = (m.predict(batch, verbose=0) for m in (branches, again))
    for task in expected:
        np.testing.assert_array_equal(found[task], expected[task])


STUBBORN = {
    "says_no": lambda: keras.Sequential([keras.layers.Flatten(), Shy(2)]),
    "fails": lambda: keras.Sequential(
        [keras.layers.Resizing(2, 2, antialias=True), keras.layers.Flatten()]
    ),
    "adds_a_loss": lambda: keras.Sequential(
        [keras.layers.Flatten(), keras.layers.Dense(2, activity_regularizer="l2")]
    ),
}


@pytest.mark.parametrize("name", STUBBORN)
def test_xla_branch_that_cannot_be_a_cluster_stays_plain(name):
    mine = STUBBORN[name]()
    model = clustered(mine)
    assert model.get_layer(mine.name) is mine
    assert "photo_branch" not in {layer.name for layer in model.layers}
    assert isinstance(model.get_layer("size_branch"), Compiled)


def test_xla_branches_that_share_an_encoder_stay_plain():
    """Two layers that hold one would save it twice, and not load it again."""
    spec = make_spec()
    more = {"a": spec.inputs["photo"], "b": spec.inputs["photo"]}
    shared = mm.encoders.image_cnn((4,))
    both, spec = {"a": shared, "b": shared}, spec.replace(inputs=more)
    model = mm.build_model(spec, both, xla="branches")
    assert not any(isinstance(layer, Compiled) for layer in model.layers)


def test_xla_off_is_off_whatever_is_asked():
    spec = small()
    model = mm.build_model(spec, {"words": dense("flat")}, xla="off")
    model.compile("adam", loss=spec.losses())
    assert not model.jit_compile
    with pytest.warns(UserWarning, match="doesn't support `jit_compile=True`"):
        model.compile("adam", loss=spec.losses(), jit_compile=True)
    assert not model.jit_compile
    report = mm.xla_report(model)
    assert any("told not to" in row.reason for row in report.rows)


def test_xla_auto_leaves_the_model_as_it_was(model):
    names = {layer.name for layer in model.layers}
    assert {"photo_preprocessing", "photo_encoder"} <= names
    assert model.supports_jit


# -- augmentation ----------------------------------------------------------------


AUGMENT = {
    "photo": lambda: [mm.layers.RandomFlip("both", seed=1), mm.layers.RandomColor(0.5)],
    "sound": lambda: [mm.layers.SpecAugment(), mm.layers.RandomGain(6)],
    "words": lambda: [mm.layers.TokenDropout(0.5)],
}


def augmented(**changes):
    augment = {name: make() for name, make in AUGMENT.items()}
    spec = make_spec(optional=("sound",))
    return spec, mm.build_model(spec, augment=augment, **changes)


def test_augmentations_stand_before_the_preprocessing_or_after_it():
    _, model = augmented()
    order = [layer.name for layer in model.layers]
    kinds = [type(layer).__name__ for layer in model.layers]
    at = {kind: kinds.index(kind) for kind in kinds}
    photo, sound = (order.index(f"{n}_preprocessing") for n in ("photo", "sound"))
    assert at["RandomFlip"] < at["RandomColor"] < photo
    assert at["RandomGain"] < sound < at["SpecAugment"]
    assert at["TokenDropout"] < order.index("words_preprocessing")


@pytest.mark.parametrize("xla", ["auto", "branches"])
def test_augmentation_is_in_training_alone(xla):
    spec, model = augmented(xla=xla)
    batch = make_batch(spec)
    still = [keras.ops.convert_to_numpy(model(batch)["kind"]) for _ in range(2)]
    assert np.array_equal(*still)
    moved = [
        keras.ops.convert_to_numpy(model(batch, training=True)["kind"])
        for _ in range(2)
    ]
    assert not np.allclose(*moved)


def test_augmented_model_trains_and_is_saved(tmp_path):
    spec, model = augmented()
    model.compile("adam", loss=spec.losses())
    batch, rows = make_batch(spec), 6
    targets = {"kind": np.arange(rows) % 3, "price": np.zeros((rows, 1), "float32")}
    model.fit(batch, targets, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again(batch)["kind"], model(batch)["kind"])


def test_kerass_own_layers_and_yours_may_be_augmentations():
    class AfterIt(keras.layers.GaussianNoise):
        after_preprocessing = True

    model = mm.build_model(
        make_spec(),
        augment={"photo": [keras.layers.RandomBrightness(0.2)], "size": [AfterIt(1.0)]},
    )
    kinds = [type(layer).__name__ for layer in model.layers]
    names = [layer.name for layer in model.layers]
    assert kinds.index("RandomBrightness") < names.index("photo_preprocessing")
    assert kinds.index("AfterIt") > names.index("size_preprocessing")


@pytest.mark.parametrize(
    ("arguments", "error", "fix"),
    [
        ({"augment": {"foto": []}}, ValueError, r"Did you mean 'photo'\?"),
        ({"augment": {"photo": mm.layers.RandomFlip()}}, TypeError, "Put it in a list"),
        ({"augment": {"photo": ["flip"]}}, TypeError, "`mm.layers.RandomFlip"),
        ({"augment": {"photo": [mm.layers.MixUp()]}}, ValueError, "Pass it as `mix=`"),
        ({"mix": mm.layers.RandomFlip()}, TypeError, "`mm.layers.MixUp"),
    ],
)
def test_wrong_augmentation_is_one_sentence(arguments, error, fix):
    with pytest.raises(error, match=f"`build_model`: .*{fix}"):
        mm.build_model(make_spec(), **arguments)
