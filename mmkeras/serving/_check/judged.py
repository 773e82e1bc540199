"""Findings of faults, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from mmkeras.serving.serving_finding import ServingFinding

# Faults that a sentence lists.
_SAID = 3


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
