"""image_application: every network that Keras has, its pixels, its weights."""

import sys

import keras
import numpy as np
import pytest

from mmkeras.encoders import image_application
from mmkeras.encoders._applications import MODE_OF
from mmkeras.layers import ImagenetPreprocessing

PICTURES = np.random.default_rng(0).random((3, 32, 32, 3)).astype("float32")
NETWORKS = {
    name: getattr(keras.applications, name)
    for name in dir(keras.applications)
    if name[0].isupper() and callable(getattr(keras.applications, name))
}


def test_every_network_of_keras_is_known():
    assert set(MODE_OF) == set(NETWORKS)


@pytest.mark.parametrize("network", sorted(MODE_OF))
def test_network_gets_the_pixels_that_its_own_preprocessing_gives(network):
    module = sys.modules[NETWORKS[network].__module__]
    expected = module.preprocess_input(255 * PICTURES)
    found = ImagenetPreprocessing(MODE_OF[network])(PICTURES)
    # float32 of numbers up to 255.
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("network", "shape", "pooling", "expected"),
    [
        ("MobileNetV2", (32, 32, 3), "average", (1280,)),
        ("MobileNetV2", (64, 32, 1), "none", (2, 1280)),
        ("VGG16", (32, 64, 1), "max", (512,)),
        ("VGG16", [32, 64, 3], "flatten", (1024,)),
    ],
)
def test_shape_follows_the_network_and_the_pooling(network, shape, pooling, expected):
    encoder = image_application(network, shape, pooling=pooling)
    assert encoder.input_shape == (None, *shape)
    assert encoder.output_shape == (None, *expected)


def test_equals_the_network_on_its_own_preprocessing():
    encoder = image_application("VGG16", (32, 32, 3))
    inner = encoder.get_layer("vgg16")
    pixels = keras.applications.vgg16.preprocess_input(255 * PICTURES)
    expected = inner(pixels).numpy().mean(axis=(1, 2))
    # float32 through thirteen convolutions, beside the largest value.
    limit = 1e-4 * expected.max()
    assert limit > 0
    np.testing.assert_allclose(encoder(PICTURES), expected, atol=limit)


def test_resnet_50_has_as_many_weights_as_the_published_one():
    encoder = image_application("ResNet50", (32, 32, 3))
    assert encoder.count_params() == 23_587_712


def test_name_is_the_networks_unless_given():
    assert image_application("VGG16", (32, 32, 3)).name == "image_vgg16"
    assert image_application("VGG16", (32, 32, 3), name="eye").name == "eye"


def test_frozen_network_learns_nothing_and_stays_so_when_saved():
    encoder = image_application("MobileNet", (32, 32, 3), trainable=False)
    quiet = encoder(PICTURES)
    assert encoder.trainable_variables == []
    # Batch normalisation too: neither the batch's statistics, nor new ones.
    np.testing.assert_allclose(encoder(PICTURES, training=True), quiet, atol=1e-5)
    again = keras.Model.from_config(encoder.get_config())
    assert again.trainable_variables == []


def test_weights_come_from_a_file(tmp_path):
    path = tmp_path / "network.weights.h5"
    network = keras.applications.MobileNet(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    network.save_weights(path)
    encoder = image_application("MobileNet", (32, 32, 1), path)
    found, expected = encoder.get_weights(), network.get_weights()
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


# Keras's warnings before its error.
@pytest.mark.filterwarnings("ignore:Skipping nested container:UserWarning")
def test_file_of_another_network_is_refused(tmp_path):
    path = tmp_path / "network.weights.h5"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(path)
    with pytest.raises(ValueError, match="must be a weights file of VGG16"):
        image_application("VGG16", (32, 32, 3), path)


def test_failed_download_asks_for_a_file(monkeypatch):
    def fail(*args, **kwargs):
        raise Exception("URL fetch failure on https://example.org: None -- no network")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", fail)
    message = "^`image_application`: .*Give the path of a local weights file.*fetch"
    with pytest.raises(ValueError, match=message):
        image_application("VGG16", (32, 32, 3), "imagenet")


WRONG = [
    ({"network": "ResNet51"}, ValueError, "Did you mean 'ResNet50'"),
    ({"network": "resnet50"}, ValueError, "Known: 'ConvNeXtBase'"),
    ({"shape": (64, 64)}, ValueError, "Take it from the spec"),
    ({"shape": (64, 64, 4)}, ValueError, "1 or 3 channels"),
    ({"shape": 64}, TypeError, "`shape` must be a list or tuple"),
    ({"shape": (16, 16, 3)}, ValueError, "a size that VGG16 takes.*at least 32x32"),
    ({"weights": "nowhere.weights.h5"}, ValueError, "Write one with `save_weights`"),
    ({"weights": 5}, TypeError, "'imagenet' or the path of a file"),
    ({"pooling": "avg"}, ValueError, "Known: 'average', 'flatten', 'max', 'none'"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG, ids=str)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`image_application`: .*{message}"):
        image_application(**({"network": "VGG16", "shape": (32, 32, 3)} | arguments))
