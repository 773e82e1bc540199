"""Fusion: layers from a dict of embeddings to one tensor."""

from mmkeras.fusion.attention_fusion import AttentionFusion
from mmkeras.fusion.block_fusion import BlockFusion
from mmkeras.fusion.bottleneck_fusion import BottleneckFusion
from mmkeras.fusion.co_attention import CoAttention
from mmkeras.fusion.compact_bilinear import CompactBilinear
from mmkeras.fusion.concat import Concat
from mmkeras.fusion.conv_fusion import ConvFusion
from mmkeras.fusion.cross_attention import CrossAttention
from mmkeras.fusion.early_fusion_transformer import EarlyFusionTransformer
from mmkeras.fusion.film import FiLM
from mmkeras.fusion.gated_fusion import GatedFusion
from mmkeras.fusion.late_fusion_transformer import LateFusionTransformer
from mmkeras.fusion.low_rank_tensor_fusion import LowRankTensorFusion
from mmkeras.fusion.max import Max
from mmkeras.fusion.mean import Mean
from mmkeras.fusion.mfb import MFB
from mmkeras.fusion.mlb import MLB
from mmkeras.fusion.mlp_fusion import MLPFusion
from mmkeras.fusion.multimodal_transformer import MultimodalTransformer
from mmkeras.fusion.multiplicative_interactions import MultiplicativeInteractions
from mmkeras.fusion.multiply import Multiply
from mmkeras.fusion.mutan import MUTAN
from mmkeras.fusion.perceiver_fusion import PerceiverFusion
from mmkeras.fusion.product_of_experts import ProductOfExperts
from mmkeras.fusion.sum import Sum
from mmkeras.fusion.tensor_fusion import TensorFusion
from mmkeras.fusion.weighted_sum import WeightedSum

__all__ = [
    "MFB",
    "MLB",
    "MUTAN",
    "AttentionFusion",
    "BlockFusion",
    "BottleneckFusion",
    "CoAttention",
    "CompactBilinear",
    "Concat",
    "ConvFusion",
    "CrossAttention",
    "EarlyFusionTransformer",
    "FiLM",
    "GatedFusion",
    "LateFusionTransformer",
    "LowRankTensorFusion",
    "MLPFusion",
    "Max",
    "Mean",
    "MultimodalTransformer",
    "MultiplicativeInteractions",
    "Multiply",
    "PerceiverFusion",
    "ProductOfExperts",
    "Sum",
    "TensorFusion",
    "WeightedSum",
]
