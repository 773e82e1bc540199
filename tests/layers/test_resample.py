"""Resample against soxr, and its pass and stop bands measured."""

import numpy as np
import pytest
import soxr
import tensorflow as tf

from mmkeras.layers import Resample

PAIRS = [
    (44_100, 16_000),
    (48_000, 16_000),
    (16_000, 48_000),
    (11_025, 16_000),
    (22_050, 16_000),
    (16_000, 8_000),
    (8_000, 44_100),
    (44_100, 48_000),
]
# Samples at the lower rate for which the ends may differ: soxr's filter and this one
# continue the silence before and after differently.
EDGE = 200


def interior(result, from_rate, to_rate):
    edge = int(EDGE * max(1, to_rate / from_rate))
    return result[edge:-edge]


def noise(rate, highest, seconds=0.25):
    """Noise up to `highest` Hz whose largest sample is 1/2."""
    sound = np.random.default_rng(0).standard_normal(int(rate * seconds) + 7)
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(len(sound), 1 / rate) > highest] = 0
    sound = np.fft.irfft(spectrum, len(sound))
    return (sound / np.abs(sound).max() / 2).astype("float32")


# 1e-4 of full scale; soxr's "HQ" itself may droop by 0.01 dB (1.1e-3) before its edge.
@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
def test_noise_agrees_with_soxr(from_rate, to_rate):
    sound = noise(from_rate, 0.8 * min(from_rate, to_rate) / 2)
    found = Resample(from_rate, to_rate)(sound[None]).numpy()[0]
    expected = soxr.resample(sound, from_rate, to_rate, quality="HQ")
    size = min(len(found), len(expected))  # soxr rounds the length, this rounds up.
    np.testing.assert_allclose(
        interior(found[:size], from_rate, to_rate),
        interior(expected[:size], from_rate, to_rate),
        atol=1e-4,
    )


# The sine at the new rate is known exactly. 5e-6: the ripple of 1e-6 that the filter
# is built for, and float32 sums of a few hundred terms.
@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
def test_pass_band_is_flat(from_rate, to_rate):
    hertz = np.array([0.01, 0.3, 0.8, 0.9])[:, None] * min(from_rate, to_rate) / 2
    sound = np.sin(2 * np.pi * hertz * np.arange(from_rate // 4) / from_rate)
    found = Resample(from_rate, to_rate)(sound.astype("float32")).numpy()
    expected = np.sin(2 * np.pi * hertz * np.arange(found.shape[1]) / to_rate)
    difference = interior((found - expected).T, from_rate, to_rate)
    assert np.abs(difference).max() < 5e-6


@pytest.mark.parametrize(
    ("from_rate", "to_rate"), [pair for pair in PAIRS if pair[0] > 1.2 * pair[1]]
)
def test_what_lies_above_the_new_nyquist_frequency_is_gone(from_rate, to_rate):
    hertz = np.array([1.01, 1.1, 1.3])[:, None] * to_rate / 2
    sound = np.sin(2 * np.pi * hertz * np.arange(from_rate // 4) / from_rate)
    found = Resample(from_rate, to_rate)(sound.astype("float32")).numpy()
    level = np.abs(interior(found.T, from_rate, to_rate)).max()
    assert 20 * np.log10(level) < -110  # dB; -120 by design.


@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
@pytest.mark.parametrize("samples", [0, 1, 2, 1000, 1001])
def test_length_is_the_ratio_rounded_up(samples, from_rate, to_rate):
    layer = Resample(from_rate, to_rate)
    found = layer(np.ones((2, samples), "float32"))
    assert tuple(found.shape) == (2, -(-samples * to_rate // from_rate))
    assert layer.compute_output_spec(np.ones((2, samples))).shape == found.shape


@pytest.mark.parametrize("samples", [0, 300, 1001])
def test_length_unknown_when_traced_gives_the_same(samples):
    layer = Resample(44_100, 16_000)
    traced = tf.function(layer, input_signature=[tf.TensorSpec([None, None])])
    sound = np.random.default_rng(0).normal(size=(3, samples)).astype("float32")
    np.testing.assert_allclose(traced(sound), layer(sound), atol=1e-5)


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_equal_rates_return_the_samples(dtype):
    samples = np.arange(-50, 50).reshape(2, 50).astype(dtype)
    np.testing.assert_array_equal(Resample(8000, 8000)(samples), samples)


def test_samples_stay_float32_under_a_mixed_policy():
    sound = noise(16_000, 5000)[None]
    found = Resample(16_000, 8000, dtype="mixed_bfloat16")(sound)
    assert found.dtype == "float32"
    np.testing.assert_array_equal(found, Resample(16_000, 8000)(sound))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((16_000, 15_999), ValueError, "divisor is 1 Hz: take rates"),
        ((0, 8000), ValueError, "`from_rate` must be at least 1"),
        ((8000, 16e3), TypeError, "`to_rate` must be a whole number"),
    ],
    ids=str,
)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`Resample`: .*{message}"):
        Resample(*arguments)


def test_stereo_is_refused_with_the_fix():
    with pytest.raises(ValueError, match="Mix channels to mono first"):
        Resample(8000, 16_000)(np.zeros((2, 800, 2), "float32"))
