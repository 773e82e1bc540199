"""One thing that was looked at in an export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

# Faults that a sentence lists.
_SAID = 3


class ServingFinding(NamedTuple):
    """What a check of an export found.

    Args:
        name: of the check, such as `"operations"`.
        passed: whether all is well.
        detail: what was found and, where it is wrong, what to do.
    """

    name: str
    passed: bool
    detail: str


def judged(
    name: str, faults: Sequence[str], well: str, fix: str = ""
) -> ServingFinding:
    """A finding of the faults there are.

    Args:
        name: of the check.
        faults: what is wrong, in phrases; none if all is well.
        well: what to say then.
        fix: what to do otherwise.
    """
    if not faults:
        return ServingFinding(name, True, f"{well}.")
    shown = list(dict.fromkeys(faults))
    rest = len(shown) - _SAID
    said = "; ".join(shown[:_SAID]) + (f"; and {rest:,} more" if rest > 0 else "")
    return ServingFinding(name, False, f"{said}. {fix}".rstrip())
