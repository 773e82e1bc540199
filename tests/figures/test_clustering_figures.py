"""ClusteringFigures: k-means against labels, for any weights."""

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn import metrics
from sklearn.cluster import KMeans

from mmkeras.figures import ClusteringFigures


def blobs(seed, rows=60, spread=1.0):
    """Three clouds; a fifth of the rows has no label."""
    random = np.random.default_rng(seed)
    kinds = random.integers(0, 3, rows)
    embeddings = 3 * np.eye(3)[kinds] + spread * random.normal(size=(rows, 3))
    return np.where(random.uniform(size=rows) < 0.2, -1, kinds), embeddings


def make(seed, rows=60, clusters=4):
    return ClusteringFigures(*blobs(seed, rows), clusters=clusters, seed=seed)


def test_clusters_are_k_means():
    _, embeddings = blobs(0)
    expected = KMeans(4, n_init=10, random_state=0).fit_predict(embeddings)
    figures = make(0)
    np.testing.assert_array_equal(figures.assignment, expected)
    sizes = figures.point(np.full(60, 2))["cluster_sizes"]
    assert sizes == (2 * np.bincount(expected)).tolist()


@pytest.mark.parametrize("seed", range(4))
def test_figures_are_scikit_learns(seed):
    labels, embeddings = blobs(seed)
    figures = make(seed)
    there, found = labels != -1, figures.assignment
    point = figures.point(np.full(60, 0.3))
    expected = metrics.normalized_mutual_info_score(labels[there], found[there])
    assert point["nmi"] == pytest.approx(expected)
    expected = metrics.adjusted_rand_score(labels[there], found[there])
    assert point["ari"] == pytest.approx(expected)
    expected = metrics.silhouette_score(embeddings, found)
    assert point["silhouette"] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(4))
def test_nmi_of_counts_is_that_of_repeated_rows(seed):
    labels, _ = blobs(seed)
    figures = make(seed)
    counts = np.random.default_rng(seed).integers(0, 4, 60)
    repeated = np.repeat(np.arange(60), np.where(labels == -1, 0, counts))
    expected = metrics.normalized_mutual_info_score(
        labels[repeated], figures.assignment[repeated]
    )
    assert figures.point(counts)["nmi"] == pytest.approx(expected)


def test_nmi_of_weights_is_of_weighted_shares():
    labels, _ = blobs(1)
    figures = make(1)
    weights = np.random.default_rng(0).uniform(size=60)
    table = np.zeros((3, 4))
    there = labels != -1
    np.add.at(table, (labels[there], figures.assignment[there]), weights[there])
    sides = entropy(table.sum(0)), entropy(table.sum(1))
    expected = (sum(sides) - entropy(table.ravel())) / np.mean(sides)
    assert figures.point(weights)["nmi"] == pytest.approx(expected)


def test_ari_of_weights_is_of_weighted_pairs():
    """The definition: the pairs of different rows, one by one."""
    labels, _ = blobs(2)
    figures = make(2)
    weights = np.random.default_rng(0).uniform(size=60)
    rows = np.flatnonzero(labels != -1)
    pairs = np.outer(weights, weights)[np.ix_(rows, rows)]
    np.fill_diagonal(pairs, 0)
    kinds, found = labels[rows], figures.assignment[rows]
    one, other = kinds[:, None] == kinds, found[:, None] == found
    expected = pairs[one].sum() * pairs[other].sum() / pairs.sum()
    most = (pairs[one].sum() + pairs[other].sum()) / 2
    expected = (pairs[one & other].sum() - expected) / (most - expected)
    assert figures.point(weights)["ari"] == pytest.approx(expected)


@pytest.mark.parametrize("clusters", [1, 4])
@pytest.mark.parametrize("rows", [4, 6, 60])
@pytest.mark.parametrize("seed", range(4))
def test_replicates_are_points(rows, clusters, seed, assert_replicates_are_points):
    figures = make(seed, rows, clusters)
    assert_replicates_are_points(figures, seed, without=["silhouette"])


def test_each_row_a_label_and_a_cluster_agrees():
    embeddings = np.arange(5.0)[:, None]
    figures = ClusteringFigures(np.arange(5), embeddings, clusters=5, seed=0)
    point = figures.point(np.full(5, 0.1))
    assert (point["nmi"], point["ari"]) == (pytest.approx(1), 1)
    assert "silhouette" not in point
    weights = np.random.default_rng(0).uniform(size=(20, 5))
    np.testing.assert_array_equal(figures.replicates(weights)["ari"], np.ones(20))


@pytest.mark.parametrize("labels", [np.full(60, -1), np.full(60, 7)])
def test_without_two_labels_there_is_nothing_to_agree_with(labels):
    figures = ClusteringFigures(labels, blobs(0)[1], clusters=3, seed=0)
    assert set(figures.point(np.ones(60))) == {"silhouette", "cluster_sizes"}
    replicates = figures.replicates(np.ones((2, 60)))
    assert all(np.isnan(values).all() for values in replicates.values())
    assert figures.rows() is None


def test_silhouette_of_many_rows_is_of_a_drawn_part():
    labels, embeddings = blobs(0, rows=2500)
    figures = ClusteringFigures(labels, embeddings, clusters=3, seed=1)
    found = figures.point(np.ones(2500))["silhouette"]
    assert found == figures.point(np.ones(2500))["silhouette"]
    # The standard error of a mean of 2,000 silhouettes is about 0.005.
    expected = metrics.silhouette_score(embeddings, figures.assignment)
    assert found == pytest.approx(expected, abs=0.02)


def test_collapsed_embeddings_are_one_cluster():
    figures = ClusteringFigures([0, 1, 0, 1], np.ones((4, 2)), clusters=2, seed=0)
    point = figures.point(np.ones(4))
    assert sorted(point["cluster_sizes"]) == [0, 4]
    assert point["nmi"] == pytest.approx(0)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"clusters": 4}, "`clusters` must be at most 3.*fewer clusters"),
        ({"clusters": 0}, "`clusters` must be at least 1"),
        ({"embeddings": np.ones((2, 2))}, "One embedding for each label"),
        ({"embeddings": np.ones(3)}, "One embedding for each label"),
        ({"embeddings": np.full((3, 2), np.inf)}, "`embeddings` must be finite"),
    ],
)
def test_wrong_arguments_are_refused(change, text):
    right = {"labels": [0, 1, 2], "embeddings": np.eye(3), "clusters": 2, "seed": 0}
    with pytest.raises(ValueError, match=f"`ClusteringFigures`: .*{text}"):
        ClusteringFigures(**(right | change))
