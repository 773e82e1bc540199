"""RandomCropPad: what NumPy's pad and a slice give."""

import numpy as np
import pytest

from mmkeras.layers import RandomCropPad

PIXELS = np.random.default_rng(0).integers(1, 256, (5, 4, 6, 3)).astype("uint8")
NUMPYS = {"constant": "constant", "nearest": "edge", "reflect": "reflect"}


@pytest.mark.parametrize("padding", [1, 2, 9])  # 9 mirrors more than once.
@pytest.mark.parametrize("fill", NUMPYS)
def test_crop_equals_numpys(fill, padding):
    top = np.array([0, 1, padding, 2 * padding, 2])
    left = np.array([2 * padding, padding, padding, 0, 1])
    border = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    padded = np.pad(PIXELS, border, NUMPYS[fill])
    expected = [
        x[t : t + 4, s : s + 6] for x, t, s in zip(padded, top, left, strict=True)
    ]
    layer = RandomCropPad(padding, fill)
    found = layer.apply(PIXELS, {"top": top, "left": left})
    np.testing.assert_array_equal(found, expected)


def test_reflection_of_a_single_pixel_is_that_pixel():
    row = np.full((1, 1, 1, 1), 7.0)
    drawn = {"top": np.array([0]), "left": np.array([2])}
    assert float(RandomCropPad(1, "reflect").apply(row, drawn)[0, 0, 0, 0]) == 7


def test_every_offset_is_as_likely():
    drawn = RandomCropPad(1, seed=1).draw(np.zeros((3000, 1, 1, 1)))
    for offsets in drawn.values():
        counts = np.bincount(np.asarray(offsets), minlength=3)
        assert len(counts) == 3
        # Five standard errors of a count of 1,000.
        assert np.abs(counts - 1000).max() < 130


@pytest.mark.parametrize(
    ("arguments", "error", "fix"),
    [
        ((0,), ValueError, "`padding` must be at least 1"),
        ((0.5,), TypeError, "`padding` must be a whole number"),
        ((1, "zero"), ValueError, "Known: 'constant', 'nearest', 'reflect'"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, fix):
    with pytest.raises(error, match=f"^`RandomCropPad`: .*{fix}"):
        RandomCropPad(*arguments)
