"""Recipes: models that tutorials and articles build, over the public API."""

from mmkeras.recipes.bag_and_image import bag_and_image
from mmkeras.recipes.cnn_lstm import cnn_lstm
from mmkeras.recipes.cnn_lstm_sound import cnn_lstm_sound
from mmkeras.recipes.multiview_resnet_lstm import multiview_resnet_lstm
from mmkeras.recipes.resnet_gru import resnet_gru

__all__ = [
    "bag_and_image",
    "cnn_lstm",
    "cnn_lstm_sound",
    "multiview_resnet_lstm",
    "resnet_gru",
]
