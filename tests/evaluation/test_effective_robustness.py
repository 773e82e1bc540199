"""effective_robustness: what remains above a shifted baseline."""

import pytest

from mmkeras.evaluation import effective_robustness


def test_is_the_mean_distance_from_the_shifted_baseline():
    values, baseline = [0.9, 0.8, 0.5], [0.8, 0.6, 0.5]
    # The baseline, shifted by 0.1: 0.7 and 0.6.
    assert effective_robustness(values, baseline) == pytest.approx((0.1 - 0.1) / 2)
    assert effective_robustness([0.9, 0.8, 0.7], baseline) == pytest.approx(0.1)


def test_of_a_parallel_curve_is_0():
    assert effective_robustness([0.9, 0.7], [0.6, 0.4]) == pytest.approx(0)


def test_does_not_grow_with_the_number_of_levels():
    few = effective_robustness([1.0, 0.9], [1.0, 0.8])
    many = effective_robustness([1.0, *[0.9] * 9], [1.0, *[0.8] * 9])
    assert few == pytest.approx(many) == pytest.approx(0.1)


@pytest.mark.parametrize("baseline", [[0.5], [0.5, 0.4, 0.3]])
def test_other_levels_are_refused(baseline):
    with pytest.raises(
        ValueError, match=r"^`effective_robustness`: .*Pass both at the same"
    ):
        effective_robustness([0.5, 0.4], baseline)
