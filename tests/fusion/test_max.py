"""Max: over who is present."""

import numpy as np

from mmkeras.fusion import Max


def test_maximum_is_over_who_is_present(three, present, counts):
    rows = [
        np.max(
            [three[name][row] for name, c in zip("abc", there, strict=True) if c],
            axis=0,
        )
        for row, there in enumerate(counts)
    ]
    np.testing.assert_array_equal(Max()(three, present=present), rows)


def test_maximum_may_be_negative(three):
    below = {name: -np.abs(x) for name, x in three.items()}
    lacking = {"b": np.zeros(5, bool)}
    expected = np.maximum(below["a"], below["c"])
    np.testing.assert_array_equal(Max()(below, present=lacking), expected)
