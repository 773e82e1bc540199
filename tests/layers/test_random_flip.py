"""RandomFlip: what NumPy's flip gives, for half of the pictures."""

import numpy as np
import pytest

from mmkeras.layers import RandomFlip

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 3, 5, 3)).astype("uint8")
ROWS = 4000
# Four standard errors of a share of 4,000.
SHARE_TOLERANCE = 0.032


def test_flip_equals_numpys():
    drawn = {
        "horizontal": np.array([False, True, False, True]),
        "vertical": np.array([False, False, True, True]),
    }
    found = np.asarray(RandomFlip("both").apply(PIXELS, drawn))
    assert found.dtype == "uint8"
    np.testing.assert_array_equal(found[0], PIXELS[0])
    np.testing.assert_array_equal(found[1], PIXELS[1, :, ::-1])
    np.testing.assert_array_equal(found[2], PIXELS[2, ::-1])
    np.testing.assert_array_equal(found[3], PIXELS[3, ::-1, ::-1])


@pytest.mark.parametrize(
    ("mode", "names"),
    [
        ("horizontal", ["horizontal"]),
        ("vertical", ["vertical"]),
        ("both", ["horizontal", "vertical"]),
    ],
)
def test_half_are_flipped(mode, names):
    drawn = RandomFlip(mode, seed=1).draw(np.zeros((ROWS, 1, 1, 1)))
    assert sorted(drawn) == names
    for mirrored in drawn.values():
        assert abs(np.mean(mirrored) - 0.5) < SHARE_TOLERANCE


def test_the_two_flips_are_drawn_apart():
    drawn = RandomFlip("both", seed=1).draw(np.zeros((ROWS, 1, 1, 1)))
    both = np.asarray(drawn["horizontal"]) & np.asarray(drawn["vertical"])
    assert abs(both.mean() - 0.25) < SHARE_TOLERANCE


@pytest.mark.parametrize(
    ("shape", "fix"),
    [
        ((4, 5, 3), "Make the pictures RGB or grey"),
        ((2, 4, 5, 4), "Make the pictures RGB or grey"),
        ((2, None, 5, 3), "Resize the pictures first"),
    ],
)
def test_other_inputs_are_refused(shape, fix):
    with pytest.raises(ValueError, match=f"^`RandomFlip`: .*{fix}"):
        RandomFlip().build(shape)


def test_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="Did you mean 'horizontal'"):
        RandomFlip("horizontel")


def test_seed_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match="`RandomFlip`: `seed` must be a whole number"):
        RandomFlip(seed="1")
