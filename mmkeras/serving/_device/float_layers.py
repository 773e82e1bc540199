"""Which layers of a model 8 bits do not do."""

from __future__ import annotations

from typing import NamedTuple

import keras

from mmkeras import fusion, layers
from mmkeras.encoders._balance import Balance
from mmkeras.fusion._pooled import PooledFusion
from mmkeras.tasks._boxes import CornersFromCenter
from mmkeras.tasks._contrastive import Towers

# 8 bits hold 256 steps from the least to the largest value that a tensor ever has.
_TOO_WIDE = (
    # Measured, not learned: powers, fractions, features before they are standardised.
    Balance,
    layers.ColorHistogram,
    layers.Deltas,
    layers.GradientHistogram,
    layers.ImageNormalize,
    layers.ImagenetPreprocessing,
    layers.LogMel,
    layers.MFCC,
    layers.Resample,
    layers.STFT,
    layers.StatisticsPooling,
    layers.TokenBag,
    layers.Waveform,
    keras.layers.Normalization,
    keras.layers.Rescaling,
    # Products, divisions by what may be small, and attention's masks of -1e9.
    PooledFusion,
    keras.layers.LayerNormalization,
    keras.layers.MultiHeadAttention,
    keras.layers.Softmax,
    # The last step of an answer, where nothing evens an error out.
    CornersFromCenter,
    Towers,
    layers.OrderedThresholds,
)
# Of those, what a matrix of weights computes: most of the work, and even.
_MATRICES = (keras.layers.Dense, keras.layers.EinsumDense)
# But here the result goes into a mask unchanged, and would get the range of that.
_MASKED = (
    fusion.AttentionFusion,
    fusion.GatedFusion,
    fusion.ProductOfExperts,
    fusion.WeightedSum,
)


class FloatLayers(NamedTuple):
    """Names of layers.

    Args:
        names: whose operations stay float,
        but: other than those of these layers inside them.
    """

    names: list[str]
    but: list[str]


def float_layers(model: keras.Model) -> FloatLayers:
    """Those of a model."""
    found = [x for x in model._flatten_layers() if isinstance(x, _TOO_WIDE)]
    inside = {
        part.name
        for layer in found
        if not isinstance(layer, _MASKED)
        for part in layer._flatten_layers(include_self=False)
        if isinstance(part, _MATRICES)
    }
    return FloatLayers(sorted({layer.name for layer in found}), sorted(inside))
