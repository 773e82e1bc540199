"""One unimodal part of an evaluation set that is paired by label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from mmkeras._frozen import Frozen, wrong
from mmkeras.evaluation_sets._degradation import Degradation
from mmkeras.evaluation_sets.pixel_blur import PixelBlur
from mmkeras.evaluation_sets.pixel_noise import PixelNoise
from mmkeras.evaluation_sets.principal_components import PrincipalComponents
from mmkeras.evaluation_sets.sound_noise import SoundNoise
from mmkeras.evaluation_sets.typos import Typos
from mmkeras.modalities import Audio, Image, Modality, Text
from mmkeras.spec import About, AnySource
from mmkeras.split_rule import SplitByColumn

if TYPE_CHECKING:
    AnyPart = Modality
    AnyDegradation = Degradation
else:
    _BY_TYPE = Field(discriminator="type")
    AnyPart = Annotated[Image | Audio | Text, _BY_TYPE]
    AnyDegradation = Annotated[
        PrincipalComponents | PixelNoise | PixelBlur | SoundNoise | Typos, _BY_TYPE
    ]


class UnimodalPart(Frozen):
    """Items of one modality with labels, for `pair_by_label`: a row is an item.

    Args:
        source: where its rows are: `mm.sources.Csv(path=..., root=...)`, or a
            DataFrame in `mm.sources.Frame(frame=..., root=...)`.
        modality: `Image`, `Audio` or `Text`, with the column of files or text; as it
            stands in the built set's spec. Pictures are written at its size, sounds
            whole at its sample rate.
        label: the column of class names.
        group: the column of who or what must not be in two splits: the speaker,
            the writer, the recording; each item for itself if not given.
        split: the column of a split that is there already; by groups if not given.
        uses: how many rows may show the same item.
        duplicates: what happens to items that are nearly the same: `"together"`
            keeps them in one split (where `split` is given, those of any but its
            last split are left out), `"error"` names them, `"keep"` does nothing,
            as for texts of which there are only a few.
        degradation: `PrincipalComponents`, `PixelNoise`, `PixelBlur`, `SoundNoise`
            or `Typos`.
        about: description, licence, citation.

    Example:
        >>> part = UnimodalPart(
        ...     source=mm.sources.Csv(path="words.csv"),
        ...     modality=mm.modalities.Text(column="word"),
        ...     label="digit",
        ...     degradation=Typos(rate=0.2),
        ... )
        >>> part.degradation.asked
        'share of letters replaced'
    """

    source: AnySource
    modality: AnyPart
    label: str
    group: str | None = None
    split: SplitByColumn | None = None
    uses: Annotated[int, Field(ge=1)] = 1
    duplicates: Literal["together", "error", "keep"] = "together"
    degradation: AnyDegradation | None = None
    about: About = About()

    @model_validator(mode="after")
    def _degradation_fits(self) -> Self:
        kind = self.modality.type  # type: ignore[attr-defined]
        if self.degradation and self.degradation.modality != kind:
            raise wrong(
                f"one for the modality '{kind}'",
                type(self.degradation).__name__,
                f"That is for '{self.degradation.modality}'.",
                ("degradation",),
            )
        return self
