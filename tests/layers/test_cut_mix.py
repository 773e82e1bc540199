"""CutMix: a box of another picture, and labels by the share that is left."""

import keras
import numpy as np
import pytest

from mmkeras.layers import CutMix

HEIGHT, WIDTH = 10, 13
IMAGES = (
    np.random.default_rng(0).integers(0, 256, (4, HEIGHT, WIDTH, 3)).astype("uint8")
)
LABELS = np.eye(4, dtype="float32")


def draw(rows=4, **arguments):
    drawn = CutMix(seed=1, **arguments).draw(np.zeros((rows, HEIGHT, WIDTH, 1)))
    return {name: np.asarray(values) for name, values in drawn.items()}


def inside(drawn):
    """Which pixels the boxes cover, from their edges in whole pixels."""
    edges = drawn["box"] * [HEIGHT, WIDTH, HEIGHT, WIDTH]
    np.testing.assert_allclose(edges, edges.round(), atol=1e-5)
    covered = np.zeros((len(edges), HEIGHT, WIDTH), bool)
    for row, (top, left, bottom, right) in enumerate(edges.round().astype(int)):
        covered[row, top:bottom, left:right] = True
    return covered


def test_mix_equals_kerass():
    drawn = draw()
    theirs = {
        "permutation_order": drawn["partner"],
        "batch_masks": inside(drawn)[..., None],
        "mix_weight": drawn["share"].reshape(-1, 1, 1, 1),
    }
    layer = keras.layers.CutMix()
    np.testing.assert_array_equal(
        CutMix().mix(IMAGES, drawn),
        layer.transform_images(keras.ops.convert_to_tensor(IMAGES), theirs),
    )
    np.testing.assert_allclose(
        CutMix().mix(LABELS, drawn),
        layer.transform_labels(keras.ops.convert_to_tensor(LABELS), theirs),
        atol=1e-6,
    )


def test_share_is_that_of_the_pixels_left():
    drawn = draw(300)
    expected = 1 - inside(drawn).mean((1, 2))
    np.testing.assert_allclose(drawn["share"], expected, atol=1e-6)
    assert drawn["share"].min() < 0.2


def test_box_fits_pictures_of_another_size():
    drawn = draw()
    wide = np.repeat(np.repeat(IMAGES, 2, 1), 2, 2)
    expected = np.repeat(np.repeat(CutMix().mix(IMAGES, drawn), 2, 1), 2, 2)
    np.testing.assert_array_equal(CutMix().mix(wide, drawn), expected)


def test_pictures_and_labels_are_mixed_by_the_same_draws():
    # Pixels hold the number of their row.
    numbers = np.broadcast_to(np.arange(4.0)[:, None, None, None], (4, 8, 8, 1))
    found = CutMix(seed=2)({"image": numbers, "label": LABELS}, training=True)
    pixels = np.asarray(found["image"])[..., 0]
    shares = [[(row == number).mean() for number in range(4)] for row in pixels]
    np.testing.assert_allclose(found["label"], shares, atol=1e-6)
    assert np.max(found["label"], axis=1).min() < 0.9


def test_main_example_keeps_the_larger_share_if_asked():
    assert draw(300, keep_main=True)["share"].min() >= 0.5
    assert draw(300)["share"].min() < 0.5


def test_inputs_without_pictures_are_refused():
    with pytest.raises(
        ValueError, match=r"`CutMix`: .*For other modalities use `MixUp`"
    ):
        CutMix()({"sound": np.zeros((4, 9), "float32")}, training=True)
