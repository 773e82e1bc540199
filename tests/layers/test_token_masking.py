"""TokenMasking: the shares, what is never selected, and what training is given."""

import numpy as np
import pytest

from mmkeras.layers import TokenMasking


def ids(rows=4000, tokens=10):
    found = np.random.default_rng(0).integers(1, 50, (rows, tokens)).astype("int32")
    found[:, -2:] = 0
    return found


def test_selected_places_are_masked_replaced_or_kept_in_the_papers_shares():
    layer = TokenMasking(mask_id=50, vocabulary_size=50, seed=0)
    found = {name: np.asarray(x) for name, x in layer.corrupt(ids()).items()}
    words = ids() > 1
    selected = found["selected"]
    assert not selected[~words].any()
    # 31,000 words: 5 standard deviations are 0.01; of 4,700 selected ones 0.03.
    assert abs(selected[words].mean() - 0.15) < 0.011
    np.testing.assert_array_equal(found["ids"][~selected], ids()[~selected])
    after, before = found["ids"][selected], ids()[selected]
    assert abs((after == 50).mean() - 0.8) < 0.03
    # One of 48 random words is the word there was.
    assert abs((after == before).mean() - (0.1 + 0.1 / 48)) < 0.023


@pytest.mark.parametrize(
    ("mask_id", "expected"),
    [(6, {2, 3, 4, 5}), (4, {2, 3, 5}), (2, {3, 4, 5}), (1, {2, 3, 4, 5})],
)
def test_random_words_are_all_but_padding_unknown_and_mask(mask_id, expected):
    layer = TokenMasking(mask_id, 6, 0.9, 0.0, 1.0, seed=0)
    found = layer.corrupt(np.full((200, 9), 5, "int32"))
    assert set(np.unique(found["ids"][found["selected"]])) == expected


def test_call_in_training_is_what_corrupt_gives():
    one, other = (TokenMasking(50, 50, 0.4, seed=4) for _ in range(2))
    np.testing.assert_array_equal(
        one(ids(), training=True), other.corrupt(ids())["ids"]
    )


@pytest.mark.parametrize("special_ids", [(), (0, 1), (3, 4)])
def test_special_ids_and_padding_are_never_selected(special_ids):
    layer = TokenMasking(50, 50, 0.9, special_ids=special_ids, seed=0)
    selected = np.asarray(layer.corrupt(ids())["selected"])
    never = np.isin(ids(), [0, *special_ids])
    assert not selected[never].any()
    assert all(selected[ids() == i].any() for i in range(1, 9) if i not in special_ids)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"mask_id": 0}, ValueError, "`mask_id` must be at least 1"),
        ({"vocabulary_size": 2}, ValueError, "large enough.*Pass a fitted `Text`'s"),
        ({"mask_id": 2, "vocabulary_size": 3}, ValueError, "large enough"),
        ({"rate": 1.0}, ValueError, r"`rate` must be in \[0, 1\)"),
        ({"mask_share": 1.2}, ValueError, r"`mask_share` must be in \[0, 1\)"),
        ({"random_share": 0.3}, ValueError, "leaves of 1.*Pass 0.2 or less"),
        ({"special_ids": 1}, TypeError, "a list or tuple of ids"),
        ({"special_ids": (1.5,)}, ValueError, "whole numbers from 0 on"),
    ],
    ids=str,
)
def test_wrong_argument_is_one_sentence(changes, error, message):
    with pytest.raises(error, match=f"^`TokenMasking`: .*{message}"):
        TokenMasking(**{"mask_id": 50, "vocabulary_size": 50} | changes)
