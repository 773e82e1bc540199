"""RandomGain: how loud, and in which dtype."""

import numpy as np
import pytest

from mmkeras.layers import RandomGain


def test_gain_is_in_decibels_and_evenly_drawn():
    found = RandomGain(6.0, seed=0)(np.ones((4000, 2), "float32"), training=True)
    found = np.asarray(found)
    np.testing.assert_array_equal(found[:, 0], found[:, 1])
    decibels = 20 * np.log10(found[:, 0])
    assert np.abs(decibels).max() <= 6.0001
    # 1,000 in each quarter: 5 standard deviations are 137.
    assert np.abs(np.histogram(decibels, 4, (-6, 6))[0] - 1000).max() < 137


def test_equals_the_formula():
    x = np.random.default_rng(0).integers(-32768, 32767, (3, 9)).astype("float32")
    gain = np.array([-20.0, 0.0, 6.0], "float32")
    found = RandomGain().apply(x, {"gain": gain})
    # float32 rounds the power and the product.
    np.testing.assert_allclose(found, x * 10 ** (gain[:, None] / 20), rtol=1e-6)


def test_int16_becomes_float32_of_the_same_scale_and_is_not_clipped():
    found = RandomGain(20, seed=0)(np.full((9, 4), 30_000, "int16"), training=True)
    assert found.dtype == "float32"
    assert np.abs(found).max() > 32768


@pytest.mark.parametrize("decibels", [0, -3, float("nan")])
def test_gain_that_is_not_above_0_is_refused(decibels):
    with pytest.raises(ValueError, match=r"`RandomGain`: `decibels` must be above 0"):
        RandomGain(decibels)


def test_frames_are_refused():
    with pytest.raises(ValueError, match=r"\(batch, samples\)"):
        RandomGain()(np.zeros((2, 8, 4), "float32"))
