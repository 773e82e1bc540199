"""Which of some places are hit, more of them as the share grows."""

import numpy as np


def chosen(random: np.random.Generator, count: int, expected: float) -> np.ndarray:
    """Places in `range(count)`, a random draw of them without repetition.

    As many as expected on average: a broken number is rounded up as often as its
    rest says, or a short word would never be hit. The places of a smaller number
    are among those of a larger one, where the generator is in the same state.

    Args:
        random: the same number of draws whatever is expected.
        count: of places.
        expected: how many, at most `count`.
    """
    order, rounding = random.permutation(count), random.random()
    return order[: min(count, int(expected + rounding))]
