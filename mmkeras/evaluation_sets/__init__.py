"""Evaluation data sets that are built: of parts paired by label, or synthetic."""

from mmkeras.evaluation_sets.make_synthetic import make_synthetic
from mmkeras.evaluation_sets.pair_by_label import pair_by_label
from mmkeras.evaluation_sets.pairing import Pairing
from mmkeras.evaluation_sets.pixel_blur import PixelBlur
from mmkeras.evaluation_sets.pixel_noise import PixelNoise
from mmkeras.evaluation_sets.principal_components import PrincipalComponents
from mmkeras.evaluation_sets.sound_noise import SoundNoise
from mmkeras.evaluation_sets.synthetic_set import SyntheticSet
from mmkeras.evaluation_sets.typos import Typos
from mmkeras.evaluation_sets.unimodal_part import UnimodalPart

__all__ = [
    "Pairing",
    "PixelBlur",
    "PixelNoise",
    "PrincipalComponents",
    "SoundNoise",
    "SyntheticSet",
    "Typos",
    "UnimodalPart",
    "make_synthetic",
    "pair_by_label",
]
