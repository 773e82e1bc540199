"""Figures of clusters of embeddings."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np

from mmkeras import _checks
from mmkeras.figures._weighted import incidence, ratio
from mmkeras.figures.figures import Figures

# Rows whose distances to each other are computed for the silhouette.
_SILHOUETTE_ROWS = 2000
# Starts of k-means, of which the best is taken.
_STARTS = 10


class ClusteringFigures(Figures):
    """Figures of k-means clusters, against labels where there are some.

    Keys: `nmi = I(labels; clusters) / mean(H(labels), H(clusters))` and `ari`, the
    adjusted Rand index, from rows with a label (undefined unless they have two
    different ones); `silhouette`, of at most 2,000 rows drawn with the seed, each
    counted once; `cluster_sizes`, the weight of each cluster. Weights, and so a
    bootstrap, count rows of these clusters; they are not made anew, and
    `silhouette` has no replicates. In `ari` two rows `i != j` are a pair of the
    weight `w_i w_j`: for equal weights this is scikit-learn's, and a row that is
    drawn twice does not agree with itself.

    Args:
        labels: `(rows,)` whole numbers; -1 is none.
        embeddings: `(rows, dim)`.
        clusters: number of clusters, at most one a row.
        seed: of k-means and of the silhouette's rows.

    Raises:
        ValueError: if shapes do not agree, a number is not finite, or there are
            fewer rows than clusters.
        TypeError: if `clusters` is no whole number.

    Example:
        >>> from mmkeras.figures import ClusteringFigures
        >>> embeddings = np.array([[0.0], [0.1], [5.0], [5.1]])
        >>> figures = ClusteringFigures([3, 3, 7, 7], embeddings, clusters=2, seed=0)
        >>> round(figures.point(np.ones(4))["ari"], 6)
        1.0

    Reference:
        Strehl and Ghosh, 2002, JMLR 3 (NMI); Hubert and Arabie, 1985, Journal of
        Classification 2 (ARI); Rousseeuw, 1987, JCAM 20 (silhouette).
    """

    headline: ClassVar[str] = "nmi"

    def __init__(
        self, labels: np.ndarray, embeddings: np.ndarray, clusters: int, seed: int
    ):
        super().__init__(len(labels))
        _checks.check_positive_int("ClusteringFigures", "clusters", clusters)
        if clusters > self.num_rows:
            fix = "Ask for fewer clusters, or give more rows."
            raise self._bad("clusters", f"at most {self.num_rows}", clusters, fix)
        self.labels = np.asarray(labels)
        self.embeddings = np.asarray(embeddings)
        shape = (self.num_rows, "dim")
        if (
            self.embeddings.ndim != 2
            or len(self.embeddings) != self.num_rows
            or not np.isfinite(self.embeddings).all()
        ):
            expected = f"finite and of the shape {shape}"
            fix = "One embedding for each label."
            raise self._bad("embeddings", expected, embeddings, fix)
        self.clusters = clusters
        self.seed = seed
        #: `(rows,)` the cluster of each row.
        self.assignment = self._cluster()
        self._labelled = np.flatnonzero(self.labels != -1)
        names, kinds = np.unique(self.labels[self._labelled], return_inverse=True)
        self._kinds = len(names)
        # Cells of the table of labels by clusters.
        self._cells = kinds * clusters + self.assignment[self._labelled]

    def _cluster(self) -> np.ndarray:
        from sklearn.cluster import KMeans
        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings():
            # Fewer different rows than clusters: the sizes say so.
            warnings.simplefilter("ignore", ConvergenceWarning)
            means = KMeans(self.clusters, n_init=_STARTS, random_state=self.seed)
            return means.fit_predict(self.embeddings)

    def _point(self, kept: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
        row_weights = np.zeros(self.num_rows)
        row_weights[kept] = weights
        counted = row_weights[self._labelled]
        size = self._kinds * self.clusters
        table = np.bincount(self._cells, counted, size).reshape(-1, self.clusters)
        table = table[table.sum(1) > 0]
        figures: dict[str, Any] = {"nmi": np.nan, "ari": np.nan}
        if len(table) > 1:
            from scipy.stats import entropy

            # Not scikit-learn's, which takes no weights.
            sides = entropy(table.sum(0)) + entropy(table.sum(1))
            figures["nmi"] = 2 * (sides - entropy(table.ravel())) / sides
            margins = table, table.sum(0), table.sum(1), table.sum()
            own = np.square(counted).sum()
            figures["ari"] = _adjusted_rand(
                *(np.square(x).sum() - own for x in margins)
            )
        return {
            **figures,
            "silhouette": self._silhouette(kept),
            "cluster_sizes": np.bincount(self.assignment[kept], weights, self.clusters),
        }

    def _silhouette(self, kept: np.ndarray) -> float:
        from sklearn.metrics import silhouette_score

        if len(kept) > _SILHOUETTE_ROWS:
            random = np.random.default_rng(self.seed)
            kept = random.choice(kept, _SILHOUETTE_ROWS, replace=False)
        found = self.assignment[kept]
        if not 1 < len(np.unique(found)) < len(kept):
            return np.nan
        return silhouette_score(self.embeddings[kept], found)

    def _replicates(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        counted = weights[self._labelled]
        size = self._kinds * self.clusters
        places = np.arange(len(self._labelled))
        table = incidence(self._cells, places, (size, len(places))) @ counted
        table = table.reshape(self._kinds, self.clusters, weights.shape[1])
        margins = table.reshape(size, weights.shape[1]), table.sum(0), table.sum(1)
        total = counted.sum(0)
        joint, clusters, labels = (_entropies(x, total) for x in margins)
        defined = (margins[2] > 0).sum(0) > 1
        own = np.square(counted).sum(0)
        pairs = [np.square(x).sum(0) - own for x in (*margins, total[None])]
        nmi = 2 * ratio(clusters + labels - joint, clusters + labels)
        return {
            "nmi": np.where(defined, nmi, np.nan),
            "ari": np.where(defined, _adjusted_rand(*pairs), np.nan),
        }


def _entropies(table: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Of `(cells, repeats)` weights, `-sum_c p_c log p_c`."""
    shares = ratio(table, total, undefined=0)
    return -(shares * np.log(np.where(shares > 0, shares, 1))).sum(0)


def _adjusted_rand(
    both: np.ndarray, clusters: np.ndarray, labels: np.ndarray, total: np.ndarray
) -> np.ndarray:
    """From the weights of pairs that are together in both, in each, and of all.

    `(both - e) / ((clusters + labels) / 2 - e)`, `e = clusters labels / total`.
    """
    expected = ratio(clusters * labels, total, undefined=0)
    most = (clusters + labels) / 2
    # No pair is together in either: they agree. Rounding leaves a trace of squares.
    trivial = most <= 1e-12 * total
    return np.where(trivial, 1.0, ratio(both - expected, most - expected))
