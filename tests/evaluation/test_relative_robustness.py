"""relative_robustness: the area under the curve, over its range."""

import itertools

import pytest

from mmkeras.evaluation import relative_robustness

GIVEN = [
    (([0.9, 0.9, 0.9],), 0.9),
    (([1.0, 0.5],), 0.75),
    (([1.0, 0.6, 0.2, 0.1],), (0.8 + 0.4 + 0.15) / 3),
    # Trapezoids of the widths 1 and 3.
    (([1.0, 0.5, 0.1], [0, 1, 4]), (0.75 + 0.9) / 4),
]


@pytest.mark.parametrize(("arguments", "expected"), GIVEN)
def test_is_the_mean_over_the_range(arguments, expected):
    assert relative_robustness(*arguments) == pytest.approx(expected)


def test_is_multibenchs_area_on_its_levels():
    """Its levels are 0, 0.1, ... 1, where the area is the mean."""
    values = [0.9 - 0.02 * level**1.5 for level in range(11)]
    area = sum((a + b) / 2 * 0.1 for a, b in itertools.pairwise(values))
    assert relative_robustness(values) == pytest.approx(area)


def test_number_of_levels_does_not_change_a_straight_line():
    few, many = [1.0, 0.0], [1 - level / 10 for level in range(11)]
    assert relative_robustness(few) == pytest.approx(relative_robustness(many))


WRONG = [
    (([0.5],), "`values` must be two or more.*clean data and one more"),
    (([0.5, 0.4], [0, 0]), "2 ascending numbers.*evenly spaced"),
    (([0.5, 0.4], [0, 1, 2]), "2 ascending numbers"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_wrong_curve_is_one_sentence(arguments, message):
    with pytest.raises(ValueError, match=f"^`relative_robustness`: .*{message}"):
        relative_robustness(*arguments)
