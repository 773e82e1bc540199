"""Plain files: who takes the short decoder, and that it gives equal values."""

import io

import cv2
import numpy as np
import pytest
import soundfile
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import mmkeras as mm

RANDOM = np.random.default_rng(0)
RGBA = Image.fromarray(RANDOM.integers(0, 256, (40, 30, 4), "uint8"))
RGB, GREY = RGBA.convert("RGB"), RGBA.convert("L")


def file_of(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    return file_of(RGB, "JPEG", exif=exif)


DEEP = cv2.imencode(".png", RANDOM.integers(0, 65536, (40, 30, 3)).astype("uint16"))[1]
PLAIN = {
    "jpeg": file_of(RGB, "JPEG"),
    "grey jpeg": file_of(GREY, "JPEG"),
    "progressive jpeg": file_of(RGB, "JPEG", progressive=True),
    "commented jpeg": file_of(RGB, "JPEG", comment=b"a comment", dpi=(300, 300)),
    "profiled jpeg": file_of(RGB, "JPEG", icc_profile=bytes(70_000)),
    "grey png": file_of(GREY, "PNG"),
}
PLAIN_AS_COLOUR = {
    "png": file_of(RGB, "PNG"),
    "palette png": file_of(RGB.quantize(16), "PNG"),
    "deep png": DEEP.tobytes(),
    "interlaced png": cv2.imencode(".png", np.array(RGB))[1].tobytes(),
}
NOT_PLAIN = {
    "turned jpeg": turned(),
    "cmyk jpeg": file_of(RGB.convert("CMYK"), "JPEG"),
    "alpha png": file_of(RGBA, "PNG"),
    "transparent png": file_of(RGB.quantize(16), "PNG", transparency=3),
    "gif": file_of(RGB, "GIF"),
    "bmp": file_of(RGB, "BMP"),
    "webp": file_of(RGB, "WEBP"),
    "garbage": b"\xff\xd8\xff garbage",
    "nothing": b"",
    "cut jpeg": PLAIN["jpeg"][:30],
    "cut png": PLAIN["grey png"][:30],
}


def picture(channels=3, size=(16, 20), **arguments):
    return mm.modalities.Image(column="x", size=size, channels=channels, **arguments)


def assert_equal(modality, data):
    plain = modality.plain(data)
    assert plain is not None
    expected = modality.decode_stored(tf.constant(data)).numpy()
    assert np.array_equal(np.asarray(modality.decode_plain(plain)), expected)
    if not modality.plain_in_python:  # The same as a graph.
        traced = modality.decode_plain(tf.constant(plain))
        assert np.array_equal(traced.numpy(), expected)


@pytest.mark.parametrize("resize", ["stretch", "pad", "crop"])
@pytest.mark.parametrize("name", [*PLAIN, *PLAIN_AS_COLOUR])
def test_plain_picture_decodes_to_equal_pixels(name, resize):
    assert_equal(picture(resize=resize), (PLAIN | PLAIN_AS_COLOUR)[name])


@pytest.mark.parametrize("name", PLAIN)
def test_plain_picture_decodes_to_equal_greys(name):
    assert_equal(picture(channels=1), PLAIN[name])


@pytest.mark.parametrize("name", PLAIN_AS_COLOUR)
def test_coloured_png_is_not_plain_as_grey(name):
    assert picture(channels=1).plain(PLAIN_AS_COLOUR[name]) is None


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_other_pictures_are_not_plain(name):
    assert picture().plain(NOT_PLAIN[name]) is None


@pytest.mark.parametrize("name", ["jpeg", "grey png"])
def test_picture_with_too_many_pixels_is_not_plain(name):
    assert picture(max_pixels=1200).plain(PLAIN[name]) is not None
    assert picture(max_pixels=1199).plain(PLAIN[name]) is None


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([*PLAIN.values(), *PLAIN_AS_COLOUR.values()]), st.data())
def test_damaged_picture_never_becomes_another(data, draw):
    """Either both decoders refuse it, or both give the same pixels."""
    position = draw.draw(st.integers(0, min(len(data), 400) - 1))
    damaged = bytearray(data)
    damaged[position] = draw.draw(st.integers(0, 255))
    damaged = bytes(damaged[: draw.draw(st.integers(position + 1, len(data)))])
    modality = picture()
    plain = modality.plain(damaged)
    if plain is None:
        return
    try:
        found = modality.decode_plain(plain).numpy()
    except tf.errors.InvalidArgumentError:
        return  # The general decoder then says why.
    assert np.array_equal(modality.decode(tf.constant(damaged)).numpy(), found)


def wav(samples, rate=8000, subtype="PCM_16"):
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, format="WAV", subtype=subtype)
    return stream.getvalue()


def sound(**arguments):
    return mm.modalities.Audio(column="x", sample_rate=8000, seconds=0.1, **arguments)


@pytest.mark.parametrize("window", ["start", "random"])
@pytest.mark.parametrize("frames", [1, 799, 800, 801, 3000])
def test_plain_sound_decodes_to_equal_samples(frames, window):
    samples = RANDOM.integers(-(2**15), 2**15, frames).astype("int16")
    assert_equal(sound(window=window), wav(samples))


def test_chunks_around_the_samples_do_not_matter():
    data = wav(RANDOM.integers(-99, 99, 500).astype("int16"))
    listed = b"LIST" + (5).to_bytes(4, "little") + b"hello\0"
    at = data.index(b"data")
    assert_equal(sound(), data[:at] + listed + data[at:] + listed)


@pytest.mark.parametrize(
    "data",
    [
        wav(RANDOM.uniform(-1, 1, 500), subtype="PCM_24"),
        wav(RANDOM.uniform(-1, 1, 500), subtype="FLOAT"),
        wav(RANDOM.uniform(-1, 1, (500, 2))),
        wav(RANDOM.uniform(-1, 1, 500), rate=16_000),
        wav(np.zeros(500))[:-1],
        wav(np.zeros(500))[:44],
        wav(np.zeros(0)),
        b"RIFF\0\0\0\0WAVE",
        b"",
    ],
)
def test_other_sounds_are_not_plain(data):
    assert sound().plain(data) is None


def plain_rows(modality, rows):
    from mmkeras.modalities import _plain_rows as found

    rows = tf.constant(rows)
    if isinstance(modality, mm.modalities.Audio):
        return found.plain_pcm_rows(rows, modality.sample_rate)[0].numpy()
    jpeg = found.plain_jpeg_rows(rows, modality.max_pixels)
    png = found.plain_png_rows(rows, modality.channels, modality.max_pixels)
    return (jpeg | png).numpy()


ALL_PICTURES = [*PLAIN.values(), *PLAIN_AS_COLOUR.values(), *NOT_PLAIN.values()]


@pytest.mark.parametrize("max_pixels", [1199, 1200])
@pytest.mark.parametrize("channels", [1, 3])
def test_whole_batch_is_told_as_one_picture_is(channels, max_pixels):
    modality = picture(channels=channels, max_pixels=max_pixels)
    expected = [modality.plain(data) is not None for data in ALL_PICTURES]
    assert plain_rows(modality, ALL_PICTURES).tolist() == expected


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ALL_PICTURES), st.data())
def test_damaged_picture_is_told_alike(data, draw):
    damaged = bytearray(data or b"\0")
    for _ in range(draw.draw(st.integers(1, 3))):
        position = draw.draw(st.integers(0, min(len(damaged), 400) - 1))
        damaged[position] = draw.draw(st.integers(0, 255))
    damaged = bytes(damaged[: draw.draw(st.integers(1, len(damaged)))])
    modality = picture(channels=draw.draw(st.sampled_from([1, 3])))
    expected = modality.plain(damaged) is not None
    # Only files of more segments than any real one has may be told otherwise.
    assert plain_rows(modality, [damaged]).tolist() == [expected]


GOOD_WAV = wav(RANDOM.integers(-99, 99, 500).astype("int16"))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_sound_is_told_alike(draw):
    at = GOOD_WAV.index(b"data")
    listed = GOOD_WAV[:at] + b"LIST\x05\0\0\0hello\0" + GOOD_WAV[at:]
    damaged = bytearray(draw.draw(st.sampled_from([GOOD_WAV, listed])))
    for _ in range(draw.draw(st.integers(0, 3))):
        damaged[draw.draw(st.integers(0, 60))] = draw.draw(st.integers(0, 255))
    damaged = bytes(damaged[: draw.draw(st.integers(0, len(damaged)))])
    expected = sound().plain(damaged) is not None
    assert plain_rows(sound(), [damaged]).tolist() == [expected]
