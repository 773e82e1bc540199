"""Blurred pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from mmkeras.evaluation_sets._degradation import Degradation, Degrade, Degraded


class PixelBlur(Degradation):
    """A Gaussian blur of a known deviation, by OpenCV.

    The measure is the share that is left of the squared differences between
    neighbours: 1 is as sharp as before.

    Args:
        type: `"pixel_blur"`.
        sigma: standard deviation in pixels.

    Example:
        >>> PixelBlur(sigma=1.5).strength
        1.5
    """

    type: Literal["pixel_blur"] = "pixel_blur"
    sigma: Annotated[float, Field(gt=0, le=1000)]

    modality: ClassVar[str] = "image"
    asked: ClassVar[str] = "standard deviation in pixels"
    measured: ClassVar[str] = (
        "share of the neighbours' squared differences that is kept"
    )

    @property
    def strength(self) -> float:
        """The deviation."""
        return self.sigma

    def prepare(self, training: Sequence[Any], read: Callable[[str], Any]) -> Degrade:
        """What degrades one picture."""
        import cv2

        def degrade(pixels, random, split):
            written = cv2.GaussianBlur(pixels, (0, 0), self.sigma)
            written = written.reshape(pixels.shape)
            before, after = _sharpness(pixels), _sharpness(written)
            return Degraded(written, {"measured": after / before if before else 1.0})

        return degrade


def _sharpness(pixels: np.ndarray) -> float:
    values = pixels.astype("float64")
    return sum(float(np.square(np.diff(values, axis=axis)).sum()) for axis in (0, 1))
