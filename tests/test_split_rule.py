"""Which split a row is in: by a column, or by a hash that never changes."""

import hashlib

import numpy as np
import pandas as pd
import pytest

import mmkeras as mm

FRACTIONS = {"train": 0.7, "validation": 0.2, "test": 0.1}
KEYS = 10_000


def by_hash(**changes):
    return mm.SplitByHash(**({"key": ("key",), "fractions": FRACTIONS} | changes))


def table(**columns):
    return pd.DataFrame(
        {name: pd.Series(c, dtype=object) for name, c in columns.items()}
    )


def many_keys():
    return table(key=[f"speaker {i}" for i in range(KEYS)])


def test_hash_split_is_the_one_it_always_was():
    # Written down once: a data set's test rows must never become training rows.
    found = by_hash().assign(table(key=["ann", "bob", "cid", "dan", "eve", "fay"]))
    assert found.tolist() == [
        "train",
        "validation",
        "train",
        "validation",
        "validation",
        "test",
    ]


def test_hash_split_equals_sha256_over_the_key():
    found = by_hash(seed=3).assign(table(key=["ann", "bob", "cid"], x=[1, 2, 3]))
    for key, split in zip(("ann", "bob", "cid"), found, strict=True):
        digest = hashlib.sha256(f"3\0{key}".encode()).digest()
        point = int.from_bytes(digest[:8], "big") / 2**64
        expected = "train" if point < 0.7 else "validation" if point < 0.9 else "test"
        assert split == expected


def test_hash_split_of_a_row_does_not_depend_on_other_rows():
    whole = by_hash().assign(many_keys())
    part = by_hash().assign(many_keys().iloc[::-7])
    assert np.array_equal(part, whole[::-7])


def test_rows_of_one_key_are_in_one_split():
    random = np.random.default_rng(0)
    groups = random.integers(0, 300, 3000)
    rows = table(key=groups, text=[f"row {i}" for i in range(3000)])
    found = pd.Series(by_hash().assign(rows)).groupby(groups).nunique()
    assert found.max() == 1


def test_hash_fractions_are_about_right():
    shares = pd.Series(by_hash().assign(many_keys())).value_counts() / KEYS
    for name, fraction in FRACTIONS.items():
        # Four standard deviations of a binomial share.
        limit = 4 * np.sqrt(fraction * (1 - fraction) / KEYS)
        assert abs(shares[name] - fraction) < limit


def test_another_seed_is_another_split():
    one, other = (by_hash(seed=seed).assign(many_keys()) for seed in (0, 1))
    assert 0.3 < np.mean(one != other) < 0.6  # 1 - sum of squares is 0.46


def test_key_of_several_columns_is_not_their_concatenation():
    keys = ("a", "b")
    rows = table(a=["xy"] * 50, b=[str(i) for i in range(50)])
    moved = table(a=["x"] * 50, b=[f"y{i}" for i in range(50)])
    one, other = (by_hash(key=keys).assign(t) for t in (rows, moved))
    assert not np.array_equal(one, other)


def test_one_number_is_one_key_in_every_format():
    found = [by_hash().assign(table(key=[key]))[0] for key in (17, 17.0, "17", b"17")]
    assert len(set(found)) == 1


@pytest.mark.parametrize("missing", [None, float("nan"), np.float32("nan"), pd.NA])
def test_row_without_a_key_is_in_no_split(missing):
    assert by_hash().assign(table(key=["ann", missing]))[1] == ""


def test_fractions_that_do_not_sum_exactly_leave_no_row_out():
    thirds = {"train": 1 / 3, "validation": 1 / 3, "test": 1 / 3}
    found = by_hash(fractions=thirds).assign(many_keys())
    assert set(found) == set(thirds)


@pytest.mark.parametrize(
    ("changes", "fix"),
    [
        ({"fractions": {"train": 0.5, "test": 0.4}}, "They sum to 0.9"),
        ({"fractions": {"validation": 0.5, "test": 0.5}}, "are learned from it"),
        ({"fractions": {"train": 1.0, "test": 0.0}}, "greater than 0"),
        ({"fractions": {"train": -1.0, "test": 2.0}}, "greater than 0"),
        ({"key": ()}, "1 or more of them"),
    ],
)
def test_wrong_hash_rule_is_refused(changes, fix):
    with pytest.raises(mm.SpecError, match=f"`SplitByHash`: .*{fix}"):
        by_hash(**changes)


def test_column_split_takes_the_cells_that_mean_it():
    rule = mm.SplitByColumn(column="s", values={"train": ("a", "b"), "test": ("c",)})
    found = rule.assign(table(s=["a", "c", "b", "other", None, ""]))
    assert found.tolist() == ["train", "test", "train", "", "", ""]


def test_column_split_reads_numbers_of_every_format():
    rule = mm.SplitByColumn(column="s", values={"train": ("0",), "test": ("1",)})
    found = rule.assign(table(s=[0, 1, 0.0, 1.0, "0", np.float32(1)]))
    assert found.tolist() == ["train", "test"] * 3


@pytest.mark.parametrize(
    ("values", "fix"),
    [
        ({"test": ("a",)}, "Vocabularies and statistics are learned from it"),
        ({"train": ("a",), "test": ("a",)}, "It is in 'train' and in 'test'"),
        ({"train": ("a",), "my test": ("b",)}, "Rename it"),
    ],
)
def test_wrong_column_rule_is_refused(values, fix):
    with pytest.raises(mm.SpecError, match=f"`SplitByColumn`: .*{fix}"):
        mm.SplitByColumn(column="s", values=values)


@pytest.mark.parametrize(
    "rule",
    [
        by_hash(key=("kye",)),
        mm.SplitByColumn(column="kye", values={"train": ("a",)}),
    ],
)
def test_missing_column_offers_the_nearest(rule):
    with pytest.raises(mm.SpecError, match="Did you mean 'key'"):
        rule.assign(table(key=["a"]))
