"""Compiled: an XLA cluster, and otherwise the layer that is in it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mmkeras.layers import Compiled


def branch(dropout=0.0):
    """All that a cluster could spoil: a seed, moving means, a penalty."""
    return keras.Sequential(
        [
            keras.Input((6, 6, 1), dtype="uint8"),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(3, 3, kernel_regularizer="l2"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(dropout, seed=1),
            keras.layers.Flatten(),
        ],
        name="inner",
    )


def make_model(wrap):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6, 6, 1), dtype="uint8")
    outputs = keras.layers.Dense(2, name="head")(wrap(branch())(inputs))
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse")
    return model


def clusters(function):
    """How many functions of the graph are XLA's."""
    library = function.graph.as_graph_def().library.function
    return sum(f.attr["_XlaMustCompile"].b for f in library)


def trace(layer, inputs, **options):
    call = tf.function(lambda x: layer(x, **options), autograph=False)
    return call.get_concrete_function(tf.constant(inputs))


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 6, 6, 1)).astype("uint8")


@pytest.fixture(scope="module")
def trained(images):
    """The model with a cluster and the one without, after the same steps."""
    targets = np.random.default_rng(1).normal(size=(5, 2)).astype("float32")
    found = []
    for wrap in (Compiled, lambda layer: layer):
        model = make_model(wrap)
        losses = [float(model.train_on_batch(images, targets)) for _ in range(3)]
        found.append((model, losses))
    return found


def test_training_is_that_of_the_layer(trained):
    (compiled, found), (plain, expected) = trained
    # XLA fuses and reorders float32 arithmetic.
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    pairs = zip(compiled.variables, plain.variables, strict=True)
    for mine, other in pairs:
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)


def test_seeds_inside_advance(images):
    layer = Compiled(branch(dropout=0.5))
    call = tf.function(lambda x: layer(x, training=True), autograph=False)
    first, second = call(images), call(images)
    assert np.any((first == 0) != (second == 0))
    assert layer.layer.layers[3].seed_generator.state[1] == 2


def test_it_is_an_xla_cluster(images):
    layer = Compiled(branch())
    assert clusters(trace(layer, images, training=True)) == 1
    layer.jit = False
    assert clusters(trace(layer, images, training=True)) == 0


def test_keras_does_not_compile_around_it(trained):
    (model, _), (plain, _) = trained
    assert not model.layers[1].supports_jit
    with pytest.warns(UserWarning, match="doesn't support `jit_compile=True`"):
        model.jit_compile = True
    assert not model.jit_compile
    assert all(layer.supports_jit for layer in plain.layers)


def test_what_is_frozen_later_stays_as_it_is(images):
    model = make_model(Compiled)
    targets = np.zeros((5, 2), "float32")
    model.train_on_batch(images, targets)
    norm = model.layers[1].layer.layers[2]
    norm.trainable = False
    model.compile("sgd", "mse")
    before = norm.moving_mean.numpy()
    model.train_on_batch(images, targets)
    np.testing.assert_array_equal(norm.moving_mean, before)


def test_recurrence_trains_plainly():
    layer = Compiled(keras.layers.LSTM(3))
    model = keras.Sequential([keras.Input((4, 2)), layer])
    model.compile("sgd", "mse")
    inputs = np.random.default_rng(0).normal(size=(3, 4, 2)).astype("float32")
    before = model.get_weights()[0]
    # Its states, as lists of tensors, would have to leave a cluster.
    model.train_on_batch(inputs, np.ones((3, 3), "float32"))
    assert np.any(model.get_weights()[0] != before)
    assert clusters(trace(layer, inputs)) == 0


def test_reloaded_model_is_exact(trained, images, tmp_path):
    (model, _), _ = trained
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    expected = model.predict(images, verbose=0)
    np.testing.assert_array_equal(again.predict(images, verbose=0), expected)
    assert clusters(trace(again, images)) == 1


def test_saved_model_answers_the_same(trained, images, tmp_path):
    (model, _), _ = trained
    model.export(tmp_path / "saved", verbose=False)
    served = tf.saved_model.load(tmp_path / "saved")
    expected = model.predict(images, verbose=0)
    # Of another number of rows than it was exported with, too.
    for rows in (5, 2):
        found = served.serve(tf.constant(images[:rows]))
        np.testing.assert_allclose(found, expected[:rows], atol=1e-6)


def test_integers_and_policies_are_the_layers_own():
    layer = Compiled(keras.layers.Embedding(300, 2), dtype="mixed_float16")
    outputs = layer(np.array([[299]], "int32"))
    assert outputs.dtype == "float32"
    scaled = Compiled(keras.layers.Rescaling(1, dtype="float32"), dtype="mixed_float16")
    # 4097 is no float16.
    assert float(scaled(np.array([[4097.0]], "float32"))[0, 0]) == 4097


def test_layer_with_a_loss_of_its_own_is_refused():
    inner = keras.layers.Dense(2, activity_regularizer="l2", name="mine")
    layer = Compiled(inner)
    with pytest.raises(ValueError, match=r"adds no loss.*'mine'.*Leave it outside"):
        trace(layer, np.ones((2, 3), "float32"))


def test_what_is_no_layer_is_refused():
    with pytest.raises(TypeError, match=r"`layer` must be a Keras layer.*Create it"):
        Compiled(keras.layers.Dense)
