"""Numbers and categories made worse."""

import functools

import numpy as np

from mmkeras.evaluation.corruption import Corruption


def _noise(
    value: np.ndarray, strength: float, random: np.random.Generator, std: float
) -> np.ndarray:
    drawn = strength * std * random.standard_normal(value.shape)
    return (value + drawn).astype("float32")


def _replacement(
    value: np.int32, rate: float, random: np.random.Generator, names: int
) -> np.int32:
    """Another known id, or the unknown one where there is no other."""
    drawn, other = random.random(), random.random()
    if drawn >= rate:
        return value
    others = [identity for identity in range(1, names + 1) if identity != value]
    return np.int32(others[int(other * len(others))] if others else 0)


def number_corruptions(std: float) -> tuple[Corruption, ...]:
    """Of a number with this spread in the training split."""
    function = functools.partial(_noise, std=std)
    strengths = (0.25, 0.5, 1.0, 1.5, 2.0)
    return (Corruption("gaussian_noise", function, strengths, "std"),)


def category_corruptions(names: int) -> tuple[Corruption, ...]:
    """Of one of so many known names, with the ids from 1 on."""
    function = functools.partial(_replacement, names=names)
    rates = (0.1, 0.2, 0.3, 0.4, 0.5)
    return (Corruption("replacement", function, rates, "of the rows"),)
