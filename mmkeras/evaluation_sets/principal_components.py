"""Pictures of a few principal components."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from mmkeras import _checks
from mmkeras.evaluation_sets._degradation import Degradation, Degrade, Degraded


class PrincipalComponents(Degradation):
    """Pictures by their first principal components alone.

    The components and the mean are those of the training split's pictures, and the
    mean is added back: `mean + (x - mean) A^T A` for the components `A`. It is
    rounded to whole grey levels from 0 to 255. The measure is the share of a
    picture's squared distance from the mean that is kept.

    Args:
        type: `"principal_components"`.
        components: how many are kept.

    Example:
        >>> PrincipalComponents(components=4).strength
        4.0
    """

    type: Literal["principal_components"] = "principal_components"
    components: Annotated[int, Field(ge=1)]

    modality: ClassVar[str] = "image"
    asked: ClassVar[str] = "principal components kept"
    measured: ClassVar[str] = "share of a picture's energy around the mean that is kept"

    @property
    def strength(self) -> float:
        """How many components are kept."""
        return float(self.components)

    def prepare(self, training: Sequence[Any], read: Callable[[str], Any]) -> Degrade:
        """What degrades one picture.

        Raises:
            ValueError: if the training pictures have fewer components.
        """
        from sklearn.decomposition import PCA

        flat = np.stack(training).reshape(len(training), -1).astype("float64")
        most = min(flat.shape)
        if self.components > most:
            raise _checks.bad_value(
                "PrincipalComponents",
                "components",
                f"at most {most}, the pictures' or their values' number",
                self.components,
                "Keep fewer.",
            )
        # The whole decomposition: the randomised one differs from seed to seed.
        learned = PCA(self.components, svd_solver="full").fit(flat)
        mean, axes = learned.mean_, learned.components_

        def degrade(pixels, random, split):
            centred = pixels.ravel() - mean
            kept = mean + centred @ axes.T @ axes
            written = np.clip(np.rint(kept), 0, 255)
            total = np.square(centred).sum()
            lost = np.square(written - pixels.ravel()).sum()
            notes = {"measured": 1 - lost / total if total else 1.0}
            return Degraded(written.astype("uint8").reshape(pixels.shape), notes)

        return degrade
