"""One thing that was looked at in an export."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class ServingFinding:
    """What a check of an export found.

    Args:
        name: of the check, such as `"operations"`.
        passed: whether all is well.
        detail: what was found and, where it is wrong, what to do.

    Example:
        >>> mm.serving.ServingFinding("devices", True, "nothing that a CPU lacks.")
        ServingFinding(name='devices', passed=True, detail='nothing that a CPU lacks.')
    """

    name: str
    passed: bool
    detail: str
