"""MFB: expand, multiply, sum, normalise."""

import numpy as np
import pytest

from mmkeras.fusion import MFB

UNITS, FACTORS = 5, 3
# Rounding of 1e-7 times the root's slope at 0, 100.
TOLERANCE = 1e-5


def test_it_is_the_formula_where_an_absent_factor_is_one(uneven, present, counts):
    layer = MFB(UNITS, FACTORS)
    layer(uneven)
    for given, there in (None, np.ones((5, 3))), (present, counts):
        product = np.ones((5, UNITS * FACTORS))
        for m, (name, u) in enumerate(zip("abc", layer.get_weights(), strict=True)):
            product *= np.where(there[:, [m]], uneven[name] @ u, 1)
        z = product.reshape(5, UNITS, FACTORS).sum(axis=2)
        root = z / np.sqrt(np.abs(z) + 1e-4)
        length = np.sqrt(np.sum(root**2, axis=1, keepdims=True) + 1e-4)
        found = layer(uneven, present=given)
        np.testing.assert_allclose(found, root / length, atol=TOLERANCE)


def test_dropout_is_for_training_alone(uneven):
    layer = MFB(UNITS, FACTORS, dropout=0.5)
    np.testing.assert_array_equal(layer(uneven), layer(uneven, training=False))
    assert np.any(layer(uneven, training=True) != layer(uneven))


def test_dropout_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"`MFB`: `dropout` must be in \[0, 1\)"):
        MFB(dropout=1.0)
