"""RandomNoise: its distribution, and its power relative to the clip's."""

import numpy as np
import pytest

from mmkeras.layers import RandomNoise


def clips(rows=4, samples=20_001):
    level = np.array([[1.0], [0.01], [3000.0], [0.2]])
    random = np.random.default_rng(0)
    return (level * random.uniform(-1, 1, (rows, samples))).astype("float32")


@pytest.mark.parametrize("snr", [-5.0, 0.0, 30.0])
def test_noise_is_that_far_below_each_clip(snr):
    x = clips()
    noise = np.asarray(RandomNoise((snr, snr), seed=1)(x, training=True)) - x
    found = 10 * np.log10((x**2).mean(1) / (noise**2).mean(1))
    # The power of 20,001 normal numbers varies by 1 %; 5 deviations are 0.2 dB.
    np.testing.assert_allclose(found, snr, atol=0.22)


def test_noise_is_white_and_normal():
    from scipy import stats

    noise = np.asarray(RandomNoise(seed=0).draw(clips())["noise"])
    assert noise.shape == clips().shape
    assert stats.kstest(noise.ravel(), "norm").pvalue > 0.01
    for row, other in ((0, 1), (2, 3)):
        # 5 standard deviations of a chance correlation of 20,000 pairs.
        assert abs(np.corrcoef(noise[row], noise[other])[0, 1]) < 0.036
    for lag in (1, 2, 10_001):
        assert abs(np.corrcoef(noise[0, lag:], noise[0, :-lag])[0, 1]) < 0.05


def test_equals_the_formula():
    x, drawn = clips(4, 99), {"snr_db": np.array([0.0, 10, 20, 30], "float32")}
    drawn["noise"] = np.random.default_rng(1).normal(size=x.shape).astype("float32")
    level = np.sqrt((x.astype("float64") ** 2).mean(1)) * 10 ** (-drawn["snr_db"] / 20)
    found = RandomNoise().apply(x, drawn)
    expected = x + drawn["noise"] * level[:, None]
    # float32 rounds sums of 99 squares.
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_ratio_is_drawn_between_the_two():
    found = np.asarray(RandomNoise((10, 20), seed=0).draw(np.zeros((500, 1)))["snr_db"])
    assert 10 <= found.min() < 10.2
    assert 19.8 < found.max() <= 20


def test_silence_stays_silence_and_has_a_gradient_that_is_a_number():
    import tensorflow as tf

    silence = tf.Variable(np.zeros((2, 50), "float32"))
    with tf.GradientTape() as tape:
        found = RandomNoise(seed=0)(silence, training=True)
    np.testing.assert_array_equal(found, np.zeros((2, 50)))
    assert np.isfinite(tape.gradient(found, silence)).all()


def test_scale_does_not_matter():
    x = np.random.default_rng(0).integers(-999, 999, (3, 64)).astype("int16")
    whole = RandomNoise((0, 0), seed=2)(x, training=True)
    part = RandomNoise((0, 0), seed=2)(x / np.float32(32768), training=True)
    np.testing.assert_allclose(whole, np.asarray(part) * 32768, rtol=1e-5, atol=1e-2)


@pytest.mark.parametrize(
    ("snr_db", "error", "message"),
    [
        (20, TypeError, "a pair"),
        ((40, 10), ValueError, "the lower one first.*Pass for example"),
        ((1, 2, 3), ValueError, "two numbers"),
        ((10, "40"), ValueError, "two numbers"),
        ((10, float("inf")), ValueError, "two numbers"),
    ],
)
def test_wrong_ratio_is_one_sentence(snr_db, error, message):
    with pytest.raises(error, match=f"^`RandomNoise`: `snr_db` must be .*{message}"):
        RandomNoise(snr_db)
