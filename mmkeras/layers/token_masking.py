"""Tokens to be guessed from their neighbours: masked-token corruption."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.layers._augmentation import Augmentation

# `Text`'s padding and unknown token: no words.
_FIRST_WORD = 2


@keras.saving.register_keras_serializable("mmkeras")
class TokenMasking(Augmentation):
    """Corrupts tokens in training as BERT does, and says which ones.

    Each token is selected with probability `rate`. Of the selected ones, a share of
    `mask_share` becomes `mask_id`, `random_share` a random word, and the rest is
    kept. As an augmentation it is called like any other. To train a model to guess
    the tokens, `corrupt` gives the ids to read beside the places to answer for: the
    labels are the ids there were, and the selected places are the loss's weights,
    as in the example.

    Args:
        mask_id: the mask's id. `Text` has none: take its `vocabulary_size`, and
            give the embedding one id more.
        vocabulary_size: number of ids, padding and unknown included. Random words
            are drawn evenly from 2 on, `mask_id` left out.
        rate: probability of each token, in [0, 1).
        mask_share: share of the selected that is masked.
        random_share: share of the selected that is replaced by a random word.
        special_ids: ids never selected, besides padding (id 0).
        seed: of the draws; a random one if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        `(batch, tokens)`, integer ids; 0 is padding.

    Output shape:
        That of the input, in its dtype.

    Raises:
        ValueError: for an argument out of its range, or an input that is not
            `(batch, tokens)`.
        TypeError: for an argument of another type.

    Example:
        >>> masking = TokenMasking(mask_id=20, vocabulary_size=20, rate=0.3, seed=0)
        >>> model = keras.Sequential(
        ...     [keras.layers.Embedding(21, 4), keras.layers.Dense(20, "softmax")]
        ... )
        >>> model.compile("sgd", "sparse_categorical_crossentropy")
        >>> ids = np.random.default_rng(0).integers(2, 20, (16, 8))
        >>> given = masking.corrupt(ids)
        >>> loss = model.train_on_batch(given["ids"], ids, given["selected"])

    Reference:
        Devlin et al., "BERT", 2019, NAACL, arXiv:1810.04805, section 3.1.
    """

    moves_values = True

    def __init__(
        self,
        mask_id,
        vocabulary_size,
        rate=0.15,
        mask_share=0.8,
        random_share=0.1,
        special_ids=(0, 1),
        seed=None,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        # A token cannot become padding: 0 is refused.
        _checks.check_positive_int("TokenMasking", "mask_id", mask_id)
        _checks.check_positive_int("TokenMasking", "vocabulary_size", vocabulary_size)
        words = vocabulary_size - _FIRST_WORD
        self._words = words - (_FIRST_WORD <= mask_id < vocabulary_size)
        if self._words < 1:
            raise _checks.bad_value(
                "TokenMasking",
                "vocabulary_size",
                "large enough for a word besides padding, the unknown token and the "
                "mask",
                vocabulary_size,
                "Pass a fitted `Text`'s `vocabulary_size`.",
            )
        _checks.check_fraction("TokenMasking", "rate", rate)
        for name, share in (("mask_share", mask_share), ("random_share", random_share)):
            if share != 1:
                _checks.check_fraction("TokenMasking", name, share)
        if mask_share + random_share > 1:
            raise _checks.bad_value(
                "TokenMasking",
                "random_share",
                f"at most what mask_share={mask_share} leaves of 1",
                random_share,
                f"Pass {1 - mask_share:g} or less.",
            )
        if not isinstance(special_ids, list | tuple):
            raise _checks.bad_type(
                "TokenMasking", "special_ids", "a list or tuple of ids", special_ids
            )
        for value in special_ids:
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise _checks.bad_value(
                    "TokenMasking",
                    "special_ids",
                    "whole numbers from 0 on",
                    special_ids,
                )
        self.mask_id = mask_id
        self.vocabulary_size = vocabulary_size
        self.rate = rate
        self.mask_share = mask_share
        self.random_share = random_share
        self.special_ids = special_ids

    def build(self, input_shape):
        self._check_rank(input_shape, 2, "(batch, tokens)")
        self.built = True

    def draw(self, inputs):
        """`chosen` bool, `kind` in [0, 1) and `word` int32, `(batch, tokens)`."""
        shape = ops.shape(inputs)
        word = ops.cast(ops.floor(self._uniform(shape) * self._words), "int32")
        word = word + _FIRST_WORD
        if self.mask_id >= _FIRST_WORD:
            word = word + ops.cast(word >= self.mask_id, "int32")
        chosen = self._uniform(shape) < self.rate
        return {"chosen": chosen, "kind": self._uniform(shape), "word": word}

    def selected(self, inputs, drawn):
        """Which places have a token to be guessed, bool `(batch, tokens)`."""
        found = drawn["chosen"]
        for special in {0, *self.special_ids}:
            found = ops.logical_and(found, ops.not_equal(inputs, special))
        return found

    def apply(self, inputs, drawn):
        """Mask, replace or keep the selected tokens."""
        kind = drawn["kind"]
        changed = ops.where(
            kind < self.mask_share,
            ops.cast(self.mask_id, inputs.dtype),
            ops.cast(drawn["word"], inputs.dtype),
        )
        changes = kind < self.mask_share + self.random_share
        changes = ops.logical_and(self.selected(inputs, drawn), changes)
        return ops.where(changes, changed, inputs)

    def corrupt(self, inputs):
        """Draw once: `{"ids": corrupted, "selected": bool}`, both `(batch, tokens)`."""
        inputs = ops.convert_to_tensor(inputs)
        drawn = self.draw(inputs)
        return {
            "ids": self.apply(inputs, drawn),
            "selected": self.selected(inputs, drawn),
        }
