"""RetrievalFigures: a search by cosine similarity, in both directions."""

import numpy as np
import pytest
from sklearn import metrics

from mmkeras.figures import RetrievalFigures, retrieval_figures

NAMES = ("image", "text")
SIDES = {"image_to_text": (0, 1), "text_to_image": (1, 0)}


def pairs(seed, rows=40, dim=6):
    """Embeddings of whole numbers: their cosines have ties; two a group or so."""
    random = np.random.default_rng(seed)
    left = random.integers(-1, 2, (rows, dim))
    both = np.stack([left, left + random.integers(-1, 2, (rows, dim))], axis=1)
    return random.integers(0, rows // 2, rows), both


def ranking(groups, pairs, query, side):
    """Whether items are relevant, from the best; the irrelevant first in ties."""
    one, other = (pairs[:, s].astype("float64") for s in SIDES[side])
    lengths = np.linalg.norm(one[query]) * np.linalg.norm(other, axis=-1)
    dots = other @ one[query]
    similar = (dots / np.where(lengths > 0, lengths, 1)).round(9)
    relevant = groups == groups[query]
    return relevant[np.lexsort((relevant, -similar))]


def expected_ranks(groups, pairs, side):
    return np.array(
        [ranking(groups, pairs, q, side).argmax() + 1 for q in range(len(groups))]
    )


def expected_gain(relevant):
    gains = 1 / np.log2(np.arange(len(relevant)) + 2)
    return gains[relevant].sum() / gains[: relevant.sum()].sum()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("seed", range(3))
def test_figures_are_those_of_a_plain_ranking(seed, side):
    groups, both = pairs(seed)
    weights = np.random.default_rng(seed).uniform(0.1, 3, 40)
    point = RetrievalFigures(groups, both, NAMES).point(weights)
    ranks = expected_ranks(groups, both, side)
    for depth in (1, 5, 10):
        expected = np.average(ranks <= depth, weights=weights)
        assert point[f"{side}_recall_at_{depth}"] == pytest.approx(expected)
    expected = np.average(1 / ranks, weights=weights)
    assert point[f"{side}_mrr"] == pytest.approx(expected)
    gains = [expected_gain(ranking(groups, both, q, side)) for q in range(40)]
    expected = np.average(gains, weights=weights)
    assert point[f"{side}_ndcg"] == pytest.approx(expected)


def test_ndcg_is_scikit_learns_where_nothing_is_tied():
    random = np.random.default_rng(0)
    groups, both = random.integers(0, 8, 30), random.normal(size=(30, 2, 5))
    unit = both / np.linalg.norm(both, axis=-1, keepdims=True)
    relevant = (groups[:, None] == groups).astype(int)
    expected = metrics.ndcg_score(relevant, 1 + unit[:, 0] @ unit[:, 1].T)
    point = RetrievalFigures(groups, both, NAMES).point(np.ones(30))
    assert point["image_to_text_ndcg"] == pytest.approx(expected)


@pytest.mark.parametrize("rows", [39, 40])
def test_median_rank_is_numpys(rows):
    groups, both = pairs(3, rows)
    point = RetrievalFigures(groups, both, NAMES).point(np.full(rows, 0.1))
    for side in SIDES:
        expected = np.median(expected_ranks(groups, both, side))
        assert point[f"{side}_median_rank"] == expected


def test_median_rank_of_weights_is_that_of_repeated_ranks():
    groups, both = pairs(4)
    counts = np.random.default_rng(0).integers(0, 4, 40)
    point = RetrievalFigures(groups, both, NAMES).point(counts)
    for side in SIDES:
        repeated = np.repeat(expected_ranks(groups, both, side), counts)
        assert point[f"{side}_median_rank"] == np.median(repeated)


@pytest.mark.parametrize("rows", [2, 5, 40])
@pytest.mark.parametrize("seed", range(3))
def test_replicates_are_points(rows, seed, assert_replicates_are_points):
    assert_replicates_are_points(RetrievalFigures(*pairs(seed, rows), NAMES), seed)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1234567])
@pytest.mark.parametrize("noise", [0.0, 1e-15])
def test_constant_embedding_finds_nothing(value, noise):
    random = np.random.default_rng(0)
    both = np.full((300, 2, 64), value) * random.uniform(0.5, 1, (2, 64))
    # As a matrix product may round, but no model can tell apart.
    both = both * (1 + noise * random.normal(size=both.shape))
    figures = RetrievalFigures(np.arange(300), both, NAMES)
    for ranks in figures.ranks.values():
        assert (ranks == 300).all()


def test_same_direction_is_found_whatever_the_length():
    random = np.random.default_rng(0)
    left = random.normal(size=(20, 8))
    both = np.stack([left, left * random.uniform(0.1, 9, (20, 1))], axis=1)
    point = RetrievalFigures(np.arange(20), both, NAMES).point(np.ones(20))
    assert point["mrr"] == point["image_to_text_recall_at_1"] == 1
    assert point["text_to_image_ndcg"] == pytest.approx(1)


@pytest.mark.parametrize("chunk", [1, 90, 400])
def test_figures_do_not_depend_on_how_queries_are_cut(chunk, monkeypatch):
    groups, both = pairs(1)
    expected = RetrievalFigures(groups, both, NAMES).point(np.ones(40))
    monkeypatch.setattr(retrieval_figures, "_CHUNK", chunk)
    assert RetrievalFigures(groups, both, NAMES).point(np.ones(40)) == expected


def test_query_without_weight_stays_in_the_gallery():
    both = np.array([[[1, 0], [1, 1]], [[0, 1], [1, 0]]])
    point = RetrievalFigures(np.arange(2), both, NAMES).point([1, 0])
    assert point["image_to_text_recall_at_1"] == 0


def test_headline_is_the_mean_of_both_directions():
    figures = RetrievalFigures(*pairs(2), NAMES)
    weights = np.random.default_rng(0).uniform(size=40)
    point = figures.point(weights)
    both = (point["image_to_text_mrr"] + point["text_to_image_mrr"]) / 2
    assert point[figures.headline] == pytest.approx(both)
    mean = np.average(figures.rows(), weights=weights)
    assert mean == pytest.approx(both)


@pytest.mark.parametrize(
    "embeddings", [np.ones((2, 3, 4)), np.ones((3, 2, 4)), np.full((2, 2, 4), np.nan)]
)
def test_wrong_embeddings_are_refused(embeddings):
    with pytest.raises(ValueError, match=r"`embeddings`.*Two embeddings for each"):
        RetrievalFigures([0, 1], embeddings, NAMES)
