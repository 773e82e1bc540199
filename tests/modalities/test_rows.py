"""Rows decoded as a server does it: every row is answered, whatever its bytes."""

import io

import numpy as np
import pytest
import soundfile
import tensorflow as tf
from PIL import Image

import mmkeras as mm
from mmkeras.modalities._guarded import guarded
from mmkeras.modalities._reasons import REASONS

RANDOM = np.random.default_rng(0)


def picture(kind="PNG", size=(30, 40), **options):
    stream = io.BytesIO()
    pixels = RANDOM.integers(0, 256, (*size, 3), "uint8")
    Image.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


def wav(rate=8000, subtype="PCM_16", frames=500):
    stream = io.BytesIO()
    samples = RANDOM.uniform(-0.5, 0.5, frames)
    soundfile.write(stream, samples, rate, format="WAV", subtype=subtype)
    return stream.getvalue()


def changed(data, at, value):
    return data[:at] + value + data[at + len(value) :]


PNG, JPEG, WAV = picture(), picture("JPEG"), wav()
HUGE = changed(PNG, 16, (20_000).to_bytes(4, "big") * 2)
IMAGE = mm.modalities.Image(column="x", size=(8, 8))
SOUND = mm.modalities.Audio(column="x", sample_rate=8000, seconds=0.05)
TEXT = mm.modalities.Text(column="x", vocabulary=("red", "sun"), max_tokens=4)
NUMBER = mm.modalities.Number(column="x", mean=0.0, std=1.0)
NAME = mm.modalities.Category(column="x", vocabulary=("red", "blue"))

BAD = [
    (IMAGE, b"", "missing"),
    (IMAGE, b"garbage", "unknown_format"),
    (IMAGE, b"\0" * 50, "unknown_format"),
    (IMAGE, WAV, "unknown_format"),
    (IMAGE, HUGE, "too_large"),
    (IMAGE, PNG[:60], "damaged"),
    (IMAGE, PNG[:-400], "damaged"),
    (IMAGE, PNG[:8], "damaged"),
    (IMAGE, JPEG[:3], "damaged"),
    (IMAGE, JPEG[:300], "damaged"),
    (IMAGE, JPEG[: len(JPEG) // 2], "damaged"),
    (IMAGE, picture("GIF")[:40], "damaged"),
    (IMAGE, picture("WEBP")[:40], "damaged"),
    (IMAGE, picture("BMP")[:100], "damaged"),
    (SOUND, b"", "missing"),
    (SOUND, PNG, "unknown_format"),
    (SOUND, b"RIFF", "unknown_format"),
    (SOUND, WAV[:-1], "damaged"),
    (SOUND, WAV[:44], "damaged"),
    (SOUND, WAV[:20], "damaged"),
    (SOUND, changed(WAV, 20, b"\7\0"), "unsupported"),  # mu-law
    (SOUND, changed(WAV, 24, b"\x64\0\0\0"), "unsupported"),  # 100 Hz
    (SOUND, changed(WAV, 34, b"\x63\0"), "unsupported"),  # 99 bits
    (SOUND, changed(wav(subtype="FLOAT"), -4, b"\xff\xff\xff\xff"), "damaged"),  # NaN
    (TEXT, b"", "missing"),
    (TEXT, b"\xff\xfe sun", "not_utf8"),
    (NUMBER, b"", "missing"),
    (NUMBER, b"nan", "not_a_number"),
    (NUMBER, b"1e99", "not_a_number"),
    (NUMBER, b"0x10", "not_a_number"),
    (NUMBER, b"1_000", "not_a_number"),
    (NUMBER, b"\xd9\xa1", "not_a_number"),  # 1 in Arabic
    (NAME, b"", "missing"),
    (NAME, b"\xff", "not_utf8"),
]
GOOD = {
    "image": [PNG, JPEG, picture("GIF"), picture("BMP"), picture("WEBP")],
    "audio": [WAV, wav(16_000), wav(subtype="PCM_24"), wav(11_025, "FLOAT")],
    "text": [b"red sun", "été".encode(), b" "],
    "number": [b"41.5", b"-1e-3", b" 2 "],
    "category": [b"red", b"green"],
}


@pytest.fixture(scope="module")
def served():
    """`served(modality)`: its `decode_rows` as a graph, traced once."""
    made = {}

    def function(modality):
        key = repr(modality)
        if key not in made:
            made[key] = tf.function(
                modality.decode_rows,
                input_signature=[tf.TensorSpec([None], tf.string)],
                autograph=False,
            )
        return made[key]

    return function


@pytest.mark.parametrize(("modality", "bad", "code"), BAD)
def test_bad_row_has_its_code_and_leaves_the_others_alone(modality, bad, code, served):
    good = GOOD[modality.type]
    rows = [good[0], bad, *good[1:], bad]
    values, reasons = served(modality)(tf.constant(rows))
    assert reasons.numpy().tolist() == [
        code.encode() if row == bad else b"" for row in rows
    ]
    for row, value in zip(rows, values.numpy(), strict=True):
        expected = modality.blank() if row == bad else modality.decode(tf.constant(row))
        np.testing.assert_array_equal(value, np.asarray(expected))


def test_every_code_is_explained_and_has_a_row_here():
    assert {code for _, _, code in BAD} == set(REASONS)


@pytest.mark.parametrize("modality", [IMAGE, SOUND, TEXT, NUMBER, NAME])
@pytest.mark.parametrize("count", [0, 1, 20])
def test_any_number_of_rows(modality, count, served):
    good = GOOD[modality.type]
    rows = tf.constant([good[i % len(good)] for i in range(count)], tf.string)
    values, reasons = served(modality)(rows)
    assert values.shape == (count, *modality.shape)
    assert reasons.numpy().tolist() == [b""] * count
    expected = [modality.decode(row).numpy() for row in rows]
    np.testing.assert_array_equal(
        values, np.reshape(np.array(expected, modality.dtype), values.shape)
    )


@pytest.mark.parametrize("modality", [IMAGE, SOUND, TEXT, NUMBER, NAME])
def test_absent_optional_row_is_blank_and_not_wrong(modality, served):
    optional = modality.replace(optional=True)
    values, reasons = served(optional)(tf.constant([b"", GOOD[modality.type][0]]))
    assert reasons.numpy().tolist() == [b"", b""]
    np.testing.assert_array_equal(values[0], optional.blank())


@pytest.mark.parametrize("modality", [IMAGE, SOUND])
def test_every_cut_of_a_file_is_answered(modality, served):
    for whole in GOOD[modality.type]:
        cuts = [whole[: len(whole) * i // 16] for i in range(1, 16)]
        _, reasons = served(modality)(tf.constant([whole, *cuts]))
        first, *others = reasons.numpy().tolist()
        assert first == b""
        assert b"" not in others


def test_sound_of_another_rate_and_width_is_resampled_as_in_training(served):
    rows = [wav(44_100, "PCM_24"), wav(22_050, "PCM_U8"), wav(96_000, "DOUBLE")]
    values, _ = served(SOUND)(tf.constant(rows))
    for row, value in zip(rows, values.numpy(), strict=True):
        np.testing.assert_array_equal(value, SOUND.decode(tf.constant(row)).numpy())


def test_window_at_random_is_served_from_the_start(served):
    window = SOUND.replace(window="random", max_seconds=1.0)
    values, _ = served(window)(tf.constant(GOOD["audio"]))
    expected, _ = served(SOUND)(tf.constant(GOOD["audio"]))
    assert np.abs(values.numpy().astype(int) - expected.numpy()).max() <= 1


@pytest.mark.parametrize("modality", [IMAGE, SOUND, TEXT, NUMBER, NAME])
def test_made_up_value_is_a_good_one(modality, served):
    _, reasons = served(modality)(tf.constant([modality.made_up()]))
    assert reasons.numpy().tolist() == [b""]


def test_guard_passes_over_what_raises_and_keeps_the_order():
    def invert(x, y):
        asserted = tf.debugging.Assert(x != 0, ["zero"])
        with tf.control_dependencies([asserted]):
            return tf.stack([1 / x, y])

    run = tf.function(
        lambda x, y: guarded(invert, [x, y], np.full(2, -1.0, "float32")),
        autograph=False,
    )
    x = np.array([1, 0, 4, 0, 0, 2], "float32")
    values, done = run(tf.constant(x), tf.range(6.0))
    assert done.numpy().tolist() == [True, False, True, False, False, True]
    expected = [[1, 0], [-1, -1], [0.25, 2], [-1, -1], [-1, -1], [0.5, 5]]
    np.testing.assert_array_equal(values, np.array(expected, "float32"))


def test_twenty_thousand_squared_is_refused_by_its_header(served):
    """400 million pixels would be 1.2 GB; the file is a few hundred bytes."""
    import resource

    serve = served(IMAGE)
    serve(tf.constant([PNG, HUGE]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _, reasons = serve(tf.constant([HUGE] * 16))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert set(reasons.numpy().tolist()) == {b"too_large"}
    assert grown < 100_000  # kB
