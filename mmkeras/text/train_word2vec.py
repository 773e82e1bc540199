"""Word vectors from a data set's own texts."""

from __future__ import annotations

import functools
import os
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from mmkeras import _checks
from mmkeras.modalities.text import FIRST_WORD, Text
from mmkeras.text._skip_grams import SkipGrams

if TYPE_CHECKING:
    from mmkeras.dataset import Split

_OWNER = "train_word2vec"


def train_word2vec(
    split: Split,
    input: str,
    path: str | Path,
    *,
    dim: int = 64,
    window: int = 5,
    negatives: int = 5,
    epochs: int = 5,
    subsample: float = 1e-3,
    learning_rate: float = 0.005,
    batch_size: int = 2048,
    seed: int = 0,
    progress: bool = False,
) -> Path:
    """Learn word vectors from the texts of a split, and write them to a file.

    Words that stand near the same words get near vectors: for many texts of which
    few have labels. Skip-gram with negative sampling: of a word `w`, a word `c` up
    to `window` places away and `k` random words `n`, it lowers
    `-log s(u_c . v_w) - sum_n log s(-u_n . v_w)`, `s` the logistic function; `v` is
    written. Padding, unknown tokens and absent texts are left out.
    `word_embedding` reads the file.

    Args:
        split: the rows to learn from: `data["train"]`.
        input: name of the text input.
        path: the file to write, in Word2Vec's text format; one that is there is
            replaced when the new one is whole.
        dim: width of a vector.
        window: the farthest a context may be, in tokens; each place draws one from 1
            to this.
        negatives: random words beside each context, `k`.
        epochs: passes over the texts; some hundred texts want tens.
        subsample: a word of more than this share of the tokens is frequent, and
            left out more often the more it is; 0 to leave none out, which suits
            some hundred texts.
        learning_rate: of Adam.
        batch_size: pairs of a step.
        seed: the same on the same machine gives the same vectors, up to rounding.
        progress: whether to show Keras's progress bar.

    Returns:
        The path. The file has the words of the vocabulary that are in the texts.

    Raises:
        ValueError: for an argument out of its range, an input that there is not,
            texts without two known words in any of them, or a path that is a
            folder.
        TypeError: for an argument of another type.

    Example:
        >>> path = train_word2vec(data["train"], "note", "w.txt")  # doctest: +SKIP
        >>> vocabulary = data.spec.inputs["note"].vocabulary  # doctest: +SKIP
        >>> layer = mm.text.word_embedding(path, vocabulary)  # doctest: +SKIP

    Reference:
        Mikolov et al., 2013, arXiv:1310.4546.
    """
    for argument, value in (
        ("dim", dim),
        ("window", window),
        ("negatives", negatives),
        ("epochs", epochs),
        ("batch_size", batch_size),
    ):
        _checks.check_positive_int(_OWNER, argument, value)
    _checks.check_fraction(_OWNER, "subsample", subsample)
    _checks.check_positive(_OWNER, "learning_rate", learning_rate)
    path = Path(path)
    if path.is_dir():
        raise _checks.bad_value(
            _OWNER,
            "path",
            "a file's",
            str(path),
            "It is a folder: add a name, for example 'words.txt'.",
        )
    vocabulary = _vocabulary(split, input)
    ids = np.asarray(split.data.columns[input][split.positions])
    number, counts = np.unique(ids[ids >= FIRST_WORD], return_counts=True)
    rows = np.where(ids >= FIRST_WORD, np.searchsorted(number, ids), -1)
    if len(number) < 2 or np.count_nonzero(rows >= 0, axis=1).max() < 2:
        raise _checks.bad_value(
            _OWNER,
            "split",
            f"of texts '{input}' with two known words in one of them",
            split,
            "Take sentences; of single words nothing stands near another.",
        )
    grams = SkipGrams(
        rows.astype("int32"), counts, window, negatives, float(subsample), seed
    )
    steps = -(-grams.count() // batch_size)
    if not steps:
        raise _checks.bad_value(
            _OWNER,
            "subsample",
            "large enough to leave pairs of words",
            subsample,
            "Pass 0 to leave no word out.",
        )
    model = skip_gram_model(len(number), dim, negatives, seed)
    # Adam moves the whole tables each step; XLA makes that one pass over them.
    model.compile(
        keras.optimizers.Adam(learning_rate),
        keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=True,
    )
    model.fit(
        _batches(grams, batch_size),
        steps_per_epoch=steps,
        epochs=epochs,
        shuffle=False,
        verbose="auto" if progress else 0,
    )
    vectors = keras.ops.convert_to_numpy(model.get_layer("words").embeddings)
    return _write(path, [vocabulary[i - FIRST_WORD] for i in number], vectors)


def _vocabulary(split: Split, input: str) -> Sequence[str]:
    if not hasattr(split, "positions"):
        raise _checks.bad_type(
            _OWNER, "split", "a split", split, "Pass for example `data['train']`."
        )
    inputs = split.data.spec.inputs
    modality = inputs.get(input)
    if isinstance(modality, Text) and modality.vocabulary is not None:
        return modality.vocabulary
    texts = [name for name, other in inputs.items() if isinstance(other, Text)]
    raise _checks.bad_value(
        _OWNER,
        "input",
        "the name of a text input",
        input,
        _checks.did_you_mean(input, texts),
    )


def skip_gram_model(words: int, dim: int, negatives: int, seed: int) -> keras.Model:
    """`[word, candidates]` to `u_c . v_w` of each candidate."""
    word = keras.Input((), dtype="int32", name="word")
    candidates = keras.Input((1 + negatives,), dtype="int32", name="candidates")
    # As the authors' program begins; in float32, whatever the global policy.
    small = keras.initializers.RandomUniform(-0.5 / dim, 0.5 / dim, seed=seed)
    embedding = functools.partial(keras.layers.Embedding, words, dim, dtype="float32")
    v = embedding(small, name="words")(word)
    u = embedding("zeros", name="contexts")(candidates)
    scores = keras.layers.Dot(axes=(2, 1), dtype="float32", name="scores")([u, v])
    return keras.Model([word, candidates], scores)


def _batches(grams: SkipGrams, batch_size: int) -> Iterator[Any]:
    labels = np.zeros((batch_size, 1 + grams.negatives), "float32")
    labels[:, 0] = 1
    for word, candidates in grams.batches(batch_size):
        yield (word, candidates), labels


def _write(path: Path, words: Sequence[str], vectors: np.ndarray) -> Path:
    """Word2Vec's text format; nobody sees a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".tmp-{uuid.uuid4().hex}")
    try:
        with aside.open("w", encoding="utf-8", newline="\n") as file:
            file.write(f"{len(words)} {vectors.shape[1]}\n")
            for word, vector in zip(words, vectors.tolist(), strict=True):
                # Nine digits are a float32, to the bit.
                numbers = " ".join(f"{value:.9g}" for value in vector)
                file.write(f"{word} {numbers}\n")
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return path
