"""Findings about texts."""

from __future__ import annotations

import collections
import itertools
import math
from typing import Any

import numpy as np

from mmkeras.data_check._checked import (
    Checked,
    are,
    histogram,
    listed,
    number_of,
    percent,
    share_of,
)
from mmkeras.data_check.finding import NOTE, WARNING
from mmkeras.split_rule import TRAIN

# Texts split at once.
_BATCH = 1024
# Shares of cut texts, and of known tokens, from which it is worth a warning.
_CUT = 0.05
_KNOWN = 0.9
# Unknown tokens that are listed.
_LISTED = 10
# What most texts would fit into, in percent.
_MOST = 95


def check_texts(checked: Checked, name: str) -> dict[str, Any]:
    """Lengths of texts, and how much of them the vocabulary knows."""
    modality: Any = checked.data.spec.inputs[name]
    known = set(modality.vocabulary)
    rows = checked.present(name, checked.looked_at)
    tokens = _tokens(checked, name, rows)
    lengths = np.array([len(found) for found in tokens])
    figures: dict[str, Any] = {"splits": {}, "unknown": {}}
    words = ", or add training texts"
    if modality.split == "words":
        words = ", or take `split: char_ngrams`, which knows parts of new words"
    for split, mine in checked.by_split(rows):
        some = [found for found, chosen in zip(tokens, mine, strict=True) if chosen]
        counts = collections.Counter(itertools.chain.from_iterable(some))
        strange = {token: n for token, n in counts.items() if token not in known}
        coverage = 1 - sum(strange.values()) / max(1, counts.total())
        ranked = sorted(strange.items(), key=lambda item: (-item[1], item[0]))
        top = dict(ranked[:_LISTED])
        if split != TRAIN:
            figures["unknown"][split] = top
        found: dict[str, Any] = {"texts looked at": len(some)}
        if some:
            found |= {
                "fewest tokens": int(lengths[mine].min()),
                "median tokens": float(np.median(lengths[mine])),
                "most tokens": int(lengths[mine].max()),
                "share cut": share_of(lengths[mine] > modality.max_tokens),
                "without a token": int((lengths[mine] == 0).sum()),
                "different tokens": len(counts),
                "share of tokens known": coverage,
            }
        figures["splits"][split] = found
        if split != TRAIN and coverage < _KNOWN:
            checked.add(
                WARNING,
                "unknown_tokens",
                name,
                f"{percent(1 - coverage)} of the tokens of '{name}' in '{split}' are "
                f"not in the vocabulary of '{TRAIN}', most often {listed(list(top))}: "
                f"lower `min_count`, raise `vocabulary_size`{words}.",
            )
    figures["histogram"] = histogram(
        "tokens of a text",
        {split: lengths[mine] for split, mine in checked.by_split(rows)},
    )
    _length_findings(checked, name, rows, lengths)
    return figures


def _tokens(checked: Checked, name: str, rows: np.ndarray) -> list[list[str]]:
    import tensorflow as tf

    data = checked.data
    modality: Any = data.spec.inputs[name]
    cells, root = data.cells(modality.column), data.spec.source.root_path()
    split = tf.function(
        modality._tokens,
        input_signature=[tf.TensorSpec([None], tf.string)],
        autograph=False,
    )
    found = []
    for start in range(0, len(rows), _BATCH):
        some = rows[start : start + _BATCH].tolist()
        tokens = split(tf.constant([modality.read(cells[row], root) for row in some]))
        flat = [
            token.decode("utf-8", "replace") for token in tokens.flat_values.numpy()
        ]
        edges = tokens.row_splits.numpy().tolist()
        found += [flat[i:j] for i, j in itertools.pairwise(edges)]
        checked.advance(len(some))
    return found


def _length_findings(
    checked: Checked, name: str, rows: np.ndarray, lengths: np.ndarray
) -> None:
    modality: Any = checked.data.spec.inputs[name]
    cut, empty = lengths > modality.max_tokens, lengths == 0
    if cut.any():
        fits = math.ceil(np.percentile(lengths, _MOST))
        fix = f"`max_tokens: {fits}` keeps {_MOST} % of them whole"
        if fits <= modality.max_tokens:
            fix = f"`max_tokens` keeps {_MOST} % of all whole already"
        checked.add(
            WARNING if share_of(cut) > _CUT else NOTE,
            "cut_texts",
            name,
            f"{percent(share_of(cut))} of the texts of '{name}' have more than "
            f"`max_tokens: {modality.max_tokens}` tokens and lose their end, up to "
            f"{lengths.max() - modality.max_tokens:,}: {fix}.",
            rows[cut].tolist(),
        )
    if empty.any():
        found = rows[empty].tolist()
        checked.add(
            WARNING,
            "empty_texts",
            name,
            f"{number_of(len(found), 'text')} of '{name}' {are(found)} without a token "
            "(white space, punctuation, stop words) and read as an unknown one, such "
            f"as {checked.such_as(found)}: empty the cells, make the input optional.",
            found,
        )
