"""Whether two models' scores of the same rows differ by more than chance."""

from __future__ import annotations

from typing import Any

import numpy as np

_RESAMPLES = 9999
# Signs held at once: 64 MiB as float64.
_CHUNK = 2**23


def paired_test(first: np.ndarray, second: np.ndarray, seed: int) -> dict[str, Any]:
    """A two-sided test that neither model is better, each row counted once.

    Where all scores are 0 or 1, McNemar's exact test: of the rows that only one of
    the two has right, each is either's with probability 1/2. Else a sign-flip
    permutation test of the mean difference, exact where there are few rows.

    Args:
        first: `(rows,)` scores of one model.
        second: of the other.
        seed: of the permutations.

    Returns:
        `test`, its name; `p`; of McNemar's, `only_first` and `only_second`, the rows
        that one alone has right.
    """
    from scipy import stats

    if np.isin([first, second], (0, 1)).all():
        only = int((first > second).sum()), int((second > first).sum())
        p = stats.binomtest(only[0], sum(only)).pvalue if sum(only) else 1.0
        return {
            "test": "McNemar",
            "p": float(p),
            "only_first": only[0],
            "only_second": only[1],
        }
    # A row without a difference is the same whatever its sign.
    differences = (second - first)[second != first]
    p = 1.0
    if len(differences):
        p = stats.permutation_test(
            (differences,),
            np.mean,
            permutation_type="samples",
            n_resamples=_RESAMPLES,
            batch=max(1, _CHUNK // len(differences)),
            random_state=np.random.default_rng(seed),
        ).pvalue
    return {"test": "permutation", "p": float(p)}
