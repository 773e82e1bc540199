"""xla_report: each trap is found where it is, and what to use instead is named."""

import os
import re
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import mmkeras as mm
from mmkeras import _xla_advice

layers = keras.layers


def sequential(*parts, shape=(8, 8, 3), dtype="float32"):
    return keras.Sequential([keras.Input(shape, dtype=dtype), *parts], name="model")


def shown(report):
    """The rows that the table has, by type."""
    return {row.type: row for row in report.rows if not row.detail}


@keras.saving.register_keras_serializable("test")
class Mixed(layers.Layer):
    """Keras's MixUp takes a dict, with labels."""

    def __init__(self, mixing, **kwargs):
        super().__init__(**kwargs)
        self.mixing = mixing

    def call(self, inputs, training=None):
        labels = keras.ops.ones((keras.ops.shape(inputs)[0], 2))
        values = {"images": inputs, "labels": labels}
        return self.mixing(values, training=training)["images"]


@keras.saving.register_keras_serializable("test")
class Shy(layers.Layer):
    """Compiles, and says that it does not."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_jit = False

    def call(self, inputs):
        return inputs * 2


# Layer, its type in the table, why it fails, what to use.
FAILING = [
    (lambda: layers.RandomRotation(0.1), "RandomRotation", "ImageProj", "RandomAffine"),
    (lambda: layers.RandomZoom(0.1), "RandomZoom", "ImageProj", "RandomAffine"),
    (lambda: Mixed(layers.MixUp()), "MixUp", "Gamma.*claims to", "MixUp"),
    (lambda: Mixed(layers.CutMix()), "CutMix", "Gamma.*claims to", "CutMix"),
    (
        lambda: layers.Resizing(4, 4, antialias=True),
        "Resizing",
        "ScaleAndTranslate; yet it claims to",
        "bilinear",
    ),
    (lambda: layers.Hashing(4), "Hashing", "AsString", "on the host"),
]


@pytest.mark.parametrize(("make", "kind", "why", "instead"), FAILING)
def test_layer_that_fails_is_named_and_replaced(make, kind, why, instead):
    dtype = "int32" if kind == "Hashing" else "float32"
    model = sequential(make(), layers.Flatten(), dtype=dtype)
    report = mm.xla_report(model)
    found = shown(report)
    assert not report.compiles
    assert found[kind].compiles is False
    assert re.search(why, found[kind].reason)
    assert instead in found[kind].instead
    assert found["Flatten"].compiles
    assert set(found) == {kind, "Flatten"}, "what contains it is not at fault"


@pytest.mark.parametrize("name", ["TextVectorization", "StringLookup"])
def test_strings_are_never_given_to_xla(name):
    options = {"output_sequence_length": 4} if name == "TextVectorization" else {}
    text = getattr(layers, name)(vocabulary=["a", "b"], **options)
    shape = () if options else (4,)
    model = sequential(text, layers.Embedding(5, 2), shape=shape, dtype="string")
    found = shown(mm.xla_report(model))
    assert found[name].reason == "takes strings"
    assert "on the host" in found[name].instead
    assert found["Embedding"].compiles


def test_strings_that_a_layer_makes_are_found():
    lookup = layers.StringLookup(vocabulary=["a", "b"], invert=True)
    model = sequential(lookup, shape=(3,), dtype="int64")
    found = shown(mm.xla_report(model))
    assert found["StringLookup"].compiles is False


def test_clean_model_compiles():
    model = sequential(
        layers.Conv2D(2, 3), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)
    )
    report = mm.xla_report(model)
    assert report.compiles
    assert len(report.rows) == 4
    text = str(report)
    assert text.startswith("model: compiles under XLA, all 4 layers.")
    assert "conv2d" in text and "and 1 more" in text
    assert "use instead" not in text, "a column with nothing in it"


def test_report_says_what_fit_does():
    """Where it says yes the step runs under XLA, where no it fails."""
    good = sequential(layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2))
    resize = layers.Resizing(4, 4, antialias=True)
    bad = sequential(resize, layers.Flatten(), layers.Dense(2))
    images, targets = np.zeros((2, 8, 8, 3), "float32"), np.zeros((2, 2), "float32")
    for model in (good, bad):
        compiles = mm.xla_report(model).compiles
        model.compile("sgd", "mse", jit_compile=True)
        if compiles:
            model.train_on_batch(images, targets)
        else:
            with pytest.raises(tf.errors.InvalidArgumentError, match="ScaleAndTransl"):
                model.train_on_batch(images, targets)
        assert compiles == (model is good)


def test_layer_that_only_says_no_turns_it_off():
    report = mm.xla_report(sequential(Shy(), layers.Flatten()))
    shy = shown(report)["Shy"]
    assert shy.compiles and not shy.supports_jit
    assert not report.compiles
    assert "tells Keras that it does not" in shy.reason
    assert "not all layers let Keras do so" in str(report)


def test_slow_layer_has_a_faster_one():
    found = shown(mm.xla_report(sequential(layers.RandomFlip(), layers.Flatten())))
    assert found["RandomFlip"].compiles
    assert "slow under XLA" in found["RandomFlip"].reason
    assert found["RandomFlip"].instead == "mm.layers.RandomFlip"


def test_parts_of_wrappers_and_of_ours_are_visited():
    model = sequential(
        layers.TimeDistributed(layers.Dense(4)),
        mm.layers.TransformerBlock(2),
        layers.Bidirectional(layers.LSTM(2)),
        shape=(3, 4),
    )
    rows = mm.xla_report(model).rows
    paths = {re.sub(r"_\d+(?=/|$)", "", row.path) for row in rows}  # dense_3: dense
    assert {
        "time_distributed/dense",
        "transformer_block/attention/softmax",
        "bidirectional/forward_lstm/lstm_cell",
    } <= paths


def test_fault_inside_a_wrapper_is_the_inner_layers():
    inner = layers.RandomRotation(0.1, name="turn")
    model = sequential(mm.layers.TimeDistributed(inner), shape=(2, 8, 8, 3))
    (row,) = shown(mm.xla_report(model)).values()
    assert row.path.endswith("/turn")


@pytest.mark.parametrize("make", [layers.LSTM, layers.GRU])
def test_recurrence_with_cudnn_is_told_apart(make, monkeypatch):
    rnn = sys.modules["keras.src.backend.tensorflow.rnn"]
    monkeypatch.setattr(rnn, "_is_gpu_available", lambda: True)
    layer = make(2)
    monkeypatch.undo()
    assert not layer.supports_jit
    report = mm.xla_report(sequential(layer, shape=(3, 4)))
    row = shown(report)[make.__name__]
    assert "cuDNN" in row.reason
    assert 'xla="branches"' in row.instead
    assert not report.compiles


def test_recurrence_without_cudnn_compiles():
    assert mm.xla_report(sequential(layers.LSTM(2), shape=(3, 4))).compiles


def devices(*kinds):
    return [tf.config.PhysicalDevice(f"/{kind}:0", kind) for kind in kinds]


def choice(model):
    """Keras's own, and ours."""
    report = mm.xla_report(model)
    assert report.auto == model._resolve_auto_jit_compile()
    return report.auto, report.auto_reason


def test_auto_is_what_keras_resolves(monkeypatch):
    good, shy = sequential(layers.Flatten()), sequential(Shy(name="shy"))
    visible = devices("CPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda *kind: visible)
    assert choice(good) == (False, "there is no GPU or TPU")
    visible += devices("GPU")
    assert choice(good) == (True, "every layer lets Keras compile it")
    assert choice(shy) == (False, "shy tells Keras not to")
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        spread = sequential(layers.Flatten())
    assert choice(spread)[1].endswith("tf.distribute strategy")


def test_deterministic_operations_turn_auto_off(monkeypatch):
    visible = devices("CPU", "GPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda *kind: visible)
    config = sys.modules["tensorflow.python.framework.config"]
    monkeypatch.setattr(config, "is_op_determinism_enabled", lambda: True)
    auto, reason = choice(sequential(layers.Flatten()))
    assert not auto and "deterministic" in reason


def test_nothing_changes():
    model = sequential(
        layers.Dropout(0.5, seed=1), layers.BatchNormalization(), layers.Flatten()
    )
    before = [np.array(v) for v in model.variables]
    mm.xla_report(model)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    assert not any("call" in vars(layer) for layer in model._flatten_layers())
    assert model.losses == []


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="mine")
        self.turn = layers.RandomRotation(0.1)
        self.flat = layers.Flatten()

    def call(self, inputs):
        return self.flat(self.turn(inputs))


def test_model_that_states_no_inputs_needs_a_batch():
    with pytest.raises(ValueError, match=r"`inputs` must be a batch.*Give one of"):
        mm.xla_report(Subclassed())
    report = mm.xla_report(Subclassed(), np.zeros((2, 8, 8, 3), "float32"))
    assert shown(report)["RandomRotation"].compiles is False
    assert shown(report)["Flatten"].compiles


def test_what_is_no_model_is_refused():
    with pytest.raises(TypeError, match=r"must be a Keras model.*Call the factory"):
        mm.xla_report(layers.Dense)


def test_table_and_notebook_have_all_of_it():
    report = mm.xla_report(sequential(layers.RandomRotation(0.1), layers.Flatten()))
    table = report.table()
    assert list(table["type"]) == ["RandomRotation", "Flatten"]
    assert list(table["compiles"]) == [False, True]
    page = report._repr_html_()
    assert "mm.layers.RandomAffine" in page and "1 of 2 layers fail" in page


def test_replacements_are_there():
    named = {
        name
        for text in _xla_advice.INSTEAD.values()
        for name in re.findall(r"mm\.layers\.(\w+)", text)
    }
    assert named and named <= set(mm.layers.__all__)
    assert all(hasattr(layers, name) for name in _xla_advice.INSTEAD)


ON_JAX = """
import keras, mmkeras as mm
L = keras.layers
parts = [L.Conv2D(2, 3), L.BatchNormalization(), L.Dropout(0.1), L.Flatten()]
report = mm.xla_report(keras.Sequential([keras.Input((8, 8, 3)), *parts]))
print(report.compiles, report.auto)
parts = [L.RandomRotation(0.1), L.Conv2D(2, 3)]
report = mm.xla_report(keras.Sequential([keras.Input((8, 8, 3)), *parts]))
print(report.compiles, report.auto, [row.compiles for row in report.rows])
"""


def test_on_jax_it_is_jax_that_compiles():
    pytest.importorskip("jax")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ON_JAX],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=True,
    )
    # Keras refuses what JAX could compile.
    assert done.stdout.split("\n")[:2] == ["True True", "False False [True, True]"]
