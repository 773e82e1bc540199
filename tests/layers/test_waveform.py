"""Waveform: scale, gain, and samples that are no numbers."""

import keras
import numpy as np
import pytest

from mmkeras.layers import Waveform


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_int16_is_divided_by_its_full_scale_exactly(policy):
    samples = np.arange(-32768, 32768, dtype="int16").reshape(2, -1)
    found = Waveform(dtype=policy)(samples)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    np.testing.assert_array_equal(found, samples / 32768)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_are_taken_as_they_are(dtype):
    samples = np.array([[-3.5, 0.25, 1.0]], dtype)
    np.testing.assert_array_equal(Waveform()(samples), samples)


def test_floats_of_16_bit_range_become_what_the_samples_do():
    samples = np.array([[-32768, 5, 999]], "int16")
    layer = Waveform(full_scale=32768.0)
    np.testing.assert_array_equal(layer(samples), layer(samples.astype("float32")))
    np.testing.assert_array_equal(layer(samples), Waveform()(samples))


def test_gain_is_a_factor():
    samples = np.array([[-16384, 8192]], "int16")
    np.testing.assert_array_equal(Waveform(2.0)(samples), [[-1.0, 0.5]])


def test_what_is_no_number_is_silence_and_its_neighbours_stay():
    samples = np.array([[0.5, np.nan, -0.5], [np.inf, 0.25, -np.inf]], "float32")
    expected = [[0.5, 0, -0.5], [0, 0.25, 0]]
    np.testing.assert_array_equal(Waveform()(samples), expected)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "bool"])
def test_other_integers_are_refused_with_the_fix(dtype):
    with pytest.raises(TypeError, match=r"`Waveform`: .*Cast them"):
        Waveform()(np.zeros((1, 4), dtype))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"gain": 0}, ValueError, "`gain` must be above 0"),
        ({"gain": "2"}, TypeError, "`gain` must be a number"),
        ({"full_scale": float("inf")}, ValueError, "`full_scale` must be above 0"),
    ],
    ids=str,
)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`Waveform`: .*{message}"):
        Waveform(**arguments)
