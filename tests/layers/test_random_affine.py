"""RandomAffine: one resampling, as OpenCV's and Keras's by the same matrix."""

import cv2
import keras
import numpy as np
import pytest

from mmkeras.layers import RandomAffine

HEIGHT, WIDTH = 20, 26
PIXELS = np.random.default_rng(0).uniform(0, 255, (3, HEIGHT, WIDTH, 3))
PIXELS = PIXELS.astype("float32")
SMOOTH = np.stack([cv2.GaussianBlur(x, (0, 0), 3) for x in PIXELS])
DRAWN = {
    "rotation": np.array([0.0, 25.0, -170.0], "float32"),
    "zoom": np.array([1.0, 0.7, 1.4], "float32"),
    "shear": np.array([[0, 0], [0.2, -0.1], [0.0, 0.3]], "float32"),
    "translation": np.array([[0, 0], [0.1, -0.2], [0.15, 0.05]], "float32"),
}
OPENCVS = {
    "constant": cv2.BORDER_CONSTANT,
    "nearest": cv2.BORDER_REPLICATE,
    "reflect": cv2.BORDER_REFLECT_101,
}


def forward(i, drawn=DRAWN):
    """The 3x3 matrix from a pixel of the picture to one of the result."""
    angle = np.deg2rad(drawn["rotation"][i].astype("float64"))
    k, m = drawn["shear"][i].astype("float64")
    # Counterclockwise to the eye, with y down.
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
    matrix = np.eye(3)
    matrix[:2, :2] = turn @ [[1, k], [m, 1]] * float(drawn["zoom"][i])
    shift = drawn["translation"][i] * [WIDTH, HEIGHT]
    matrix[:2, 2] = middle + shift - matrix[:2, :2] @ middle
    return matrix


@pytest.mark.parametrize("fill", OPENCVS)
def test_picture_equals_opencvs(fill):
    layer = RandomAffine(fill=fill, fill_value=40.0)
    found = np.asarray(layer.apply(SMOOTH, DRAWN))
    for i, picture in enumerate(SMOOTH):
        expected = cv2.warpAffine(
            picture,
            forward(i)[:2],
            (WIDTH, HEIGHT),
            borderMode=OPENCVS[fill],
            borderValue=(40.0,) * 3,
        )
        # OpenCV rounds places to 1/32 pixel: half of it by the slope, at most 10
        # levels in the picture, and 150 at a constant border.
        limit = 4.7 if fill == "constant" else 0.4
        assert np.abs(found[i] - expected).max() < limit
        assert np.abs(found[i] - expected).mean() < 0.1


@pytest.mark.parametrize("fill", ["constant", "nearest"])
def test_picture_equals_kerass(fill):
    rows = [np.linalg.inv(forward(i)).ravel()[:8] for i in range(len(PIXELS))]
    expected = keras.ops.image.affine_transform(
        PIXELS, np.array(rows, "float32"), fill_mode=fill, fill_value=40.0
    )
    found = RandomAffine(fill=fill, fill_value=40.0).apply(PIXELS, DRAWN)
    # Places of float32, exact to about 1e-5 pixel, by slopes of up to 255.
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_rotation_and_zoom_are_opencvs():
    drawn = DRAWN | {"shear": np.zeros((3, 2)), "translation": np.zeros((3, 2))}
    centre = (WIDTH - 1) / 2, (HEIGHT - 1) / 2
    for i in range(3):
        angle, zoom = float(drawn["rotation"][i]), float(drawn["zoom"][i])
        expected = cv2.getRotationMatrix2D(centre, angle, zoom)
        np.testing.assert_allclose(forward(i, drawn)[:2], expected, atol=1e-4)


def test_no_change_is_exact():
    found = RandomAffine().apply(PIXELS[:1], {k: v[:1] for k, v in DRAWN.items()})
    np.testing.assert_array_equal(found, PIXELS[:1])


def test_whole_pixels_move_exactly():
    drawn = {k: v[:1] for k, v in DRAWN.items()}
    drawn["translation"] = np.array([[2 / WIDTH, 0.0]])
    found = np.asarray(RandomAffine().apply(PIXELS[:1], drawn))
    # The share of the width is rounded, so a place is within 1e-6 pixels.
    np.testing.assert_allclose(found[:, :, 2:], PIXELS[:1, :, :-2], atol=1e-3)
    assert not found[:, :, :2].round(3).any()


def test_draws_stay_in_their_ranges():
    layer = RandomAffine(30.0, 0.2, 0.3, 0.1, seed=1)
    drawn = {k: np.asarray(v) for k, v in layer.draw(np.zeros((999, 4, 4, 1))).items()}
    for values, largest in (
        (drawn["rotation"], 30.0),
        (drawn["zoom"] - 1, 0.2),
        (drawn["shear"], 0.3),
        (drawn["translation"], 0.1),
    ):
        assert 0.97 * largest < np.abs(values).max() <= largest * 1.0001
        assert abs(values.mean()) < 0.1 * largest


@pytest.mark.parametrize(
    ("arguments", "error", "fix"),
    [
        ({"rotation": 181}, ValueError, r"`rotation` must be in \[0, 180\]"),
        ({"rotation": "1"}, TypeError, "`rotation` must be a number"),
        ({"zoom": 1.0}, ValueError, r"`zoom` must be in \[0, 1\)"),
        ({"shear": 1.0}, ValueError, r"`shear` must be in \[0, 1\)"),
        ({"translation": -0.1}, ValueError, r"`translation` must be in \[0, 1\]"),
        ({"fill": "wrap"}, ValueError, "Known: 'constant', 'nearest', 'reflect'"),
        ({"fill_value": None}, TypeError, "`fill_value` must be a number"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, fix):
    with pytest.raises(error, match=f"^`RandomAffine`: .*{fix}"):
        RandomAffine(**arguments)
