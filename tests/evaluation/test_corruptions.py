"""Corruptions: of a known strength, the same draws at every severity."""

import itertools

import cv2
import numpy as np
import pytest

from mmkeras.evaluation import Corruption
from mmkeras.evaluation._chosen import chosen
from mmkeras.evaluation._picture_corruptions import (
    PICTURE_CORRUPTIONS as PICTURE,
)
from mmkeras.evaluation._picture_corruptions import (
    gaussian_blur,
    gaussian_noise,
    jpeg,
    occlusion,
)
from mmkeras.evaluation._sound_corruptions import (
    clipping,
    dropout,
    noise,
    sound_corruptions,
)
from mmkeras.evaluation._value_corruptions import (
    category_corruptions,
    number_corruptions,
)
from mmkeras.evaluation._writing_corruptions import (
    NEIGHBOURS,
    deletions,
    swaps,
    typos,
)
from mmkeras.evaluation._writing_corruptions import (
    WRITING_CORRUPTIONS as WRITING,
)

TEXT = "Never odd or even, said the quick brown fox of Panama 42 times."
LETTERS = len(TEXT.replace(" ", ""))


def draws(seed=0):
    return np.random.default_rng(seed)


def picture(channels=3, size=(40, 50)):
    """Smooth, so that JPEG leaves something of it, and of no symmetry."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    planes = [3 * rows + (k + 1) * columns + 20 * k for k in range(channels)]
    return np.clip(np.stack(planes, -1), 0, 255).astype("uint8")


def sound(samples=8000):
    time = np.arange(samples) / 8000
    wave = 0.3 * np.sin(2 * np.pi * 440 * time) + 0.1 * draws(5).normal(size=samples)
    return (wave * 20000).astype("int16")


VALUES = {
    "image": (PICTURE, picture()),
    "grey image": (PICTURE, picture(1)),
    "sound": (sound_corruptions(8000), sound()),
    "text": (WRITING, TEXT),
    "number": (number_corruptions(2.5), np.array([1.5], "float32")),
    "category": (category_corruptions(4), np.int32(2)),
}
CASES = [
    pytest.param(corruption, value, id=f"{kind}-{corruption.name}")
    for kind, (corruptions, value) in VALUES.items()
    for corruption in corruptions
]


def differ(a, b):
    """How far two values are from each other."""
    if isinstance(a, str):
        return float(a != b)
    return float(np.abs(np.asarray(a, float) - np.asarray(b, float)).mean())


@pytest.mark.parametrize(("corruption", "value"), CASES)
def test_shape_and_dtype_stay(corruption, value):
    for severity in range(6):
        found = corruption(value, severity, draws())
        assert type(found) is type(value)
        if not isinstance(value, str):
            assert (found.shape, found.dtype) == (value.shape, value.dtype)


@pytest.mark.parametrize(("corruption", "value"), CASES)
def test_severity_0_is_the_value_itself(corruption, value):
    assert corruption(value, 0, draws()) is value


@pytest.mark.parametrize(("corruption", "value"), CASES)
def test_value_that_is_given_stays_as_it_is(corruption, value):
    before = value if isinstance(value, str) else value.copy()
    corruption(value, 5, draws())
    assert differ(before, value) == 0


@pytest.mark.parametrize(("corruption", "value"), CASES)
def test_draws_follow_from_the_generator(corruption, value):
    one, two = (corruption(value, 3, draws(8)) for _ in range(2))
    assert differ(one, two) == 0


@pytest.mark.parametrize(("corruption", "value"), CASES)
def test_higher_severity_is_further_away(corruption, value):
    """Over some draws: of a category, each is changed or not."""
    distances = [
        np.mean([differ(value, corruption(value, s, draws(i))) for i in range(40)])
        for s in range(6)
    ]
    assert distances == sorted(distances)
    assert distances[5] > 0


@pytest.mark.parametrize("std", [10, 40])
def test_noise_of_a_picture_has_its_std(std):
    grey = np.full((64, 64, 3), 128, "uint8")
    found = gaussian_noise(grey, std, draws()).astype(float) - 128
    # 12,288 draws: 0.6 % (1 sigma); little is cut at 0 and 255.
    assert found.std() == pytest.approx(std, rel=0.03)
    assert abs(found.mean()) < 4 * std / np.sqrt(found.size)


def test_more_noise_is_the_same_noise_scaled():
    grey = np.full((16, 16, 1), 128, "uint8")
    small, large = (gaussian_noise(grey, s, draws()).astype(int) for s in (5, 20))
    # Rounding: half a grey level, times four.
    assert np.abs(large - 128 - 4 * (small - 128)).max() <= 2.5


@pytest.mark.parametrize("channels", [1, 3])
def test_blur_is_opencvs(channels):
    pixels = picture(channels)
    expected = cv2.GaussianBlur(pixels, (0, 0), 0.05 * 40)
    found = gaussian_blur(pixels, 0.05, draws())
    np.testing.assert_array_equal(found, expected.reshape(found.shape))


@pytest.mark.parametrize("quality", [10, 80])
def test_jpeg_is_opencvs(quality):
    pixels = picture()
    blue_first = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    written = cv2.imencode(".jpg", blue_first, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    expected = cv2.cvtColor(cv2.imdecode(written, 1), cv2.COLOR_BGR2RGB)
    np.testing.assert_array_equal(jpeg(pixels, quality, draws()), expected)


def test_jpeg_of_a_grey_picture_is_opencvs():
    pixels = picture(1)
    written = cv2.imencode(".jpg", pixels[..., 0], [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
    expected = cv2.imdecode(written, 0)[..., None]
    np.testing.assert_array_equal(jpeg(pixels, 30, draws()), expected)


@pytest.mark.parametrize("share", [0.05, 0.3, 1.0])
def test_occlusion_covers_its_share(share):
    pixels = np.zeros((100, 80, 3), "uint8")
    covered = (occlusion(pixels, share, draws()) == 128).all(-1)
    # Rounded to whole pixels on each side.
    assert covered.mean() == pytest.approx(share, abs=0.015)
    rows, columns = covered.any(1).sum(), covered.any(0).sum()
    assert rows * columns == covered.sum()


def test_larger_occlusion_covers_the_smaller():
    pixels = np.zeros((28, 28, 1), "uint8")
    for seed in range(20):
        shares = (0.05, 0.1, 0.2, 0.3, 0.5)
        masks = [occlusion(pixels, share, draws(seed)) > 0 for share in shares]
        for small, large in itertools.pairwise(masks):
            assert (large >= small).all()


@pytest.mark.parametrize("decibels", [20, 5, 0])
def test_noise_of_a_sound_has_its_ratio(decibels):
    samples = sound().astype(float)
    added = noise(sound(), decibels, draws()) - samples
    measured = 10 * np.log10(np.mean(samples**2) / np.mean(added**2))
    # 8,000 draws: 0.07 dB (1 sigma).
    assert measured == pytest.approx(decibels, abs=0.3)


def test_padding_of_a_sound_is_no_signal():
    padded = np.concatenate([sound(2000), np.zeros(6000, "int16")])
    added = noise(padded, 10, draws()).astype(float) - padded
    power = np.mean(sound(2000).astype(float) ** 2)
    assert 10 * np.log10(power / np.mean(added**2)) == pytest.approx(10, abs=0.3)


def test_silence_stays_silent():
    silent = np.zeros(100, "int16")
    assert not noise(silent, 0, draws()).any()
    assert not clipping(silent, 0.5, draws()).any()


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_clipping_cuts_its_share_of_the_peak(share):
    samples = sound()
    peak = np.abs(samples.astype(int)).max()
    found = clipping(samples, share, draws())
    assert np.abs(found.astype(int)).max() == round(peak * (1 - share))
    kept = np.abs(samples) <= peak * (1 - share) - 1
    np.testing.assert_array_equal(found[kept], samples[kept])


def test_clipping_takes_the_lowest_sample():
    samples = np.array([-32768, 0, 32767], "int16")
    assert clipping(samples, 0.0, draws()).tolist() == [-32768, 0, 32767]


def test_dropout_silences_its_share_of_frames():
    samples = np.full(8050, 7, "int16")  # 51 frames, the last a part.
    found = dropout(samples, 0.4, draws(), frame=160)
    silent = np.array([not f.any() for f in np.split(found, range(160, 8050, 160))])
    assert abs(silent.sum() - 0.4 * 51) <= 1
    assert (found != 0).sum() == samples.size - sum(
        len(f)
        for f, s in zip(np.split(found, range(160, 8050, 160)), silent, strict=True)
        if s
    )


def test_frames_of_a_sound_last_20_ms():
    (lossy,) = (c for c in sound_corruptions(11025) if c.name == "dropout")
    found = lossy(np.full(11025, 7, "int16"), 1, draws())
    edges = np.flatnonzero(np.diff((found == 0).astype(int))) + 1
    assert len(edges) > 2
    assert (edges % round(0.02 * 11025) == 0).all()


@pytest.mark.parametrize("share", [0.05, 0.2, 1.0])
def test_typos_change_their_share_of_characters(share):
    found = typos(TEXT, share, draws())
    changed = sum(a != b for a, b in zip(TEXT, found, strict=True))
    assert changed in (int(share * LETTERS), int(share * LETTERS) + 1)
    assert [c == " " for c in found] == [c == " " for c in TEXT]


def test_typos_of_letters_are_keys_beside_them():
    found = typos(TEXT, 1.0, draws())
    for old, new in zip(TEXT, found, strict=True):
        if old.isalpha():
            assert new.lower() in NEIGHBOURS[old.lower()]
            assert new.isupper() == old.isupper()


def test_neighbours_are_those_of_the_keyboard():
    assert set(NEIGHBOURS["g"]) == set("tyfhvb")
    assert set(NEIGHBOURS["q"]) == set("wa")
    assert all(a in NEIGHBOURS[b] for a, keys in NEIGHBOURS.items() for b in keys)


@pytest.mark.parametrize("share", [0.05, 0.4])
def test_deletions_leave_out_their_share_of_characters(share):
    found = deletions(TEXT, share, draws())
    gone = len(TEXT) - len(found)
    assert gone in (int(share * LETTERS), int(share * LETTERS) + 1)
    assert found.count(" ") == TEXT.count(" ")
    rest = iter(TEXT)
    assert all(character in rest for character in found)


@pytest.mark.parametrize("share", [0.05, 0.4])
def test_swaps_move_their_share_of_characters(share):
    found = swaps(TEXT, share, draws())
    moved = sum(a != b for a, b in zip(TEXT, found, strict=True))
    assert abs(moved - share * LETTERS) <= 2
    assert sorted(found) == sorted(TEXT)
    assert [c == " " for c in found] == [c == " " for c in TEXT]


@pytest.mark.parametrize("text", ["", " ", "a", "ab", "a b", "äöü", "一二三"])
@pytest.mark.parametrize("corruption", WRITING, ids=lambda c: c.name)
def test_shortest_texts_pass(corruption, text):
    for seed in range(10):
        assert isinstance(corruption(text, 5, draws(seed)), str)


def test_short_words_are_hit_as_often_as_long_ones():
    changed = sum(typos("two", 0.1, draws(i)) != "two" for i in range(1000))
    # 0.3 characters of a word: 1.4 % (1 sigma).
    assert changed / 1000 == pytest.approx(0.3, abs=0.05)


def test_places_of_a_smaller_number_are_among_those_of_a_larger():
    for seed in range(20):
        counts = (0.0, 0.7, 3.2, 9.9, 10.0)
        found = [set(chosen(draws(seed), 10, n).tolist()) for n in counts]
        assert all(a <= b for a, b in itertools.pairwise(found))
        assert (len(found[0]), len(found[-1])) == (0, 10)


def test_number_noise_is_in_training_stds():
    (corruption,) = number_corruptions(2.5)
    value = np.array([1.5], "float32")
    found = [corruption(value, 3, draws(i))[0] - 1.5 for i in range(2000)]
    # 2,000 draws: 1.6 % (1 sigma).
    assert np.std(found) == pytest.approx(2.5 * corruption.strengths[2], rel=0.06)


def test_category_is_replaced_by_another_known_one():
    (corruption,) = category_corruptions(4)
    found = [int(corruption(np.int32(2), 5, draws(i))) for i in range(2000)]
    assert set(found) == {1, 2, 3, 4}
    # 2,000 draws: 1.1 % (1 sigma).
    assert np.mean(np.array(found) != 2) == pytest.approx(0.5, abs=0.04)


def test_only_category_becomes_unknown():
    (corruption,) = category_corruptions(1)
    found = {int(corruption(np.int32(1), 5, draws(i))) for i in range(20)}
    assert found == {0, 1}


WRONG = [
    (("x", "blur", (1,)), TypeError, r"Pass a function `\(value, strength, random\)`"),
    (("x", str, ()), ValueError, "one number for each severity from 1 on"),
]


@pytest.mark.parametrize(("arguments", "error", "fix"), WRONG)
def test_wrong_corruption_is_one_sentence(arguments, error, fix):
    with pytest.raises(error, match=f"^`Corruption`: .*{fix}"):
        Corruption(*arguments)
