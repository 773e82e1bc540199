"""Whether a WAV header can be decoded, and if not, why."""

from mmkeras.modalities._reasons import DAMAGED, UNKNOWN_FORMAT, UNSUPPORTED
from mmkeras.modalities._riff_header import (
    EXTENSIBLE_TAG,
    FLOAT_TAG,
    FMT_BYTES,
    MAX_CHUNKS,
    PCM_TAG,
)

ENCODING_NAMES = {
    2: "Microsoft ADPCM",
    6: "A-law",
    7: "mu-law",
    17: "IMA ADPCM",
    49: "GSM 6.10",
    85: "MP3",
    EXTENSIBLE_TAG: "extensible, unknown subformat",
}

MIN_SAMPLE_RATE = 1_000  # Hz; below the slowest telemetry anyone stores as sound
MAX_SAMPLE_RATE = 768_000  # Hz; the fastest converters sold


def judge(header):
    """Say whether a header can be decoded, and if not, why.

    Args:
        header: What `read_header` returned.

    Returns:
        `(sound, reason)`: bool scalar, and string scalar: the first reason against the
        file, empty where there is none.
    """
    import tensorflow as tf

    checks = _checks(header)

    def first_reason():
        reason = tf.constant("")
        for passes, _, text, *values in reversed(checks):
            reason = tf.where(passes, reason, _fill(text, values))
        return reason

    sound = tf.reduce_all([passes for passes, *_ in checks])
    return sound, tf.cond(sound, lambda: tf.constant(""), first_reason)


def code_of(header):
    """The code of the first thing that is wrong with a file that was refused.

    Args:
        header: What `read_header` returned.

    Returns:
        String scalar; `damaged` where the header is sound, so the samples are not.
    """
    import tensorflow as tf

    found = tf.constant(DAMAGED)
    for passes, code, *_ in reversed(_checks(header)):
        found = tf.where(passes, found, code)
    return found


def _checks(header):
    """What has to hold, in order: `(passes, code, reason, *its values)`."""
    import tensorflow as tf

    tag, bits, width = header["tag"], header["bits"], header["width"]
    channels, rate = header["channels"], header["sample_rate"]
    is_pcm = tf.equal(tag, PCM_TAG)
    is_float = tf.equal(tag, FLOAT_TAG)
    float_bits = tf.logical_or(tf.equal(bits, 32), tf.equal(bits, 64))
    pcm_bits = tf.logical_and(bits >= 1, bits <= 32)

    # The first line that fails is the reason; its values fill the places.
    there, promised = header["data_there"], header["data_promised"]
    both_found = tf.logical_and(header["fmt_at"] >= 0, header["data_at"] >= 0)
    return [
        (header["is_wave"], UNKNOWN_FORMAT, "not a WAV file: no RIFF/WAVE header"),
        (
            tf.logical_or(header["steps"] < MAX_CHUNKS, both_found),
            DAMAGED,
            f"WAV has no fmt and data among its first {MAX_CHUNKS} chunks",
        ),
        (header["fmt_at"] >= 0, DAMAGED, "WAV has no fmt chunk"),
        (
            header["fmt_there"] >= FMT_BYTES,
            DAMAGED,
            f"WAV has a fmt chunk of {{}} bytes, not {FMT_BYTES}",
            header["fmt_there"],
        ),
        (
            tf.logical_or(is_pcm, is_float),
            UNSUPPORTED,
            "WAV encoding {}{} is not PCM",
            tag,
            _encoding_name(tag),
        ),
        (
            tf.where(is_float, float_bits, pcm_bits),
            UNSUPPORTED,
            "WAV has {}-bit samples of encoding {}, which is not known",
            bits,
            tag,
        ),
        (channels >= 1, DAMAGED, "WAV has 0 channels"),
        (
            # Read with the wrong stride, samples would be noise.
            tf.equal(header["block"], channels * width),
            DAMAGED,
            "WAV has frames of {} bytes, but {} channels of {} bits",
            header["block"],
            channels,
            bits,
        ),
        (
            tf.logical_and(rate >= MIN_SAMPLE_RATE, rate <= MAX_SAMPLE_RATE),
            UNSUPPORTED,
            "WAV has a sample rate of {} Hz",
            rate,
        ),
        (header["data_at"] >= 0, DAMAGED, "WAV has no data chunk"),
        (
            there >= promised,
            DAMAGED,
            "WAV is cut short: its header promises {} bytes of samples, {} are there",
            promised,
            there,
        ),
        (there >= channels * width, DAMAGED, "WAV holds no samples"),
    ]


def _fill(text, values):
    """Put scalar tensors into the `{}` places of a `str`: string scalar."""
    import tensorflow as tf

    first, *rest = text.split("{}")
    parts = [first]
    for value, following in zip(values, rest, strict=True):
        is_text = value.dtype == tf.string
        parts += [value if is_text else tf.strings.as_string(value), following]
    return tf.strings.join(parts)


def _encoding_name(tag):
    """Name an encoding tag: int64 scalar to string scalar, `" (A-law)"` or empty."""
    import tensorflow as tf

    name = tf.constant("")
    for known, text in ENCODING_NAMES.items():
        name = tf.where(tf.equal(tag, known), f" ({text})", name)
    return name
