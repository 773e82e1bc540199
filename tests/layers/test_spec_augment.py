"""SpecAugment: where it masks, how wide, and with what."""

import numpy as np
import pytest

from mmkeras.layers import SpecAugment


def frames(batch=3, count=40, bins=16):
    random = np.random.default_rng(0)
    return random.normal(3, 1, (batch, count, bins)).astype("float32")


def drawn(rows, **changes):
    none = np.zeros((rows, 1), "int32")
    names = ["time_start", "time_width", "frequency_start", "frequency_width"]
    return {name: none for name in names} | {
        name: np.array(values, "int32") for name, values in changes.items()
    }


@pytest.mark.parametrize("fill", ["mean", "min", "zero"])
def test_masks_cover_their_frames_and_bins_and_nothing_else(fill):
    x = frames(2)
    found = SpecAugment(fill=fill).apply(
        x,
        drawn(2, time_start=[[5, 30], [0, 0]], time_width=[[4, 10], [0, 2]],
              frequency_start=[[15], [3]], frequency_width=[[1], [0]]),
    )  # fmt: skip
    expected = x.copy()
    for row, where in ((0, np.s_[5:9]), (0, np.s_[30:40]), (1, np.s_[0:2]),
                       (0, np.s_[:, 15])):  # fmt: skip
        value = {"mean": x[row].mean(), "min": x[row].min(), "zero": 0}[fill]
        expected[row][where] = value
    # A mean of 640 float32 numbers; the rest is not touched.
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("share", "width", "widest"), [(0.2, 20, 8), (1.0, 5, 5), (1.0, 99, 40)]
)
def test_widths_are_even_from_0_to_the_widest(share, width, widest):
    layer = SpecAugment(2, width, time_share=share, seed=0)
    found = layer.draw(frames(3000))
    widths, starts = (np.asarray(found[f"time_{n}"]) for n in ("width", "start"))
    assert starts.min() == 0
    assert (starts + widths).max() == 40
    counts = np.bincount(widths.ravel())
    assert len(counts) == widest + 1
    # 6,000 draws: 5 standard deviations of each count.
    expected = 6000 / (widest + 1)
    assert np.abs(counts - expected).max() < 5 * np.sqrt(expected)


def test_starts_leave_room_for_every_place_alike():
    layer = SpecAugment(frequency_masks=1, frequency_width=3, seed=0)
    found = layer.draw(frames(8000, 4))
    width = np.asarray(found["frequency_width"])
    starts = np.asarray(found["frequency_start"])[width == 3]
    counts = np.bincount(starts)
    assert len(counts) == 14
    assert np.abs(counts - counts.mean()).max() < 5 * np.sqrt(counts.mean())


def test_no_masks_change_nothing():
    layer = SpecAugment(time_masks=0, frequency_masks=0)
    np.testing.assert_array_equal(layer(frames(), training=True), frames())


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"time_masks": -1}, ValueError, "`time_masks` must be at least 1"),
        ({"frequency_masks": 1.0}, TypeError, "must be a whole number"),
        ({"time_width": 0}, ValueError, "`time_width` must be at least 1"),
        ({"time_share": 20}, ValueError, "at most 1.*Pass 0.2"),
        ({"fill": "max"}, ValueError, "Known: 'mean', 'min', 'zero'"),
        ({"seed": 1.5}, TypeError, "`seed` must be a whole number or None"),
    ],
    ids=str,
)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`SpecAugment`: .*{message}"):
        SpecAugment(**arguments)


def test_samples_are_refused():
    with pytest.raises(ValueError, match=r"\(batch, frames, bins\)"):
        SpecAugment()(np.zeros((2, 800), "float32"))
