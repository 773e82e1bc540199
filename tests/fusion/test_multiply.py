"""Multiply: what is present, elementwise."""

import numpy as np

from mmkeras.fusion import Multiply


def test_product_is_of_who_is_present(three, present, counts):
    rows = [
        np.prod(
            [three[name][row] for name, c in zip("abc", there, strict=True) if c],
            axis=0,
        )
        for row, there in enumerate(counts)
    ]
    found = Multiply()(three, present=present)
    np.testing.assert_allclose(found, rows, rtol=1e-6)  # float32 rounding


def test_zero_stays_zero(three):
    zero = {**three, "b": np.zeros_like(three["b"])}
    np.testing.assert_array_equal(Multiply()(zero), np.zeros((5, 4)))
