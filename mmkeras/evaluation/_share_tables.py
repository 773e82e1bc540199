"""`modality_shares` as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmkeras._tables import Table
from mmkeras.evaluation._row_means import Headline


def share_tables(
    task: str, figures: Mapping[str, Any], absent: Mapping[str, str], exact: bool
) -> list[Table]:
    """One task's tables, and its sentences as the last.

    Args:
        task: its name.
        figures: its figures.
        absent: by input, how it was taken away.
        exact: whether the Shapley values are of all subsets.
    """
    headline = Headline.from_dict(figures)

    def interval(found: dict[str, float]) -> list[str]:
        return [headline.number(found["value"]), headline.span(found)]

    span = "95 % interval"
    subsets = [
        [" + ".join(subset) or "none", *interval(found)]
        for subset, found in figures["subsets"].items()
    ]
    inputs = [
        [
            name,
            absent[name],
            *interval(part),
            "" if part["share"] is None else f"{part['share']:.1%}",
            *interval(figures["adds"][name]),
        ]
        for name, part in figures["shapley"].items()
    ]
    header = ["input", "taken away", "Shapley", span, "of the gain", "adds", span]
    how = "Shapley share, and what it adds to the others"
    how += "" if exact else "; orders are sampled"
    tables = [
        Table(
            f"{task}: {headline.label} by inputs",
            ["inputs", headline.label, span],
            subsets,
        ),
        Table(f"{task}: by input, {how}", header, inputs, words=2),
    ]
    if "alone" in figures:
        alone = [[name, *interval(found)] for name, found in figures["alone"].items()]
        title = f"{task}: models of one input"
        tables.append(Table(title, ["input", headline.label, span], alone))
    sentences = [["-", sentence] for sentence in figures["sentences"]]
    tables.append(Table(f"{task}: in words", ["", ""], sentences, words=2))
    return tables
