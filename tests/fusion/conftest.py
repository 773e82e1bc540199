"""Three embeddings, and rows that lack some of them."""

import numpy as np
import pytest


@pytest.fixture
def three():
    """Embeddings of one width, by name."""
    random = np.random.default_rng(3)
    return {name: random.normal(size=(5, 4)).astype("float32") for name in "cab"}


@pytest.fixture
def uneven():
    """Embeddings of different widths, by name."""
    random = np.random.default_rng(4)
    widths = {"c": 2, "a": 3, "b": 4}
    return {n: random.normal(size=(5, w)).astype("float32") for n, w in widths.items()}


@pytest.fixture
def present():
    """Row 1 lacks `a`, row 2 has `b` alone, row 3 nothing, row 4 lacks `c`."""
    return {
        "a": np.array([True, False, False, False, True]),
        "b": np.array([True, True, True, False, True]),
        "c": np.array([True, True, False, False, False]),
    }


@pytest.fixture
def counts(present):
    """Who counts, `(rows, 3)` of 1 and 0: in a row without any, all do."""
    found = np.stack([present[name] for name in "abc"], axis=1).astype("float32")
    found[3] = 1
    return found


@pytest.fixture
def sequences():
    """Two sequences of tokens and a pooled embedding, by name."""
    random = np.random.default_rng(5)
    shapes = {"c": (5, 2, 3), "a": (5, 4, 6), "b": (5, 5)}
    return {n: random.normal(size=s).astype("float32") for n, s in shapes.items()}


@pytest.fixture
def masks():
    """Padding of `sequences`; of `c`, row 1 has no token at all."""
    return {
        "a": np.arange(4) < np.array([[4], [2], [3], [1], [1]]),
        "c": np.arange(2) < np.array([[2], [0], [1], [1], [2]]),
    }


@pytest.fixture
def check_formula(numpy_transformer, sequences, masks, present):
    """`check_formula(fusion, formula)`: in rows with padding and absent modalities.

    `formula(numpy_transformer, tokens, counted)` is given lists by sorted name.
    """

    def check(fusion, formula):
        fusion(sequences)
        numpy_transformer.randomize(fusion)
        found = fusion(sequences, masks=masks, present=present)
        tokens = numpy_transformer.tokens(fusion, sequences, masks, present)
        expected = formula(numpy_transformer, *tokens)
        # Sums of some tens of float32 products, layer after layer, against float64.
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)

    return check
