"""CrossAttention: one modality asks the others."""

import numpy as np
import pytest

from mmkeras.fusion import CrossAttention


@pytest.mark.parametrize(("query", "position"), [(None, 0), ("b", 1), ("c", 2)])
def test_query_attends_to_all_others(check_formula, query, position):
    fusion = CrossAttention(query, dim=8, num_heads=2, depth=2)

    def formula(transformer, tokens, counted):
        x, mask = tokens.pop(position), counted.pop(position)
        # Row by row: who lacks the query asks with the learned vector.
        x = np.where(mask[..., None], x, 0) + np.array(fusion.query_vector)
        mask = mask | ~mask.any(1, keepdims=True)
        context, seen = np.concatenate(tokens, 1), np.concatenate(counted, 1)
        x = transformer.stack(fusion.stack, x, context, seen)
        return transformer.mean(x, mask)

    check_formula(fusion, formula)


def test_one_modality_attends_to_itself(numpy_transformer, sequences, masks):
    fusion = CrossAttention(dim=8)
    fusion({"a": sequences["a"]})
    numpy_transformer.randomize(fusion)
    x = numpy_transformer.dense(fusion.projections[0], sequences["a"])
    x = numpy_transformer.stack(
        fusion.stack, x + np.array(fusion.query_vector), mask=masks["a"]
    )
    expected = numpy_transformer.mean(x, masks["a"])
    found = fusion({"a": sequences["a"]}, masks={"a": masks["a"]})
    # float32 sums of some tens of products, against float64.
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_rows_that_lack_the_query_still_differ_by_the_others(sequences):
    fusion = CrossAttention("a", dim=8)
    found = np.array(fusion(sequences, present={"a": np.zeros(5, bool)}))
    assert np.abs(found[0] - found[1:]).max(axis=1).min() > 1e-3


WRONG = [
    ("sond", ValueError, r"`query` must be one of .*Did you mean 'sound'\?"),
    (0, TypeError, "`query` must be the name of an input"),
]


@pytest.mark.parametrize(("query", "error", "message"), WRONG)
def test_wrong_query_is_one_sentence(query, error, message):
    with pytest.raises(error, match=f"^`CrossAttention`: {message}"):
        CrossAttention(query)({"sound": np.zeros((2, 3)), "text": np.zeros((2, 3))})
