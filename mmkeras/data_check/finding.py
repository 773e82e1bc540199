"""One thing that a check found."""

from __future__ import annotations

import dataclasses

PROBLEM, WARNING, NOTE = "problem", "warning", "note"
#: From the gravest on.
SEVERITIES = (PROBLEM, WARNING, NOTE)


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that a check of a data set found.

    Args:
        severity: `"problem"`: scores or the model would be wrong; `"warning"`: look
            at it; `"note"`: good to know.
        kind: what it is, such as `"near_copies"`; the same in every version.
        about: the input, task or column; `""` for the data set.
        text: one sentence, with numbers and with what to do.
        rows: names of rows that show it.

    Example:
        >>> Finding("note", "few_rows", "digit", "There are 9.").severity
        'note'
    """

    severity: str
    kind: str
    about: str
    text: str
    rows: tuple[str, ...] = ()
