"""Fusion: layers from a dict of embeddings to one tensor."""

from mmkeras.fusion.concat import Concat
from mmkeras.fusion.mean import Mean

__all__ = [
    "Concat",
    "Mean",
]
