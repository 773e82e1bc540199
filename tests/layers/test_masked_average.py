"""The mean of what a mask keeps, against NumPy."""

import numpy as np
import pytest

from mmkeras.layers import MaskedAverage
from mmkeras.testing import check_layer

# float32 sums of a few numbers of about 1.
ROUNDING = 1e-6


def tokens(rows=5):
    return np.random.default_rng(3).normal(size=(rows, 6, 4)).astype("float32")


def mask():
    """Padding at the end, a hole inside, all kept."""
    kept = np.arange(6) < np.array([6, 5, 3, 1, 6])[:, None]
    kept[4, 2] = False
    return kept


def test_is_the_mean_of_the_tokens_that_are_kept():
    expected = [x[m].mean(0) for x, m in zip(tokens(), mask(), strict=True)]
    y = MaskedAverage()(tokens(), mask=mask())
    np.testing.assert_allclose(y, expected, atol=ROUNDING)


def test_without_a_mask_all_count():
    np.testing.assert_allclose(
        MaskedAverage()(tokens()), tokens().mean(1), atol=ROUNDING
    )


def test_what_is_left_out_does_not_matter():
    x = np.where(mask()[..., None], tokens(), np.inf)
    np.testing.assert_array_equal(
        MaskedAverage()(x, mask=mask()), MaskedAverage()(tokens(), mask=mask())
    )


def test_a_row_that_keeps_nothing_is_zeros():
    y = MaskedAverage()(tokens(), mask=np.zeros((5, 6), bool))
    np.testing.assert_array_equal(y, np.zeros((5, 4)))


def test_a_sum_that_float16_cannot_hold_is_averaged():
    x = np.full((1, 3, 1), 30_000.0)
    y = MaskedAverage(dtype="float16")(x, mask=np.ones((1, 3), bool)).numpy()
    assert y.dtype == "float16"
    assert y.item() == 30_000


def test_holds_the_contract():
    check_layer(MaskedAverage(), tokens())


def test_refuses_what_is_no_sequence():
    with pytest.raises(ValueError, match="with `pooling='none'`"):
        MaskedAverage()(np.zeros((2, 3)))
