"""Symbols as pictures, sounds and words that a small encoder tells apart."""

from __future__ import annotations

import numpy as np

MOST_SYMBOLS = 4

SIDE = 16  # height and width of a picture
_WAVELENGTH = 5.0  # pixels from stripe to stripe
_PIXEL_NOISE = 8.0  # grey levels

SAMPLE_RATE = 4000  # Hz
SECONDS = 0.25
# A factor of 1.5 and more apart, below half the rate.
PITCHES = (350.0, 600.0, 950.0, 1500.0)  # Hz
_DETUNE = 0.03  # of the pitch
_SNR_DB = 25.0

WORDS = (
    ("north", "arctic", "polar"),
    ("east", "sunrise", "orient"),
    ("south", "austral", "tropic"),
    ("west", "sunset", "occident"),
)


def picture(symbol: int, symbols: int, random: np.random.Generator) -> np.ndarray:
    """Stripes whose direction is the symbol: `(16, 16, 1)` uint8.

    Phase, contrast and brightness are random. A direction survives the pooling over
    positions that a small CNN ends in.
    """
    angle = np.pi * symbol / symbols
    y, x = np.mgrid[:SIDE, :SIDE]
    turns = (x * np.cos(angle) + y * np.sin(angle)) / _WAVELENGTH + random.random()
    contrast, middle = random.uniform(60, 100), random.uniform(110, 145)
    grey = middle + contrast * np.sin(2 * np.pi * turns)
    grey = grey + random.normal(0, _PIXEL_NOISE, grey.shape)
    return np.clip(np.rint(grey), 0, 255).astype("uint8")[..., None]


def sound(symbol: int, random: np.random.Generator) -> np.ndarray:
    """A tone whose pitch is the symbol, `(1000,)` int16, phase and level random."""
    time = np.arange(round(SAMPLE_RATE * SECONDS)) / SAMPLE_RATE
    pitch = PITCHES[symbol] * random.uniform(1 - _DETUNE, 1 + _DETUNE)
    tone = np.sin(2 * np.pi * (pitch * time + random.random()))
    tone += random.normal(0, np.sqrt(0.5) * 10 ** (-_SNR_DB / 20), len(time))
    return np.rint(random.uniform(4_000, 16_000) * tone).astype("int16")


def word(symbol: int, random: np.random.Generator) -> str:
    """One of a few words that all mean the symbol."""
    return str(random.choice(WORDS[symbol]))
