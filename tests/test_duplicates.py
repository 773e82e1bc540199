"""Near duplicates are found, different examples are told apart, and quickly."""

import time

import cv2
import numpy as np
import pytest
import scipy.signal
from sklearn.datasets import load_digits

from mmkeras._duplicates import (
    PICTURE_DISTANCE,
    SOUND_DISTANCE,
    exact_key,
    near_pairs,
    picture_hash,
    same_picture,
    same_sound,
    sound_hash,
    text_key,
)

RATE = 8000


def pictures(number):
    """Real handwriting, 32x32."""
    digits = load_digits().images[:number] * 15.9
    return [cv2.resize(d.astype("uint8"), (32, 32)) for d in digits]


def sound(seed, seconds=0.5):
    """Four notes of random pitch and loudness, one after the other."""
    random = np.random.default_rng(seed)
    frames = int(RATE * seconds / 4)
    notes = [
        random.uniform(1000, 7000)
        * np.sin(2 * np.pi * random.uniform(150, 3000) * np.arange(frames) / RATE)
        for _ in range(4)
    ]
    return np.concatenate(notes).round().astype("int16")


def distance(one, other):
    return bin((one ^ other) & (2**64 - 1)).count("1")


def noisy(values, deviation, low, high):
    noise = np.random.default_rng(0).normal(0, deviation, values.shape)
    return np.clip(np.round(values + noise), low, high).astype(values.dtype)


def jpeg(pixels):
    return cv2.imdecode(cv2.imencode(".jpg", pixels, [1, 85])[1], 0)


PICTURE_CHANGES = {
    "jpeg": jpeg,
    "brighter": lambda p: cv2.convertScaleAbs(p, alpha=0.9, beta=10),
    "larger": lambda p: cv2.resize(p, (64, 64)),
    "noisy": lambda p: noisy(p, 3, 0, 255),
    "rgb": lambda p: np.repeat(p[..., None], 3, -1),
}
SOUND_CHANGES = {
    "softer": lambda s: ((s * 0.4).round().astype("int16"), RATE),
    "padded": lambda s: (np.pad(s, (300, 900)), RATE),
    "noisy": lambda s: (noisy(s, 20, -32768, 32767), RATE),
    "faster rate": lambda s: (
        scipy.signal.resample_poly(s.astype("float64"), 2, 1).round().astype("int16"),
        2 * RATE,
    ),
}


@pytest.mark.parametrize("change", PICTURE_CHANGES.values(), ids=PICTURE_CHANGES)
def test_changed_picture_is_the_same(change):
    for pixels in pictures(40):
        changed = change(pixels)
        gap = distance(picture_hash(pixels), picture_hash(changed))
        assert gap <= PICTURE_DISTANCE
        assert same_picture(pixels, changed)


def test_other_handwriting_is_another_picture():
    some = pictures(300)
    pairs = near_pairs([picture_hash(p) for p in some], PICTURE_DISTANCE)
    assert not [(i, j) for i, j in pairs if same_picture(some[i], some[j])]


@pytest.mark.parametrize("change", SOUND_CHANGES.values(), ids=SOUND_CHANGES)
def test_changed_sound_is_the_same(change):
    for seed in range(20):
        samples = sound(seed)
        changed, rate = change(samples)
        gap = distance(sound_hash(samples, RATE), sound_hash(changed, rate))
        assert gap <= SOUND_DISTANCE
        assert same_sound(samples, RATE, changed, rate)


def test_other_notes_are_another_sound():
    some = [sound(seed) for seed in range(100)]
    hashes = [sound_hash(s, RATE) for s in some]
    assert len(near_pairs(hashes, SOUND_DISTANCE)) == 0
    assert not any(same_sound(some[0], RATE, other, RATE) for other in some[1:])


def test_silence_and_one_colour_are_like_nothing():
    grey, silent = np.full((8, 8), 90, "uint8"), np.zeros(100, "int16")
    assert picture_hash(grey) == picture_hash(grey + 9) == 0
    assert sound_hash(silent, RATE) == sound_hash(silent[:0], RATE) == 0
    assert not same_picture(grey, grey)
    assert not same_sound(silent, RATE, silent, RATE)


def test_text_is_its_words():
    assert text_key("  It's  TWO, two!") == text_key("it s two two")
    assert text_key("ﬁve") == "five"
    assert text_key("two one") != text_key("one two")


def test_exact_key_is_of_the_bytes():
    assert exact_key(b"a") == exact_key(b"a") != exact_key(b"b")


@pytest.mark.parametrize("max_distance", [0, 3, 28])
def test_near_pairs_are_those_of_the_definition(max_distance):
    random = np.random.default_rng(1)
    hashes = random.integers(-(2**63), 2**63 - 1, 90)
    hashes[50:60] = hashes[:10] ^ 5
    hashes[60] = hashes[61]
    expected = [
        (i, j)
        for i in range(90)
        for j in range(i + 1, 90)
        if distance(int(hashes[i]), int(hashes[j])) <= max_distance
    ]
    assert [tuple(p) for p in near_pairs(hashes, max_distance)] == expected


def test_near_pairs_reach_over_blocks():
    hashes = np.random.default_rng(2).integers(-(2**63), 2**63 - 1, 10_000)
    hashes[[7, 9_990]] = hashes[5_000] ^ 1
    start = time.monotonic()
    found = near_pairs(hashes, PICTURE_DISTANCE)
    # A second on two busy cores; a Python loop over 50 million pairs takes a minute.
    assert time.monotonic() - start < 20
    assert [tuple(p) for p in found] == [(7, 5_000), (7, 9_990), (5_000, 9_990)]


def test_no_hashes_have_no_pairs():
    assert near_pairs([], 3).shape == (0, 2)
