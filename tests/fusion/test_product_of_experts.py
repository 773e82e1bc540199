"""ProductOfExperts: precision-weighted means, and a prior."""

import numpy as np
import pytest

from mmkeras.fusion import ProductOfExperts


def experts(fusion, inputs):
    means, precisions = [], []
    layers = zip(sorted(inputs), fusion.means, fusion.log_precisions, strict=True)
    for name, mean, log_precision in layers:
        (a, b), (c, d) = mean.get_weights(), log_precision.get_weights()
        means.append(inputs[name] @ a + b)
        precisions.append(np.exp(inputs[name] @ c + d))
    return np.stack(means, axis=1), np.stack(precisions, axis=1)


def test_means_are_weighted_by_precision(three, present, counts):
    three["b"] = three["b"][:, :2]  # Widths may differ.
    fusion = ProductOfExperts(units=5)
    found = fusion(three, present=present)
    mean, precision = experts(fusion, three)
    precision = precision * counts[:, :, None]
    expected = (precision * mean).sum(axis=1) / (1 + precision.sum(axis=1))
    np.testing.assert_allclose(found, expected, atol=1e-5)  # float32 rounding


def test_sure_expert_wins_without_overflow(three):
    fusion = ProductOfExperts(units=5)
    fusion(three)
    mean, _ = experts(fusion, three)
    kernel, bias = fusion.log_precisions[1].get_weights()
    fusion.log_precisions[1].set_weights([kernel, bias + 1000])  # exp overflows
    np.testing.assert_allclose(fusion(three), mean[:, 1], atol=1e-5)  # rounding


def test_wrong_units_are_one_sentence():
    with pytest.raises(ValueError, match=r"^`ProductOfExperts`: `units` must be"):
        ProductOfExperts(0)
