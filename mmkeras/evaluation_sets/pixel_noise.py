"""Pictures in Gaussian noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from mmkeras.evaluation_sets._degradation import Degradation, Degrade, Degraded

# Values nearer to 0 or 255 than so many deviations may be clipped.
_SAFE_DEVIATIONS = 3
# Fewer unclipped values say too little of a deviation.
_LEAST_VALUES = 25


class PixelNoise(Degradation):
    """Gaussian noise on every value of a picture, of a known deviation.

    The sum is rounded and clipped to 0..255. The measure is the root mean square of
    what was added, over the values that are at least three deviations from 0 and
    from 255, where nothing is clipped; of a black and white picture there may be
    none.

    Args:
        type: `"pixel_noise"`.
        std: standard deviation in grey levels of 0..255.

    Example:
        >>> PixelNoise(std=20).strength
        20.0
    """

    type: Literal["pixel_noise"] = "pixel_noise"
    std: Annotated[float, Field(gt=0, le=255)]

    modality: ClassVar[str] = "image"
    asked: ClassVar[str] = "standard deviation in grey levels"
    measured: ClassVar[str] = "root mean square of the noise where nothing is clipped"

    @property
    def strength(self) -> float:
        """The deviation."""
        return self.std

    def prepare(self, training: Sequence[Any], read: Callable[[str], Any]) -> Degrade:
        """What degrades one picture."""
        margin = _SAFE_DEVIATIONS * self.std

        def degrade(pixels, random, split):
            noise = random.normal(0, self.std, pixels.shape)
            written = np.clip(np.rint(pixels + noise), 0, 255).astype("uint8")
            safe = (pixels >= margin) & (pixels <= 255 - margin)
            added = written[safe].astype("float64") - pixels[safe]
            enough = added.size >= _LEAST_VALUES
            measured = float(np.sqrt(np.square(added).mean())) if enough else None
            return Degraded(written, {"measured": measured})

        return degrade
