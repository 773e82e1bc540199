"""Which examples are the same one twice: equal bytes, or nearly equal content.

Near duplicates are found in two steps: 64-bit hashes that differ in few bits make
candidates, quickly; a comparison of the contents decides. The hashes alone would
take many a handwritten 1 for another.
"""

import functools
import hashlib
import re
import unicodedata
from collections.abc import Sequence

import numpy as np

# Bits in which two hashes may differ. Of MNIST pictures that were made JPEG at
# quality 85, brightened, enlarged or given noise of 5 grey levels, none differs in
# more than 3; of FSDD recordings, all but 1 % of those at another gain, and three in
# four of those with noise 30 dB below them, differ in 6 at most.
PICTURE_DISTANCE = 3
SOUND_DISTANCE = 6

_HASH_SIDE = 8
_STEP = 4  # grey levels between neighbours that noise and JPEG do not reach

_PICTURE_SIDE = 16
# Of 4.5 million pairs of MNIST pictures the most alike reach 0.9935; the changes
# above leave 0.9958 and more.
_PICTURE_LIKENESS = 0.995

_SPECTRUM_SIDE = 16
_WINDOW_SECONDS = 0.032
_WINDOWS = 64
_FLOOR = 1e-5  # of the loudest cell's power: -50 dB
_EDGE_ENERGY = 1e-3  # share of the energy in what counts as silence around a sound
# Different FSDD recordings of like hashes reach 0.87; noise 20 dB below leaves 0.995.
_SOUND_LIKENESS = 0.95
_COMMON_RATE = 8000  # Hz, at which two waveforms are compared
_LOBES = 8  # of the low-pass before it, to each side

# Rows of hashes that are compared with all others at once: 40 MB for 10,000.
_BLOCK = 1024


def exact_key(data: bytes) -> str:
    """The SHA-256 of a file's bytes: equal for equal files alone."""
    return hashlib.sha256(data).hexdigest()


def text_key(text: str) -> str:
    """The words of a text, without case, punctuation and spacing."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", plain))


def picture_hash(pixels: np.ndarray) -> int:
    """A difference hash: where a picture of 8x9 greys grows brighter to the right.

    Args:
        pixels: `(height, width, channels)` or `(height, width)`, uint8.

    Returns:
        64 bits, as a signed integer. Equal for pictures of one colour.
    """
    small = _small_grey(pixels, _HASH_SIDE, _HASH_SIDE + 1)
    return _as_int(np.diff(small, axis=1) > _STEP)


def same_picture(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two pictures are nearly equal: 16x16 greys correlate above 0.995.

    A picture of one colour is like no other.

    Args:
        one: as `picture_hash` takes it.
        other: the same.
    """
    first, second = (
        _unit(_small_grey(pixels, _PICTURE_SIDE, _PICTURE_SIDE))
        for pixels in (one, other)
    )
    return float(np.vdot(first, second)) > _PICTURE_LIKENESS


def sound_hash(samples: np.ndarray, sample_rate: int) -> int:
    """A hash of the coarse shape of the log-spectrogram, as of a picture's DCT.

    Silence around the sound, its gain and its sample rate hardly matter.

    Args:
        samples: `(frames,)`, int16 or float.
        sample_rate: in Hz.

    Returns:
        64 bits, as a signed integer. Equal for sounds without a sample above 0.
    """
    import cv2

    sound = _without_silence(_at_common_rate(samples, sample_rate))
    window = int(_WINDOW_SECONDS * _COMMON_RATE)
    sound = np.pad(sound, (0, max(0, 2 * window - len(sound))))
    hop = max(1, (len(sound) - window) // (_WINDOWS - 1))
    starts = np.arange(0, len(sound) - window + 1, hop)
    frames = sound[starts[:, None] + np.arange(window)] * np.hanning(window)
    power = np.square(np.abs(np.fft.rfft(frames)[:, 1:])).astype("float32")
    side = (_SPECTRUM_SIDE, _SPECTRUM_SIDE)
    power = cv2.resize(power, side, interpolation=cv2.INTER_AREA)
    if power.max() == 0:
        return 0
    logs = np.log(power + power.max() * _FLOOR).astype("float64")
    waves = cv2.dct(logs)[:_HASH_SIDE, :_HASH_SIDE]
    waves[0, 0] = -np.inf  # The level says nothing of the shape.
    return _as_int(waves > np.median(waves))


def same_sound(
    one: np.ndarray, one_rate: int, other: np.ndarray, other_rate: int
) -> bool:
    """Whether two waveforms are nearly equal, but for gain, shift and rate.

    Args:
        one: samples, as `sound_hash` takes them.
        one_rate: in Hz.
        other: samples.
        other_rate: in Hz.
    """
    first, second = (
        _unit(_without_silence(_at_common_rate(samples, rate)))
        for samples, rate in ((one, one_rate), (other, other_rate))
    )
    size = 1 << (len(first) + len(second) - 1).bit_length()
    spectra = np.fft.rfft(first, size) * np.conj(np.fft.rfft(second, size))
    return float(np.fft.irfft(spectra, size).max()) > _SOUND_LIKENESS


def near_pictures(pictures: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """The pairs of pictures that are nearly equal, or equal: by hash, then by content.

    Args:
        pictures: as `picture_hash` takes them.

    Returns:
        Positions, the lower one first, in order.
    """
    hashes = [picture_hash(pictures[i]) for i in range(len(pictures))]
    return [
        (i, j)
        for i, j in near_pairs(hashes, PICTURE_DISTANCE).tolist()
        if same_picture(pictures[i], pictures[j])
    ]


def near_sounds(
    sounds: Sequence[np.ndarray], sample_rate: int
) -> list[tuple[int, int]]:
    """The same of sounds.

    Args:
        sounds: as `sound_hash` takes them.
        sample_rate: of all, in Hz.

    Returns:
        Positions, the lower one first, in order.
    """
    hashes = [sound_hash(sounds[i], sample_rate) for i in range(len(sounds))]
    return [
        (i, j)
        for i, j in near_pairs(hashes, SOUND_DISTANCE).tolist()
        if same_sound(sounds[i], sample_rate, sounds[j], sample_rate)
    ]


def near_pairs(hashes: Sequence[int] | np.ndarray, max_distance: int) -> np.ndarray:
    """The pairs of hashes that differ in few bits.

    Args:
        hashes: `(items,)` 64-bit integers.
        max_distance: in bits.

    Returns:
        `(pairs, 2)` positions, the lower one first, in order.
    """
    words = np.asarray(hashes, "int64").astype(">i8")
    bits = np.unpackbits(words.view("uint8").reshape(-1, 8), axis=1)
    signs = bits.astype("float32") * 2 - 1  # (items, 64)
    # With the bits as signs a product counts equal minus unequal ones: one matrix
    # multiplication a block in place of a loop over pairs.
    least = signs.shape[1] - 2 * max_distance
    found = [np.zeros((0, 2), "int64")]
    for start in range(0, len(signs), _BLOCK):
        alike = signs[start : start + _BLOCK] @ signs[start:].T
        pairs = np.argwhere(np.triu(alike >= least, 1))
        found.append(pairs + start)
    return np.concatenate(found)


def _as_int(bits: np.ndarray) -> int:
    return int(np.packbits(bits.ravel()).view(">i8")[0])


def _small_grey(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    import cv2

    grey = np.asarray(pixels, "float32")
    grey = grey if grey.ndim == 2 else grey.mean(-1)
    return cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)


def _unit(values: np.ndarray) -> np.ndarray:
    """Without mean, and of length 1; zeros stay."""
    centred = values - values.mean()
    length = float(np.linalg.norm(centred))
    return centred / length if length else centred


def _without_silence(sound: np.ndarray) -> np.ndarray:
    energy = np.cumsum(np.square(sound))
    if not len(sound) or energy[-1] == 0:
        return np.zeros(1)
    inside = np.array([_EDGE_ENERGY, 1 - _EDGE_ENERGY]) * energy[-1]
    first, last = np.searchsorted(energy, inside)
    return sound[first : last + 1]


@functools.lru_cache(maxsize=64)
def _kernel(step: float) -> np.ndarray:
    """A low-pass for taking every `step`-th sample."""
    reach = int(np.ceil(_LOBES * step))
    times = np.arange(-reach, reach + 1) / step
    kernel = np.sinc(times) * np.hanning(len(times) + 2)[1:-1]
    return kernel / kernel.sum()


def _at_common_rate(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    sound, step = np.asarray(samples, "float64"), sample_rate / _COMMON_RATE
    if step == 1 or not len(sound):
        return sound
    if step > 1:
        sound = np.convolve(sound, _kernel(step), "same")
    times = np.arange(max(1, round(len(sound) / step))) * step
    return np.interp(times, np.arange(len(sound)), sound)
