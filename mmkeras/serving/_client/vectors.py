"""Which signature embeds, and what it could not embed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mmkeras import _checks
from mmkeras.serving._answers import OK, REASON
from mmkeras.serving._client.answers import to_reasons
from mmkeras.serving._client.signature import Signature
from mmkeras.serving.answer import reasons_of

_FUSED, _OF_INPUT, _EMBEDDING = "embed", "embed_", "embedding"
# Of more rows than these that cannot be embedded, the first are named.
_NAMED = 5


def choose(
    owner: str,
    signatures: Mapping[str, Signature],
    name: str | None,
    task: str | None,
) -> tuple[str, str]:
    """The signature and its output that hold the vectors.

    Args:
        owner: the method, for errors.
        signatures: those of the model.
        name: an input, or `None` for the fusion of all.
        task: a retrieval task, or `None` for the encoder's embedding.

    Raises:
        ValueError: if the model has no such vectors.
    """
    signature = _FUSED if name is None else _OF_INPUT + name
    if signature not in signatures:
        single = [one for one in signatures if one.startswith(_OF_INPUT)]
        raise _checks.bad_value(
            owner,
            "input",
            "one that the model embeds, or `None` where it fuses several",
            name,
            _checks.did_you_mean(name, [one.removeprefix(_OF_INPUT) for one in single]),
        )
    if task is None:
        return signature, _EMBEDDING
    known = set(signatures[signature].outputs) - {OK, REASON, _EMBEDDING}
    if task not in known:
        raise _checks.bad_value(
            owner,
            "task",
            "a retrieval task of the input",
            task,
            _checks.did_you_mean(task, known),
        )
    return signature, task


def check_all_embedded(owner: str, columns: Mapping[str, np.ndarray]) -> None:
    """Raise a `ValueError` that names the rows without a vector, if there are any."""
    bad = np.flatnonzero(columns[OK] == 0)
    if not len(bad):
        return
    said = [
        f"rows[{row}] ({reasons_of(to_reasons(columns[REASON][row]))})"
        for row in bad[:_NAMED]
    ]
    more = f" and {len(bad) - _NAMED} more" if len(bad) > _NAMED else ""
    raise ValueError(
        f"`{owner}`: there is no vector of {', '.join(said)}{more}. Leave them out."
    )
