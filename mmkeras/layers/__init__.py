"""Device-stage layers: `keras.ops` alone, vectorised over the batch."""

from mmkeras.layers.color_histogram import ColorHistogram
from mmkeras.layers.gradient_histogram import GradientHistogram
from mmkeras.layers.imagenet_preprocessing import ImagenetPreprocessing
from mmkeras.layers.learned_positions import LearnedPositions
from mmkeras.layers.log_mel import LogMel
from mmkeras.layers.masked_average import MaskedAverage
from mmkeras.layers.missing_modality import MissingModality
from mmkeras.layers.modality_dropout import ModalityDropout
from mmkeras.layers.padding_mask import PaddingMask
from mmkeras.layers.sinusoidal_positions import SinusoidalPositions
from mmkeras.layers.statistics_pooling import StatisticsPooling
from mmkeras.layers.time_distributed import TimeDistributed
from mmkeras.layers.token_bag import TokenBag
from mmkeras.layers.transformer_block import TransformerBlock

__all__ = [
    "ColorHistogram",
    "GradientHistogram",
    "ImagenetPreprocessing",
    "LearnedPositions",
    "LogMel",
    "MaskedAverage",
    "MissingModality",
    "ModalityDropout",
    "PaddingMask",
    "SinusoidalPositions",
    "StatisticsPooling",
    "TimeDistributed",
    "TokenBag",
    "TransformerBlock",
]
