"""Mean: of what is present."""

import numpy as np

from mmkeras.fusion import Mean


def test_mean_is_of_who_is_present(three, present, counts):
    x = np.stack([three[name] for name in "abc"], axis=1)
    expected = np.einsum("bm,bmd->bd", counts, x) / counts.sum(1, keepdims=True)
    found = Mean()(three, present=present)
    np.testing.assert_allclose(found, expected, atol=1e-6)  # float32 rounding
