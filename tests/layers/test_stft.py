"""STFT against a plain NumPy transform: numbers, framing, short clips."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mmkeras.layers import STFT

# Window, hop, transform: even and odd, and as small as they get.
FRAMINGS = [(400, 160, 512), (275, 110, 333), (64, 100, 64), (3, 2, 5), (1, 1, 1)]


def clips(samples, rows=2, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(rows, samples)).astype("float32")


def expected_parts(wave, window, hop, fft_length, center):
    """Frame by frame, in float64, for one clip."""
    if center:
        wave = np.pad(wave.astype("float64"), fft_length // 2, mode="reflect")
    phase = 2 * np.pi * np.arange(window) / window
    hann = 0.5 - 0.5 * np.cos(phase) if window > 1 else np.ones(1)
    left = (fft_length - window) // 2
    hann = np.pad(hann, (left, fft_length - window - left))
    starts = range(0, len(wave) - fft_length + 1, hop)
    return np.array([np.fft.rfft(hann * wave[s : s + fft_length]) for s in starts])


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("framing", FRAMINGS, ids=str)
def test_equals_the_transform_of_each_frame(framing, center):
    waves = clips(4 * framing[2] + 17)
    parts = STFT(*framing, "parts", center)(waves).numpy()
    magnitude = STFT(*framing, "magnitude", center)(waves).numpy()
    power = STFT(*framing, "power", center)(waves).numpy()
    for row, wave in enumerate(waves):
        expected = expected_parts(wave, *framing, center)
        # float32 sums of a few hundred terms; relative to the largest bin.
        limit = 1e-5 * max(1, np.abs(expected).max())
        np.testing.assert_allclose(parts[row, ..., 0], expected.real, atol=limit)
        np.testing.assert_allclose(parts[row, ..., 1], expected.imag, atol=limit)
        np.testing.assert_allclose(magnitude[row], np.abs(expected), atol=limit)
        limit *= max(1, np.abs(expected).max())
        np.testing.assert_allclose(power[row], np.abs(expected) ** 2, atol=limit)


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("kind", ["power", "parts"])
@pytest.mark.parametrize("samples", [0, 1, 2, 128, 129, 257, 335, 336, 1000])
def test_computed_shape_is_the_real_one_for_the_shortest_clip_too(
    samples, kind, center
):
    layer = STFT(200, 80, 257, kind, center)
    found = layer(clips(samples))
    assert tuple(found.shape) == layer.compute_output_shape((2, samples))
    assert found.shape[1] >= 1


@pytest.mark.parametrize("center", [True, False])
def test_length_unknown_when_traced_gives_the_same(center):
    layer = STFT(200, 80, center=center)
    traced = tf.function(layer, input_signature=[tf.TensorSpec([None, None])])
    for samples in (60, 300):
        wave = clips(samples)
        np.testing.assert_allclose(traced(wave), layer(wave), rtol=1e-4, atol=1e-3)


def test_silence_has_a_gradient_that_is_a_number():
    silence = tf.Variable(np.zeros((1, 400), "float32"))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(STFT(200, 80, kind="magnitude")(silence))
    assert np.isfinite(tape.gradient(total, silence).numpy()).all()


def test_spectra_are_float32_under_a_mixed_policy():
    waves = clips(1000)
    exact = STFT(200, 80, kind="magnitude")(waves).numpy()
    found = STFT(200, 80, kind="magnitude", dtype="mixed_bfloat16")(waves)
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    # Half of bfloat16's last place: what the cast of the output costs.
    np.testing.assert_allclose(tf.cast(found, tf.float32), exact, rtol=2**-8)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"window_length": 0}, ValueError, "`window_length` must be at least 1"),
        ({"hop_length": 1.5}, TypeError, "`hop_length` must be a whole number"),
        ({"fft_length": 256}, ValueError, "at least window_length=400.*Leave it out"),
        ({"kind": "powers"}, ValueError, "Did you mean 'power'"),
    ],
    ids=str,
)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`STFT`: .*{message}"):
        STFT(**arguments)


def test_stereo_is_refused_with_the_fix():
    with pytest.raises(ValueError, match=r"`STFT`: .*Mix channels to mono first"):
        STFT()(np.zeros((2, 800, 2), "float32"))
