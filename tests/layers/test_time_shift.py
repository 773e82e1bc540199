"""TimeShift: by how much, and what enters at the end."""

import numpy as np
import pytest

from mmkeras.layers import TimeShift

SHIFTS = [-4, -1, 0, 2, 4]


@pytest.mark.parametrize("dtype", ["int16", "float32"])
@pytest.mark.parametrize("fill", ["zero", "wrap"])
def test_samples_move_by_the_shift(fill, dtype):
    x = np.random.default_rng(0).integers(1, 99, (5, 9)).astype(dtype)
    found = TimeShift(fill=fill).apply(x, {"shift": np.array(SHIFTS, "int32")})
    for row, shift in enumerate(SHIFTS):
        expected = np.roll(x[row], shift)
        if fill == "zero" and shift:
            expected[np.s_[:shift] if shift > 0 else np.s_[shift:]] = 0
        np.testing.assert_array_equal(found[row], expected)


@pytest.mark.parametrize(("share", "most"), [(0.2, 2), (1.0, 10), (0.05, 0)])
def test_shifts_are_even_to_both_sides(share, most):
    found = np.asarray(TimeShift(share, seed=0).draw(np.zeros((4000, 10)))["shift"])
    counts = np.bincount(found + most)
    assert len(counts) == 2 * most + 1
    # 5 standard deviations of each count.
    assert np.abs(counts - counts.mean()).max() < 5 * np.sqrt(counts.mean())


def test_int16_stays_int16():
    x = np.arange(40, dtype="int16").reshape(4, 10)
    assert TimeShift(seed=0)(x, training=True).dtype == "int16"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"share": 0}, ValueError, "`share` must be above 0"),
        ({"share": 160}, ValueError, "at most 1.*Pass 0.1 for a tenth"),
        ({"fill": "warp"}, ValueError, "Did you mean 'wrap'"),
    ],
    ids=str,
)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`TimeShift`: .*{message}"):
        TimeShift(**arguments)
