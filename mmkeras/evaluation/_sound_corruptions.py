"""Sounds made worse: int16 `(samples,)` in and out."""

import functools
import math

import numpy as np

from mmkeras.evaluation._chosen import chosen
from mmkeras.evaluation.corruption import Corruption

_FRAME_SECONDS = 0.02
_LIMITS = np.iinfo("int16")


def noise(
    samples: np.ndarray, decibels: float, random: np.random.Generator
) -> np.ndarray:
    """White noise at this signal-to-noise ratio; silence stays silent.

    The zeros that fill a short clip up count as no part of the signal.
    """
    drawn = random.standard_normal(len(samples), "float32")
    heard = np.flatnonzero(samples)
    if not len(heard):
        return samples
    power = np.square(samples[: heard[-1] + 1], dtype="float64").mean()
    noisy = samples + math.sqrt(power / 10 ** (decibels / 10)) * drawn
    return np.clip(np.rint(noisy), _LIMITS.min, _LIMITS.max).astype("int16")


def clipping(
    samples: np.ndarray, share: float, random: np.random.Generator
) -> np.ndarray:
    """What is above `1 - share` of the clip's peak is cut to it."""
    peak = int(np.abs(samples.astype("int32")).max())
    edge = round(peak * (1 - share))
    return np.clip(samples, -edge, min(edge, _LIMITS.max)).astype("int16")


def dropout(
    samples: np.ndarray, share: float, random: np.random.Generator, frame: int
) -> np.ndarray:
    """This share of the frames is silenced, as packets are lost on a line."""
    frames = -(-len(samples) // frame)
    lost = np.zeros(frames, bool)
    lost[chosen(random, frames, share * frames)] = True
    return np.where(np.repeat(lost, frame)[: len(samples)], 0, samples).astype("int16")


def sound_corruptions(sample_rate: int) -> tuple[Corruption, ...]:
    """Of a sound at this rate."""
    frame = max(1, round(_FRAME_SECONDS * sample_rate))
    return (
        Corruption("noise", noise, (20, 15, 10, 5, 0), "dB"),
        Corruption("clipping", clipping, (0.5, 0.7, 0.8, 0.9, 0.95), "of the peak"),
        Corruption(
            "dropout",
            functools.partial(dropout, frame=frame),
            (0.1, 0.2, 0.3, 0.4, 0.5),
            "of the frames",
        ),
    )
