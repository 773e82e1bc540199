"""An embedding that begins with vectors trained elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from mmkeras import _checks
from mmkeras.modalities.text import FIRST_WORD, PADDING, UNKNOWN
from mmkeras.text.read_vectors import check_words, read_vectors

# Where Keras's own embeddings begin: within this of 0.
_SMALL = 0.05


def word_embedding(
    path: str | Path,
    vocabulary: Sequence[str],
    trainable: bool = True,
    seed: int = 0,
    name: str = "word_embedding",
) -> keras.layers.Embedding:
    """Make an embedding that begins with the word vectors of a file.

    For a data set whose texts are too few to learn from what words mean:
    `text_rnn(size, embedding=word_embedding(...))`, and so with every encoder that
    takes `embedding`. Rows are as `mm.modalities.Text` numbers its tokens: padding
    is zeros, the unknown token the mean of the vectors that were found, then the
    vocabulary in its order; a word that the file lacks begins small and random.
    How many were found tells `len(read_vectors(path, vocabulary))`.

    The vectors are weights: a saved model holds them, and does not read the file
    again.

    Args:
        path: a text file of Word2Vec or GloVe, gzipped or not: see `read_vectors`.
        vocabulary: the known tokens: `spec.inputs[...].vocabulary` of a loaded data
            set.
        trainable: whether training changes the vectors.
        seed: of the words that the file lacks.
        name: of the layer.

    Returns:
        A built `keras.layers.Embedding` of `len(vocabulary) + 2` ids.

    Raises:
        ValueError: if the file has none of the vocabulary, or cannot be read: see
            `read_vectors`.
        TypeError: if the vocabulary is no sequence of words.
        FileNotFoundError: if there is no such file.

    Example:
        >>> lines = "two 1 0\\nthree 0 4\\n"
        >>> _ = Path("vectors.txt").write_text(lines, encoding="utf-8")
        >>> layer = word_embedding("vectors.txt", ("three", "two"))
        >>> layer(np.array([0, 1, 2, 3])).numpy().tolist()
        [[0.0, 0.0], [0.5, 2.0], [0.0, 4.0], [1.0, 0.0]]
    """
    words = check_words("word_embedding", "vocabulary", vocabulary)
    vectors = read_vectors(path, words)
    if not vectors:
        raise _checks.bad_value(
            "word_embedding",
            "path",
            f"a file with at least one of the vocabulary's {len(words)} words",
            str(path),
            "Look whether both are of one language, and in lower case.",
        )
    mean = np.mean(list(vectors.values()), axis=0)
    size = (len(words) + FIRST_WORD, len(mean))
    table = np.random.default_rng(seed).uniform(-_SMALL, _SMALL, size)
    table[PADDING], table[UNKNOWN] = 0, mean
    for row, word in enumerate(words, start=FIRST_WORD):
        if word in vectors:
            table[row] = vectors[word]
    return keras.layers.Embedding(
        *size, weights=table.astype("float32"), trainable=trainable, name=name
    )
