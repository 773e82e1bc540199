"""Text: UTF-8 strings on the host, token ids over; an encoder embeds them."""

from __future__ import annotations

import collections
import functools
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import keras
import numpy as np
from pydantic import Field, field_validator, model_validator

from mmkeras._cells import as_text
from mmkeras._frozen import not_learned, wrong
from mmkeras._row_error import RowError
from mmkeras.layers.padding_mask import PaddingMask
from mmkeras.modalities._lookup import lookup_table, no_twins
from mmkeras.modalities._utf8 import utf8_faults
from mmkeras.modalities.modality import Modality

if TYPE_CHECKING:
    import tensorflow as tf

PADDING, UNKNOWN, FIRST_WORD = 0, 1, 2

# An apostrophe inside a word goes, and leaves the word whole ("dont"). RE2 has no
# look-around, so the letters beside it are matched and put back.
_INNER_APOSTROPHE = r"(\pL)['\x{2019}](\pL)"
# Joiners, style selectors and flag tags go with the emoji they follow: alone they
# would be invisible tokens.
_PUNCTUATION = r"[\p{P}\p{S}][\x{200D}\x{FE0E}\x{FE0F}\x{E0020}-\x{E007F}]*"
# How many encoded values are split at once while a vocabulary is counted.
_COUNT_BATCH = 1024


class Text(Modality):
    """A text as a row of token ids.

    Lower-cases (all of Unicode), removes punctuation, splits into words,
    characters or character n-grams, drops stop words, and looks the tokens up in
    a vocabulary that is fitted on the training split alone. Id 0 is padding, 1 is
    a token that is not in the vocabulary; a row is never padding alone.

    Args:
        type: `"text"`.
        column: the column of text.
        optional: whether a row may lack its text.
        on_bad: `"quarantine"` leaves out a row whose cell cannot be used;
            `"missing"` uses the row without this input. Both are listed.
        max_tokens: length of a row of ids; longer texts are cut.
        vocabulary_size: the highest number of ids, padding and unknown included;
            after fitting, the number there is.
        lowercase: whether to lower-case.
        punctuation: `"remove"` (apostrophes inside words are dropped and the
            word kept whole: `don't` is `dont`), or `"keep"`.
        split: `"words"` at white space, `"characters"`, or `"char_ngrams"`, as in
            fastText: of each word with boundary marks, `<word>`, the whole and
            its `ngrams` (Bojanowski et al., 2017, section 3.2).
        ngrams: shortest and longest n-gram of `"char_ngrams"`, marks included.
        stop_words: tokens to leave out.
        min_count: a token rarer than this in the training split is unknown.
        vocabulary: the known tokens, most frequent first; learned from the
            training split if not given.
        idf: how telling each id is, from 0 on: `log((1 + n) / (1 + df)) + 1` for
            a token in `df` of the training split's `n` texts, `df = 0` for the
            unknown token, and 0.0 for padding; learned if not given. With
            `TokenBag` it makes the vectors of scikit-learn's `TfidfVectorizer`.

    Example:
        >>> word = Text(column="word", max_tokens=4, vocabulary=("two", "three"))
        >>> word.decode("Two, four!").numpy().tolist()
        [2, 1, 0, 0]
    """

    type: Literal["text"] = "text"
    max_tokens: Annotated[int, Field(ge=1)] = 32
    vocabulary_size: Annotated[int, Field(ge=2)] = 10_000
    lowercase: bool = True
    punctuation: Literal["remove", "keep"] = "remove"
    split: Literal["words", "characters", "char_ngrams"] = "words"
    ngrams: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = (3, 4)
    stop_words: tuple[str, ...] = ()
    min_count: Annotated[int, Field(ge=1)] = 1
    vocabulary: tuple[str, ...] | None = None
    idf: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] | None = None

    fits_encoded: ClassVar[bool] = True
    decodes_batches: ClassVar[bool] = True

    @field_validator("ngrams")
    @classmethod
    def _ngrams_ascend(cls, value: tuple[int, int]) -> tuple[int, int]:
        if value[0] > value[1]:
            raise wrong("(shortest, longest)", value, "Swap the two.")
        return value

    _unique = field_validator("vocabulary")(no_twins)

    @model_validator(mode="after")
    def _one_idf_an_id(self) -> Self:
        if self.idf is None:
            return self
        if self.vocabulary is None:
            raise wrong(
                "given together with the vocabulary that it is of",
                self.idf,
                "Give `vocabulary` too, or leave both out to have them learned.",
                ("idf",),
            )
        ids = len(self.vocabulary) + FIRST_WORD
        if len(self.idf) != ids:
            raise wrong(
                f"{ids} numbers: for padding, the unknown token and each of the "
                f"{len(self.vocabulary)} known ones",
                len(self.idf),
                "Leave it out to have it learned from the training split.",
                ("idf",),
            )
        return self

    @property
    def shape(self) -> tuple[int]:
        """`(tokens,)`."""
        return (self.max_tokens,)

    @property
    def dtype(self) -> str:
        """`int32` ids: 0 padding, 1 unknown."""
        return "int32"

    def blank(self) -> np.ndarray:
        """One unknown token: a row of padding alone breaks cuDNN's recurrences."""
        ids = np.zeros(self.shape, self.dtype)
        ids[0] = UNKNOWN
        return ids

    def _read(self, cell: Any, root: Path) -> bytes:
        try:
            return as_text(cell).encode("utf-8")
        except UnicodeError:
            raise RowError("the text is not valid UTF-8") from None

    def _tokens(self, encoded: tf.Tensor) -> tf.RaggedTensor:
        """`(batch,)` strings to a ragged `(batch, tokens)` of tokens."""
        import tensorflow as tf

        text = encoded
        if self.lowercase:
            text = tf.strings.lower(text, encoding="utf-8")
        if self.punctuation == "remove":
            # Twice: in "rock'n'roll" the matches of one pass would overlap.
            for _ in range(2):
                text = tf.strings.regex_replace(text, _INNER_APOSTROPHE, r"\1\2")
            text = tf.strings.regex_replace(text, _PUNCTUATION, " ")
        # `strings.split` knows ASCII white space alone.
        text = tf.strings.regex_replace(text, r"[\pZ\s]+", " ")
        if self.split == "characters":
            tokens = tf.strings.unicode_split(text, "UTF-8")
            tokens = tf.ragged.boolean_mask(tokens, tf.not_equal(tokens, " "))
        else:
            tokens = tf.strings.split(text)
        if self.stop_words:
            kept = tf.reduce_all(
                tf.not_equal(tokens.flat_values[:, None], list(self.stop_words)), -1
            )
            tokens = tf.ragged.boolean_mask(tokens, tokens.with_flat_values(kept))
        return self._char_ngrams(tokens) if self.split == "char_ngrams" else tokens

    def _char_ngrams(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        import tensorflow as tf

        shortest, longest = self.ngrams
        marked = tf.strings.join(["<", words.flat_values, ">"])
        characters = tf.strings.unicode_split(marked, "UTF-8")
        grams = tf.strings.ngrams(
            characters, list(range(shortest, longest + 1)), separator=""
        )
        if shortest == 1:
            # A mark alone says nothing; fastText leaves it out too.
            marks = tf.reduce_any(tf.equal(grams.flat_values[:, None], ["<", ">"]), -1)
            grams = tf.ragged.boolean_mask(grams, grams.with_flat_values(~marks))
        # Once: a word that is short enough is among its own n-grams already.
        lengths = characters.row_lengths()
        new = tf.logical_or(lengths < shortest, lengths > longest)
        whole = tf.RaggedTensor.from_row_lengths(
            tf.boolean_mask(marked, new), tf.cast(new, tf.int64), validate=False
        )
        grams = tf.concat([whole, grams], 1)
        return tf.RaggedTensor.from_row_splits(grams, words.row_splits).merge_dims(1, 2)

    def decode(self, encoded: tf.Tensor) -> tf.Tensor:
        """Strings of shape `()` or `(batch,)` to int32 ids `(..., max_tokens)`.

        Never raises on a string: an absent or empty text is one unknown token.
        """
        import tensorflow as tf

        encoded = tf.convert_to_tensor(encoded)
        tokens = self._tokens(tf.reshape(encoded, [-1]))
        ids = tokens.with_flat_values(self._table.lookup(tokens.flat_values))
        dense = ids.to_tensor(PADDING, shape=(None, self.max_tokens))
        empty = tf.equal(ids.row_lengths(), 0)
        dense = tf.where(empty[:, None], self.blank(), tf.cast(dense, tf.int32))
        return tf.ensure_shape(
            tf.reshape(dense, tf.concat([tf.shape(encoded), [self.max_tokens]], 0)),
            (*encoded.shape, self.max_tokens),
        )

    def _decode_rows(self, encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        text, reasons = utf8_faults(encoded)
        return self.decode(text), reasons

    def limits(self) -> tuple[str, ...]:
        """Encoding and length."""
        return "UTF-8", f"the first {self.max_tokens} tokens are used"

    def made_up(self) -> bytes:
        """The most frequent tokens."""
        return " ".join(self._known()[: self.max_tokens] or ("?",)).encode()

    def _known(self) -> tuple[str, ...]:
        if self.vocabulary is None:
            raise not_learned("Text", "vocabulary", "text is decoded")
        return self.vocabulary

    @functools.cached_property
    def _table(self) -> Any:
        return lookup_table(self._known(), FIRST_WORD, UNKNOWN)

    def resources(self) -> Sequence[Any]:
        """The vocabulary's lookup table."""
        return (self._table,)

    def fit_encoded(self, values: Iterable[bytes]) -> Self:
        """Learn the vocabulary and its idf.

        The most frequent token is first, ties are in code point order.
        """
        if self.vocabulary is not None and self.idf is not None:
            return self.replace(vocabulary_size=len(self.vocabulary) + FIRST_WORD)
        texts = [value for value in values if value]
        counts, frequencies = self._count(texts)
        vocabulary = self.vocabulary
        if vocabulary is None:
            ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            frequent = [token.decode() for token, n in ranked if n >= self.min_count]
            vocabulary = tuple(frequent[: self.vocabulary_size - FIRST_WORD])
        # An unknown token is in none of the texts, as the smoothed formula allows.
        found = [0, *(frequencies[token.encode("utf-8")] for token in vocabulary)]
        idf = np.log((1 + len(texts)) / (1 + np.array(found))) + 1
        return self.replace(
            vocabulary=vocabulary,
            vocabulary_size=len(vocabulary) + FIRST_WORD,
            idf=(0.0, *idf.tolist()),
        )

    def _count(
        self, texts: Sequence[bytes]
    ) -> tuple[collections.Counter[bytes], collections.Counter[bytes]]:
        """How often each token is there, and in how many texts."""
        import tensorflow as tf

        counts: collections.Counter[bytes] = collections.Counter()
        frequencies: collections.Counter[bytes] = collections.Counter()
        split = tf.function(
            self._tokens,
            input_signature=[tf.TensorSpec([None], tf.string)],
            autograph=False,
        )
        for start in range(0, len(texts), _COUNT_BATCH):
            rows = split(tf.constant(texts[start : start + _COUNT_BATCH]))
            tokens = rows.flat_values.numpy().tolist()
            edges = rows.row_splits.numpy().tolist()
            counts.update(tokens)
            for first, last in itertools.pairwise(edges):
                frequencies.update(set(tokens[first:last]))
        return counts, frequencies

    def padding_mask(self) -> keras.Layer:
        """`(batch, max_tokens)` ids to bools: whether there is a token."""
        return PaddingMask()

    def preprocessing(self) -> keras.Layer:
        """Ids stay ids: an embedding is learned, so it belongs to the encoder.

        Raises:
            ValueError: if the vocabulary is not known yet: the encoder's size
                follows from it.
        """
        self._known()
        return keras.layers.Identity(dtype="int32")
