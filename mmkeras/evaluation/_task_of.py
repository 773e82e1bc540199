"""Which task of a result to draw."""

from __future__ import annotations

from typing import Any

from mmkeras import _checks


def task_of(owner: str, result: Any, task: str | None) -> str:
    """The task asked for, or the only one."""
    names = list(result.tasks)
    if task is None and len(names) == 1:
        return str(names[0])
    if task is None or task not in names:
        raise _checks.bad_value(
            owner,
            "task",
            "a task of the result",
            task,
            _checks.did_you_mean(task, names),
        )
    return task
