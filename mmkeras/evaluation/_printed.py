"""What a result of several tasks is to its reader."""

from __future__ import annotations

from typing import Any

from mmkeras import _checks
from mmkeras._tables import Table, to_html, to_text


class Printed:
    """A task's figures by its name; tables in a terminal and in a notebook.

    A subclass is a dataclass with `repr=False` that has `tasks`, and says what is
    printed by `_title` and `_tables`.
    """

    tasks: dict[str, dict[str, Any]]

    def __getitem__(self, task: str) -> dict[str, Any]:
        if task not in self.tasks:
            raise KeyError(
                f"`{type(self).__name__}`: there is no task {task!r}. "
                f"{_checks.did_you_mean(task, self.tasks)}"
            )
        return self.tasks[task]

    def __str__(self) -> str:
        return to_text(self._title(), self._tables())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return to_html(self._title(), self._tables())

    def _title(self) -> str:
        raise NotImplementedError

    def _tables(self) -> list[Table]:
        raise NotImplementedError
