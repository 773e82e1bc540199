"""Which inputs a model's performance comes from."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np

from mmkeras import _checks
from mmkeras._tables import Table
from mmkeras.dataset import Dataset, Split
from mmkeras.evaluation._absence import ABSENT, Absence
from mmkeras.evaluation._modality_sentences import adds, against_best
from mmkeras.evaluation._printed import Printed
from mmkeras.evaluation._row_means import Headline, RowMeans
from mmkeras.evaluation._rows import Rows
from mmkeras.evaluation._shapley import (
    MOST_EXACT,
    Subset,
    Term,
    shapley_terms,
    weighted_sum,
)
from mmkeras.evaluation._share_tables import share_tables

_OWNER = "modality_shares"


@dataclasses.dataclass(frozen=True, repr=False)
class ModalityShares(Printed):
    """What each input is worth; prints as tables, in Jupyter as HTML.

    `result["digit"]` holds, as `value`, `low` and `high` of a 95 % interval:

    - `subsets`: the `headline` figure of the model with these inputs, by a tuple of
      their names; `()` is without any.
    - `gain`: of all inputs over none.
    - `shapley`: each input's part of the gain; the parts add up to it. `share` is
      the part as a share of the gain, `None` where the gain's interval reaches 0.
    - `adds`: of all inputs over all but this one.
    - `alone`: with `retrain`, the figure of a model trained on this input alone, and
      `over_best`: of the whole model over the best of these.

    and `sentences` that say it. Values have the figure's own scale (0.061 are 6.1
    points of accuracy). Gains are improvements: an error that falls is a gain.

    Args:
        name: of the data set.
        split: its split.
        rows: rows evaluated.
        absent: by input, how it was taken away: `"missing"` or `"permuted"`.
        exact: whether `shapley` is of all subsets, not of sampled orders.
        tasks: by task: `headline`, `lower_is_better`, `unit` and the above.
    """

    name: str
    split: str
    rows: int
    absent: dict[str, str]
    exact: bool
    tasks: dict[str, dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, fit for JSON; `subsets` as a list."""
        found = copy.deepcopy(dataclasses.asdict(self))
        for figures in found["tasks"].values():
            figures["subsets"] = [
                {"inputs": list(subset), **interval}
                for subset, interval in figures["subsets"].items()
            ]
        return found

    def _title(self) -> str:
        return (
            f"Modality shares on {self.name}, split '{self.split}': {self.rows:,} rows"
        )

    def _tables(self) -> list[Table]:
        return [
            table
            for task, figures in self.tasks.items()
            for table in share_tables(task, figures, self.absent, self.exact)
        ]


def modality_shares(
    model: keras.Model,
    split: Split,
    *,
    absent: str = "auto",
    repeats: int = 5,
    retrain: Callable[[Dataset], keras.Model] | None = None,
    max_rows: int | None = None,
    seed: int = 0,
) -> ModalityShares:
    """Evaluate a model with every subset of its inputs, and share the gain out.

    The share of input `i` is its Shapley value: over all subsets `S` without it, the
    sum of `|S|! (n - |S| - 1)! / n! (v(S + i) - v(S))`, where `v` is the headline
    figure. The shares add up to `v(all) - v(none)`. It is exact for up to 5 inputs;
    for more it is the mean over 20 random orders of the inputs and their reverses,
    whose error is not in the intervals.

    It tells of this model, not of the data: what a model of one input alone could
    learn, `retrain` tells.

    Args:
        model: from `build_model`, trained or reloaded; it need not be compiled.
        split: `data["test"]`; its rows are held in memory as decoded.
        absent: how an input is taken away. `"missing"` of an optional one: as from
            an empty cell, for which the model has a learned stand-in (train with
            `modality_dropout`, or it never met one). `"permuted"`: rows get the
            values of other rows, each input those of others. `"auto"`: missing where
            the input is optional, else permuted.
        repeats: permutations to average.
        retrain: from a `Dataset` of one input to a fitted model of it; called with
            `split.data.select(name)` for each. Tasks about two inputs (`Retrieval`)
            have no such baseline.
        max_rows: evaluate at most as many rows, drawn by the seed.
        seed: of permutations, orders, the rows drawn and the intervals.

    Returns:
        A `ModalityShares`, with the tasks whose headline figure is a mean over rows.

    Raises:
        ValueError: if the model does not fit, an input that is not optional is to be
            missing, or there is one row alone to permute.
        TypeError: if `split` is no split.

    Example:
        >>> shares = modality_shares(model, data["test"], repeats=1)
        >>> sorted(shares["digit"]["shapley"])
        ['image', 'sound', 'word']

    Reference:
        Shapley, "A Value for n-Person Games", 1953. Castro, Gomez and Tejada,
        "Polynomial calculation of the Shapley value based on sampling", 2009, for
        the orders. Lundberg and Lee, "A Unified Approach to Interpreting Model
        Predictions", 2017, arXiv:1705.07874, for models as games.
    """
    _checks.check_choice(_OWNER, "absent", absent, ABSENT)
    _checks.check_positive_int(_OWNER, "repeats", repeats)
    rows = Rows(_OWNER, split, max_rows, seed)
    rows.check(model)
    absence = Absence(rows, absent, repeats, seed)
    names = list(rows.spec.inputs)
    terms = shapley_terms(names, seed)
    everything = tuple(names)
    subsets = {
        subset for found in terms.values() for t in found for subset in t[1:]
    } | {_but(everything, name) for name in names}
    clean, headlines = rows.clean(model)
    scores = {everything: clean}
    for subset in subsets - {everything}:
        gone = [name for name in names if name not in subset]
        scores[subset] = absence.scores(model, gone, clean)
    tasks = {}
    for task, headline in headlines.items():
        means = RowMeans(rows.weights(task), seed)
        by_subset = {subset: found[task] for subset, found in scores.items()}
        tasks[task] = _share_out(by_subset, terms, headline, means)
    if retrain is not None:
        alone = _alone(rows, retrain, clean)
        for task, found in tasks.items():
            means = RowMeans(rows.weights(task), seed)
            one = {name: made[task] for name, made in alone.items() if task in made}
            if len(one) < len(alone):
                continue
            _compare(found, clean[task], one, headlines[task], means)
    return ModalityShares(
        name=rows.spec.name,
        split=split.name,
        rows=len(rows),
        absent=dict(absence.ways),
        exact=len(names) <= MOST_EXACT,
        tasks=tasks,
    )


def _but(names: Subset, name: str) -> Subset:
    return tuple(other for other in names if other != name)


def _share_out(
    scores: dict[Subset, np.ndarray],
    terms: dict[str, list[Term]],
    headline: Headline,
    means: RowMeans,
) -> dict[str, Any]:
    """One task's figures as plain values, from the rows' scores by subset."""
    names = tuple(terms)
    ordered = sorted(scores, key=lambda s: (len(s), [names.index(n) for n in s]))
    whole = scores[names]
    gain = means(headline.sign * (whole - scores[()]))
    parts, added, sentences = {}, {}, []
    for name in names:
        part = means(headline.sign * weighted_sum(terms[name], scores.__getitem__))
        share = part["value"] / gain["value"] if gain["low"] > 0 else None
        parts[name] = {**part, "share": share}
        others = _but(names, name)
        added[name] = means(headline.sign * (whole - scores[others]))
        sentences.append(adds(name, others, headline, added[name]))
    return {
        "headline": headline.name,
        "lower_is_better": headline.lower_is_better,
        "unit": headline.unit,
        "subsets": {subset: means(scores[subset]) for subset in ordered},
        "gain": gain,
        "shapley": parts,
        "adds": added,
        "sentences": sentences,
    }


def _alone(
    rows: Rows, retrain: Callable[[Dataset], keras.Model], tasks: Iterable[str]
) -> dict[str, dict[str, np.ndarray]]:
    """By input, the rows' scores of a model that was trained on it alone."""
    found = {}
    for name in rows.spec.inputs:
        data = rows.split.data.select(name)
        fitted = retrain(data)
        if not isinstance(fitted, keras.Model):
            fix = "Return the model at the end of it."
            raise _checks.bad_type(
                _OWNER, "retrain", "a function that gives a Keras model", fitted, fix
            )
        kept = {n: gone for n, gone in rows.split.without.items() if n == name}
        part = Split(data, rows.split.name, rows.split.positions, kept)
        mine = Rows(_OWNER, part, None, 0)
        mine.check(fitted)
        # A task about another input is not in a data set of this one.
        here = [task for task in tasks if task in data.spec.tasks]
        found[name] = mine.scores(fitted, None, here)
    return found


def _compare(
    found: dict[str, Any],
    whole: np.ndarray,
    alone: dict[str, np.ndarray],
    headline: Headline,
    means: RowMeans,
) -> None:
    """Add the models of one input, and the whole one beside the best of them."""
    found["alone"] = {name: means(scores) for name, scores in alone.items()}
    best = max(alone, key=lambda name: headline.sign * found["alone"][name]["value"])
    change = means(headline.sign * (whole - alone[best]))
    found["over_best"] = {"input": best, **change}
    sentence = against_best(best, headline, change)
    found["sentences"].append(sentence)
