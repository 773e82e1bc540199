"""Sounds in noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from mmkeras import _checks
from mmkeras._frozen import Name
from mmkeras.evaluation_sets._degradation import (
    INT16_PEAK,
    Degradation,
    Degrade,
    Degraded,
)

# Places in a noise file that are tried: parts of some are silent.
_TRIES = 4


class SoundNoise(Degradation):
    """Noise at a known signal-to-noise ratio over the whole clip.

    The noise is scaled so that `10 log10(signal power / noise power)` is the ratio;
    a sum that would clip is made softer as a whole, and the manifest's
    `<input>_gain` says by how much. The measure is the same ratio from the samples
    as written: their distance from the gain times the clean samples is the noise.

    Args:
        type: `"sound_noise"`.
        snr_db: signal-to-noise ratio in decibels.
        files: for each split its noise files, in the part's folder; of each the
            loudest of four random places is taken. White noise if empty. A file
            must not be in two splits.
        licence: of these files.

    Example:
        >>> SoundNoise(snr_db=0).strength
        0.0
    """

    type: Literal["sound_noise"] = "sound_noise"
    snr_db: Annotated[float, Field(ge=-60, le=60)]
    files: dict[Name, tuple[str, ...]] = Field(default_factory=dict)
    licence: str = ""

    modality: ClassVar[str] = "audio"
    asked: ClassVar[str] = "signal-to-noise ratio in dB"
    measured: ClassVar[str] = "the ratio of the samples as written, in dB"

    @property
    def strength(self) -> float:
        """The ratio in decibels."""
        return self.snr_db

    def prepare(self, training: Sequence[Any], read: Callable[[str], Any]) -> Degrade:
        """What degrades one sound.

        Raises:
            ValueError: if a noise file is in two splits.
        """
        names = [name for some in self.files.values() for name in some]
        if len(set(names)) < len(names):
            twin = next(name for name in names if names.count(name) > 1)
            raise _checks.bad_value(
                "SoundNoise",
                "files",
                "free of a file that is there twice",
                twin,
                "Give it to one split.",
            )
        known = {name: read(name).astype("float64") for name in names}

        def degrade(samples, random, split):
            clean = samples.astype("float64")
            noise, notes = self._noise(known, len(clean), random, split)
            noise *= math.sqrt(_power(clean) / _power(noise))
            noise *= 10 ** (-self.snr_db / 20)
            loudest = np.abs(clean + noise).max()
            gain = min(1.0, INT16_PEAK / loudest) if loudest else 1.0
            written = np.rint(gain * (clean + noise)).astype("int16")
            left = _power(written - gain * clean)
            measured = 10 * math.log10(gain**2 * _power(clean) / left) if left else None
            return Degraded(written, {"measured": measured, "gain": gain, **notes})

        return degrade

    def _noise(
        self,
        known: dict[str, np.ndarray],
        length: int,
        random: np.random.Generator,
        split: str,
    ) -> tuple[np.ndarray, dict[str, str]]:
        if not self.files:
            return random.standard_normal(length), {"noise": "white"}
        names = self.files.get(split)
        if not names:
            raise _checks.bad_value(
                "SoundNoise",
                "files",
                f"given for the split '{split}'",
                sorted(self.files),
                "Add its noise files.",
            )
        name = names[random.integers(len(names))]
        whole = known[name]
        whole = np.tile(whole, 1 + -(-length // len(whole)))
        starts = random.integers(0, len(whole) - length, _TRIES)
        windows = [whole[start : start + length] for start in starts]
        loudest = max(windows, key=_power)
        if not _power(loudest):
            loudest = random.standard_normal(length)  # Digital silence is no noise.
        return loudest.copy(), {"noise": name}


def _power(samples: np.ndarray) -> float:
    return float(np.square(samples).mean())
