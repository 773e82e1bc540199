"""Figures of finding a row's partner by its embedding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from mmkeras.figures._weighted import mean, median
from mmkeras.figures.figures import Figures

_DEPTHS = (1, 5, 10)
# Similarities held at once, queries times gallery: 64 MiB as float64.
_CHUNK = 2**23
# Cosines count as equal if they agree to 2^-24, as of float32 embeddings. It is far
# above the rounding of float64 products, so that equal embeddings stay equal.
_STEPS = 2**24


class RetrievalFigures(Figures):
    """Figures of a search by cosine similarity, in both directions.

    Each row's one embedding is a query to the other embeddings of all rows; those
    of the query's group are relevant. The rank of a query is that of the first
    relevant item. Items that are equally similar count as if the irrelevant ones
    came first: a constant embedding finds nothing.

    Keys: `mrr`, the mean of `1 / rank` over queries of both directions; and for
    each direction, as `image_to_text_mrr`: `_recall_at_1`, `_5`, `_10`, the share
    of queries with at most that rank; `_median_rank`; `_mrr`; `_ndcg`,
    `sum_r 1 / log2(1 + rank_r)` over all relevant items of the whole ranking, as a
    share of the best possible.

    Weights are those of queries; the items that are searched stay all rows. So a
    bootstrap tells how figures vary with the queries for this gallery.

    Args:
        groups: `(rows,)` ids; rows of one id are relevant to each other.
        embeddings: `(rows, 2, dim)`.
        names: of the two.

    Raises:
        ValueError: if shapes do not agree, or a number is not finite.

    Example:
        >>> from mmkeras.figures import RetrievalFigures
        >>> pairs = np.array([[[1, 0], [2, 1]], [[0, 1], [3, 0]]])
        >>> figures = RetrievalFigures(np.arange(2), pairs, ("image", "text"))
        >>> figures.point(np.ones(2))["text_to_image_mrr"]
        0.75

    Reference:
        Järvelin and Kekäläinen, 2002, ACM TOIS 20(4) (nDCG).
    """

    headline: ClassVar[str] = "mrr"

    def __init__(
        self, groups: np.ndarray, embeddings: np.ndarray, names: Sequence[str]
    ):
        super().__init__(len(groups))
        left, right = names
        pairs = np.asarray(embeddings, "float64")
        shape = (self.num_rows, 2)
        if pairs.shape[:-1] != shape or not np.isfinite(pairs).all():
            expected = f"finite and of the shape {(*shape, 'dim')}"
            fix = "Two embeddings for each group id."
            raise self._bad("embeddings", expected, embeddings, fix)
        length = np.linalg.norm(pairs, axis=-1, keepdims=True)
        pairs = pairs / np.where(length > 0, length, 1)
        _, ids = np.unique(groups, return_inverse=True)
        #: By direction, the rank of each query.
        self.ranks: dict[str, np.ndarray] = {}
        self._gains: dict[str, np.ndarray] = {}
        for name, queries, items in (
            (f"{left}_to_{right}", pairs[:, 0], pairs[:, 1]),
            (f"{right}_to_{left}", pairs[:, 1], pairs[:, 0]),
        ):
            self.ranks[name], self._gains[name] = _search(queries, items, ids)

    def _means(self) -> dict[str, np.ndarray]:
        """Of the figures that are means over queries, what they are means of."""
        scores = {"mrr": self.rows()}
        for name, ranks in self.ranks.items():
            for depth in _DEPTHS:
                scores[f"{name}_recall_at_{depth}"] = ranks <= depth
            scores[f"{name}_mrr"] = 1 / ranks
            scores[f"{name}_ndcg"] = self._gains[name]
        return scores

    def _point(self, kept: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
        figures = {
            key: np.average(scores[kept], weights=weights)
            for key, scores in self._means().items()
        }
        for name, ranks in self.ranks.items():
            figures[f"{name}_median_rank"] = median(ranks[kept], weights[:, None])[0]
        return figures

    def _replicates(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        figures = {key: mean(scores, weights) for key, scores in self._means().items()}
        for name, ranks in self.ranks.items():
            figures[f"{name}_median_rank"] = median(ranks, weights)
        return figures

    def rows(self) -> np.ndarray:
        """The mean of each row's two reciprocal ranks."""
        return np.mean([1 / ranks for ranks in self.ranks.values()], axis=0)


def _search(
    queries: np.ndarray, items: np.ndarray, ids: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rank of the first relevant item and nDCG of each query."""
    discounts = 1 / np.log2(np.arange(2, len(ids) + 2))
    best = np.cumsum(discounts)[np.bincount(ids)[ids] - 1]
    ranks = np.empty(len(ids), "int64")
    gains = np.empty(len(ids))
    size = max(1, _CHUNK // max(1, len(ids)))
    for start in range(0, len(ids), size):
        block = slice(start, start + size)
        similar = (_STEPS * queries[block]) @ items.T
        # One number an item, ascending from the most similar; at equal similarity
        # the irrelevant one, which is even, comes first. Below 2^26.
        keys = np.rint(similar, out=similar).astype("int32")
        keys *= -2
        keys += ids[block, None] == ids
        keys.sort(axis=-1)
        # In the order of queries, then of places. Each query has a relevant item.
        query, place = np.nonzero(keys & 1)
        first = np.searchsorted(query, np.arange(len(keys)))
        ranks[block] = place[first] + 1
        gains[block] = np.bincount(query, discounts[place])
    return ranks, gains / best
