"""Device-stage layers: `keras.ops` alone, vectorised over the batch."""

from mmkeras.layers.color_histogram import ColorHistogram
from mmkeras.layers.gradient_histogram import GradientHistogram
from mmkeras.layers.log_mel import LogMel
from mmkeras.layers.missing_modality import MissingModality
from mmkeras.layers.padding_mask import PaddingMask
from mmkeras.layers.statistics_pooling import StatisticsPooling
from mmkeras.layers.time_distributed import TimeDistributed
from mmkeras.layers.token_bag import TokenBag
from mmkeras.layers.transformer_block import TransformerBlock

__all__ = [
    "ColorHistogram",
    "GradientHistogram",
    "LogMel",
    "MissingModality",
    "PaddingMask",
    "StatisticsPooling",
    "TimeDistributed",
    "TokenBag",
    "TransformerBlock",
]
