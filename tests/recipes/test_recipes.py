"""The articles' models: fitted for a few steps, their parameters counted by hand."""

import keras
import numpy as np
import pandas as pd
import pytest

import mmkeras as mm

WORDS = 30
TOKENS, SIDE, CLASSES, SAMPLES, BINS = 6, 32, 10, 800, 8
IDS = WORDS + 2
# Of keras.applications, without its top, of three channels.
RESNET50, RESNET50_WIDTH = 23_587_712, 2048


def dense(inputs, units):
    return (inputs + 1) * units


def lstm(inputs, units):
    """Four gates, each of a kernel, a recurrent kernel and a bias."""
    return 4 * ((inputs + units) * units + units)


def gru(inputs, units):
    """Three gates; Keras keeps two biases a gate, as cuDNN does."""
    return 3 * ((inputs + units) * units + 2 * units)


def conv(inputs, filters, side=3):
    return (side * side * inputs + 1) * filters


def picture(side=SIDE):
    return mm.modalities.Image(column="image", size=(side, side))


INPUTS = {
    "text": mm.modalities.Text(
        column="text",
        max_tokens=TOKENS,
        vocabulary=tuple(f"w{i}" for i in range(WORDS)),
        vocabulary_size=IDS,
    ),
    "sound": mm.modalities.Audio(
        column="sound", sample_rate=8000, seconds=SAMPLES / 8000, num_mel_bins=BINS
    ),
}


def make_spec(**inputs):
    return mm.Spec(
        name="recipes",
        source=mm.sources.Frame(frame=pd.DataFrame()),
        inputs=inputs,
        tasks={
            "kind": mm.tasks.Classification(
                column="kind", classes=tuple(f"c{i}" for i in range(CLASSES))
            )
        },
        split=mm.SplitByColumn(column="split", values={"train": ("t",)}),
    )


def batch(spec, rows):
    random = np.random.default_rng(0)
    highest = {"uint8": 256, "int32": IDS, "int16": 9000}
    return {
        name: random.integers(1, highest[m.dtype], (rows, *m.shape)).astype(m.dtype)
        for name, m in spec.inputs.items()
    }


def losses(model, spec, rows=8, steps=8):
    """Of steps on one batch, by plain gradient descent."""
    inputs = batch(spec, rows)
    labels = {"kind": np.arange(rows) % CLASSES}
    model.compile(keras.optimizers.SGD(0.1), loss=spec.losses())
    history = model.fit(inputs, labels, batch_size=rows, epochs=steps, verbose=0)
    found = history.history["loss"]
    assert np.isfinite(found).all()
    return found


@pytest.fixture(autouse=True)
def _seeded():
    keras.utils.set_random_seed(0)


def test_resnet_gru():
    spec = make_spec(image=picture(), text=INPUTS["text"])
    model = mm.recipes.resnet_gru(spec)
    assert model.count_params() == (
        RESNET50
        + IDS * 128
        + gru(128, 64)
        + gru(64, 64)
        + dense(RESNET50_WIDTH + 64, CLASSES)
    )
    assert len(losses(model, spec, rows=2, steps=2)) == 2


COMBINE = {
    # One weight a view.
    "weighted_sum": (lambda: None, 3),
    "product": (lambda: mm.fusion.Multiply(), 0),
    # A filter of three features wide over three views, and its bias.
    "convolution": (lambda: mm.fusion.ConvFusion(filters=1), 3 * 3 + 1),
}
VIEWS = ("front", "side", "top")


def test_multiview_resnet_lstm():
    spec = make_spec(**{view: picture() for view in VIEWS})
    model = mm.recipes.multiview_resnet_lstm(spec, VIEWS)
    head = lstm(RESNET50_WIDTH // 16, 64) + dense(64, CLASSES)
    assert model.count_params() == 3 * RESNET50 + 3 + head


@pytest.mark.long
def test_multiview_resnet_lstm_is_fitted_with_its_resnets():
    spec = make_spec(**{view: picture() for view in VIEWS})
    model = mm.recipes.multiview_resnet_lstm(spec, VIEWS)
    assert len(losses(model, spec, rows=2, steps=2)) == 2


@pytest.mark.parametrize("how", COMBINE)
def test_views_are_combined_as_they_are_told(how, monkeypatch):
    """With a light network in place of three slow ones: the rest is the same."""

    def light(network, shape, weights, name):
        assert (network, weights) == ("ResNet50", None)
        pool = keras.layers.GlobalAveragePooling2D()
        return keras.Sequential([keras.layers.Conv2D(32, 3), pool], name=name)

    monkeypatch.setattr(mm.encoders, "image_application", light)
    make, own = COMBINE[how]
    spec = make_spec(**{view: picture() for view in VIEWS})
    model = mm.recipes.multiview_resnet_lstm(spec, VIEWS, make())
    assert model.count_params() == (
        3 * conv(3, 32) + own + lstm(32 // 16, 64) + dense(64, CLASSES)
    )
    first, *_, last = losses(model, spec)
    assert last < first


def test_cnn_lstm():
    spec = make_spec(image=picture(), text=INPUTS["text"])
    model = mm.recipes.cnn_lstm(spec)
    # Each stage halves the side.
    flat = (SIDE // 4) ** 2 * 64 + TOKENS * 64
    assert model.count_params() == (
        conv(3, 32)
        + conv(32, 64)
        + IDS * 128
        + lstm(128, 64)
        + dense(64, 64)
        + dense(flat, CLASSES)
    )
    first, *_, last = losses(model, spec)
    assert last < first


def test_cnn_lstm_sound():
    spec = make_spec(image=picture(), **INPUTS)
    model = mm.recipes.cnn_lstm_sound(spec)
    assert model.count_params() == (
        conv(3, 32)
        + IDS * 128
        + lstm(128, 128)
        + dense(BINS, 128)
        + lstm(128, 128)
        + dense((SIDE // 2) ** 2 * 32 + 128 + 128, 64)
        + dense(64, CLASSES)
    )
    first, *_, last = losses(model, spec)
    assert last < first


def hog_width(side):
    """Histograms of 9 angles of the cells of 8 and 16 pixels, and colours."""
    layer = mm.encoders.image_hog((side, side, 3), units=64)
    return layer.get_layer("dense").input.shape[-1]


@pytest.mark.parametrize("vectors", [False, True], ids=["counts", "word_vectors"])
def test_bag_and_image(vectors):
    spec = make_spec(image=picture(), text=INPUTS["text"])
    embedding = keras.layers.Embedding(IDS, 20) if vectors else None
    model = mm.recipes.bag_and_image(spec, embedding=embedding)
    words = IDS * 20 + dense(20, 64) if vectors else dense(IDS, 64)
    trained = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    # One weight a modality.
    expected = dense(hog_width(SIDE), 64) + words + 2 + dense(64, CLASSES)
    assert trained == expected
    first, *_, last = losses(model, spec)
    assert last < first


@pytest.mark.parametrize("name", mm.recipes.__all__)
def test_recipe_is_at_most_thirty_lines(name):
    import ast
    import inspect

    tree = ast.parse(inspect.getsource(getattr(mm.recipes, name)))
    function = tree.body[0]
    first = function.body[1].lineno  # After the docstring.
    assert function.end_lineno - first + 1 <= 30
