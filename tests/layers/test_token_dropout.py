"""TokenDropout: how many become unknown, and that padding stays."""

import numpy as np
import pytest

from mmkeras.layers import TokenDropout


def ids(rows=2000, tokens=10):
    found = np.random.default_rng(0).integers(2, 50, (rows, tokens)).astype("int32")
    found[:, -3:] = 0
    return found


@pytest.mark.parametrize("token_id", [1, 77])
def test_share_of_the_tokens_is_replaced_and_padding_stays(token_id):
    found = np.asarray(TokenDropout(0.3, token_id, seed=0)(ids(), training=True))
    changed = found != ids()
    assert (found[changed] == token_id).all()
    assert not changed[:, -3:].any()
    # 14,000 tokens: 5 standard deviations are 0.02.
    assert abs(changed[:, :-3].mean() - 0.3) < 0.02


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rate": 1}, ValueError, r"`rate` must be in \[0, 1\)"),
        ({"token_id": 0}, ValueError, "`token_id` must be at least 1"),
        ({"token_id": "<unk>"}, TypeError, "`token_id` must be a whole number"),
    ],
    ids=str,
)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`TokenDropout`: .*{message}"):
        TokenDropout(**arguments)
