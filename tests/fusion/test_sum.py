"""Sum: what is present, rescaled to all."""

import numpy as np

from mmkeras.fusion import Sum


def test_sum_is_rescaled_to_all_modalities(three, present, counts):
    x = np.stack([three[name] for name in "abc"], axis=1)
    total = np.einsum("bm,bmd->bd", counts, x)
    expected = 3 / counts.sum(1, keepdims=True) * total
    found = Sum()(three, present=present)
    np.testing.assert_allclose(found, expected, atol=1e-6)  # float32 rounding


def test_sum_of_all_is_plain(three):
    expected = three["a"] + three["b"] + three["c"]
    np.testing.assert_allclose(Sum()(three), expected, atol=1e-6)  # float32 rounding
