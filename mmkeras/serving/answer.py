"""What a served model says of one row."""

from __future__ import annotations

import dataclasses

from mmkeras import _checks
from mmkeras.serving.task_answer import TaskAnswer, shown


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Answer:
    """A served model's answer for one row: `answer["kind"].value`.

    Args:
        ok: whether the row could be answered. If not, there are no answers, and
            `answer["kind"]` raises a `ValueError` with the reasons.
        reasons: what is wrong, by input, in a word such as `damaged` or `missing`. A
            row that is answered has one for an input that was bad and counts as
            absent.
        answers: by task. What a model gives beside, such as a retrieval's vectors
            (`<task>_<input>`), is an answer of its own.

    Example:
        >>> task = mm.serving.TaskAnswer("seven")
        >>> answer = mm.serving.Answer(True, {}, {"digit": task})
        >>> answer["digit"].value
        'seven'
        >>> mm.serving.Answer(False, {"image": "damaged"}, {})
        Answer(ok=False, reasons={'image': 'damaged'})
    """

    ok: bool
    reasons: dict[str, str]
    answers: dict[str, TaskAnswer]

    def __getitem__(self, task: str) -> TaskAnswer:
        if not self.ok:
            raise ValueError(
                f"`Answer`: there is no answer for {task!r}, the row could not be "
                f"answered: {reasons_of(self.reasons)}. Look at `ok` first."
            )
        if task not in self.answers:
            raise KeyError(
                f"`Answer`: there is no task {task!r}. "
                f"{_checks.did_you_mean(task, self.answers)}"
            )
        return self.answers[task]

    def __repr__(self) -> str:
        parts = [] if self.ok else ["ok=False"]
        for name, one in self.answers.items():
            # Of several labels, the likeliest one's is not that of the answer.
            shares = [share for label, share in one.top if label == one.value]
            share = f" ({shares[0]:.3f})" if shares else ""
            parts.append(f"{name}={shown(one.value)}{share}")
        if self.reasons:
            parts.append(f"reasons={self.reasons}")
        return f"Answer({', '.join(parts)})"


def reasons_of(reasons: dict[str, str]) -> str:
    """The reasons as part of a sentence."""
    return ", ".join(f"{name}: {code}" for name, code in reasons.items())
