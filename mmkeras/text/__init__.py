"""Word vectors: learn them, read them, begin an encoder with them."""

from mmkeras.text.read_vectors import read_vectors
from mmkeras.text.train_word2vec import train_word2vec
from mmkeras.text.word_embedding import word_embedding

__all__ = ["read_vectors", "train_word2vec", "word_embedding"]
