"""Encoders: factories that return plain Keras models, one embedding a row."""

from mmkeras.encoders.audio_cnn import audio_cnn
from mmkeras.encoders.audio_crnn import audio_crnn
from mmkeras.encoders.audio_rnn import audio_rnn
from mmkeras.encoders.audio_statistics import audio_statistics
from mmkeras.encoders.audio_transformer import audio_transformer
from mmkeras.encoders.category_embedding import category_embedding
from mmkeras.encoders.image_application import image_application
from mmkeras.encoders.image_cnn import image_cnn
from mmkeras.encoders.image_hog import image_hog
from mmkeras.encoders.image_resnet import image_resnet
from mmkeras.encoders.image_vit import image_vit
from mmkeras.encoders.number_mlp import number_mlp
from mmkeras.encoders.text_bag import text_bag
from mmkeras.encoders.text_cnn import text_cnn
from mmkeras.encoders.text_rnn import text_rnn
from mmkeras.encoders.text_transformer import text_transformer

__all__ = [
    "audio_cnn",
    "audio_crnn",
    "audio_rnn",
    "audio_statistics",
    "audio_transformer",
    "category_embedding",
    "image_application",
    "image_cnn",
    "image_hog",
    "image_resnet",
    "image_vit",
    "number_mlp",
    "text_bag",
    "text_cnn",
    "text_rnn",
    "text_transformer",
]
