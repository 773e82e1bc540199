"""MFCC, and what it is made of, against librosa."""

import keras
import numpy as np
import pytest

from mmkeras.layers import MFCC, STFT, Deltas, LogMel

# Sample rate, window, hop, transform.
FRAMINGS = [(16_000, 400, 160, 512), (11_025, 275, 110, 333), (22_050, 512, 441, 512)]


def clip(samples, seed=0):
    """Tones and noise."""
    random = np.random.default_rng(seed)
    time = np.arange(samples) / 8000
    tones = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220, 700, 1900))
    return (0.2 * tones + random.normal(0, 0.05, samples)).astype("float32")


@pytest.mark.parametrize("scale", ["slaney", "htk"])
@pytest.mark.parametrize("norm", ["slaney", None])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("framing", FRAMINGS, ids=str)
def test_every_stage_equals_librosa(framing, center, norm, scale):
    import librosa

    sample_rate, window, hop, fft_length = framing
    wave = clip(16 * fft_length + 17)
    frame = {
        "n_fft": fft_length,
        "hop_length": hop,
        "win_length": window,
        "center": center,
        "pad_mode": "reflect",
    }
    mel = {"sr": sample_rate, "n_mels": 24, "htk": scale == "htk", "norm": norm}
    magnitude = STFT(window, hop, fft_length, "magnitude", center)(wave[None]).numpy()
    frames = LogMel(
        sample_rate, 24, window, hop, fft_length, scale=scale, norm=norm,
        center=center, ref=1.0,
    )(wave[None])  # fmt: skip
    coefficients = MFCC(13, lifter=22)(frames)
    derived = Deltas(9)(coefficients).numpy()

    wave = wave.astype("float64")
    decibels = librosa.power_to_db(
        librosa.feature.melspectrogram(y=wave, **frame, **mel)
    )
    expected = librosa.feature.mfcc(S=decibels, n_mfcc=13, lifter=22)
    slopes = [librosa.feature.delta(expected, order=order) for order in (1, 2)]
    close(magnitude[0].T, np.abs(librosa.stft(wave, **frame)))
    close(frames.numpy()[0].T, decibels)
    close(coefficients.numpy()[0].T, expected)
    close(derived[0].T, np.concatenate([expected, *slopes]))


def close(found, expected):
    # Measured 4e-7; float32 sums of a few hundred terms, and a logarithm.
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("lifter", [0, 22, 3.5])
@pytest.mark.parametrize(("bins", "count"), [(24, 13), (7, 7), (1, 1)])
def test_equals_the_orthonormal_cosine_transform(bins, count, lifter):
    import scipy.fft

    frames = np.random.default_rng(0).normal(size=(2, 5, bins))
    expected = scipy.fft.dct(frames, norm="ortho")[..., :count]
    if lifter:
        number = np.arange(1, count + 1)
        expected = expected * (1 + lifter / 2 * np.sin(np.pi * number / lifter))
    found = MFCC(count, lifter)(frames.astype("float32"))
    # float32 sums of up to 24 terms near 1, times at most 12.
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("samples", [0, 1, 5])
def test_shortest_clip_has_coefficients(samples):
    chain = keras.Sequential([LogMel(8000, 24, 200, 80), MFCC(13), Deltas(9)])
    found = np.asarray(chain(clip(samples)[None]))
    assert found.shape[0] == 1
    assert found.shape[1] >= 1
    assert found.shape[2] == 39
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"num_coefficients": 0}, ValueError, "`num_coefficients` must be at least 1"),
        ({"lifter": -1}, ValueError, "`lifter` must be above 0"),
        ({"lifter": "22"}, TypeError, "`lifter` must be a number"),
    ],
    ids=str,
)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`MFCC`: .*{message}"):
        MFCC(**arguments)


def test_fewer_bins_than_coefficients_are_refused_with_the_fix():
    with pytest.raises(ValueError, match=r"at most the 8 bins.*Keep fewer"):
        MFCC(9)(np.zeros((1, 2, 8), "float32"))


def test_samples_are_refused_with_the_fix():
    with pytest.raises(ValueError, match=r"`MFCC`: .*with `LogMel`"):
        MFCC()(np.zeros((1, 800), "float32"))
