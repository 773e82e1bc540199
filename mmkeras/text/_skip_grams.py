"""Pairs of words that stand near each other, and words that do not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

# Tokens whose pairs are made, and shuffled, at once.
_CHUNK = 2**17
# Of the counts, for the words that are not there.
_NOISE_POWER = 0.75


class SkipGrams:
    """Batches of skip-grams with negative samples, in NumPy.

    Args:
        rows: `(rows, tokens)` numbers of words from 0; below 0 is none.
        counts: how often each word is in `rows`.
        window: the farthest context of a word; each place draws one up to it.
        negatives: words drawn beside each context, from the counts to the power of
            0.75; never the context itself.
        subsample: share of the tokens from which a word is frequent; such a word is
            left out with probability `1 - sqrt(subsample / share)`, before windows
            are made. 0 leaves none out.
        seed: of all that is drawn.
    """

    def __init__(
        self,
        rows: np.ndarray,
        counts: np.ndarray,
        window: int,
        negatives: int,
        subsample: float,
        seed: int,
    ):
        self.rows = rows
        self.window = window
        self.negatives = negatives
        self.random = np.random.default_rng(seed)
        share = counts / counts.sum()
        self.kept = np.sqrt(subsample / share) if subsample else np.ones(len(counts))
        self.noise = counts**_NOISE_POWER
        self.edges = np.cumsum(self.noise)

    def count(self) -> int:
        """How many pairs a pass over the rows makes, as one happened to."""
        return sum(len(pairs) for pairs in self._chunks())

    def batches(self, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Without end: `(batch,)` words, `(batch, 1 + negatives)` a context first."""
        waiting = np.zeros((0, 2), "int32")
        while True:
            for fresh in self._chunks():
                self.random.shuffle(fresh)
                waiting = np.concatenate([waiting, fresh])
                whole = len(waiting) - len(waiting) % batch_size
                for first in range(0, whole, batch_size):
                    yield self.with_negatives(waiting[first : first + batch_size])
                waiting = waiting[whole:]

    def _chunks(self) -> Iterator[np.ndarray]:
        """The pairs of a pass, of some rows at a time, in a new order."""
        order = self.random.permutation(len(self.rows))
        step = max(1, _CHUNK // self.rows.shape[1])
        for start in range(0, len(order), step):
            yield self.pairs(self.rows[order[start : start + step]])

    def pairs(self, rows: np.ndarray) -> np.ndarray:
        """`(pairs, 2)`: each word with each of its contexts."""
        real = rows >= 0
        real[real] = self.random.random(np.count_nonzero(real)) < self.kept[rows[real]]
        row, word = np.nonzero(real)[0], rows[real]
        reach = self.random.integers(1, self.window + 1, len(word))
        found = []
        for distance in range(1, self.window + 1):
            left, right = slice(None, -distance), slice(distance, None)
            together = row[left] == row[right]
            for centre, context in ((left, right), (right, left)):
                chosen = together & (reach[centre] >= distance)
                found.append(
                    np.stack([word[centre][chosen], word[context][chosen]], axis=1)
                )
        return np.concatenate(found)

    def with_negatives(self, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The words, and each one's context before its negatives."""
        contexts = pairs[:, 1:]
        own = self.noise[contexts]
        # The context's own stretch is stepped over, so that it is not drawn.
        size = (len(pairs), self.negatives)
        drawn = self.random.random(size) * (self.edges[-1] - own)
        drawn += own * (drawn >= self.edges[contexts] - own)
        words = np.searchsorted(self.edges, drawn, side="right")
        negatives = np.minimum(words, len(self.edges) - 1)
        candidates = np.concatenate([contexts, negatives], axis=1)
        return pairs[:, 0], candidates.astype("int32")
