"""What is measured around a row's own code."""

import dataclasses
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _children
import keras

BEGINS, ENDS = "# user code", "# end of user code"


class Clock(keras.callbacks.Callback):
    """When each epoch began and ended."""

    def __init__(self):
        super().__init__()
        self.begun, self.ended = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.begun.append(time.time())

    def on_epoch_end(self, epoch, logs=None):
        self.ended.append(time.time())


@dataclasses.dataclass
class Run:
    """One run's settings.

    Attributes:
        started: when the process was started, by `time.time()`.
        folder: of the manifest and the files.
        cache: of mmkeras.
        arrays: the file of what was preprocessed before.
        batch_size: rows of a step.
        first_epochs: until the wall time is taken.
        epochs: altogether.
        steps_per_execution: for `compile`.
        seed: of weights and orders.
    """

    started: float
    folder: Path
    cache: Path
    arrays: Path
    batch_size: int
    first_epochs: int
    epochs: int
    steps_per_execution: int
    seed: int
    clock: Clock = dataclasses.field(default_factory=Clock)

    @property
    def fitting(self) -> dict[str, Any]:
        """What every row passes to `fit`."""
        return {"epochs": self.epochs, "callbacks": [self.clock], "verbose": 0}


def user_lines(path: str | Path, begins: str = BEGINS, ends: str = ENDS) -> int:
    """Lines of code between the two comments; blank ones and comments are none."""
    lines = [line.strip() for line in Path(path).read_text("utf-8").splitlines()]
    inside = lines[lines.index(begins) + 1 : lines.index(ends)]
    return sum(bool(line) and not line.startswith("#") for line in inside)


def measure(train: Callable[[Run], tuple[float, int]], *files: str) -> None:
    """Train in this process, and print what it took.

    Args:
        train: from the run's settings to accuracy and number of training rows.
        files: that a user writes, of which the lines count.
    """
    told = _children.arguments_of_child(sys.argv)
    told |= {name: Path(told[name]) for name in ("folder", "cache", "arrays")}
    run = Run(**told)
    keras.utils.set_random_seed(run.seed)
    accuracy, rows = train(run)
    begun, ended = run.clock.begun, run.clock.ended
    seconds = [end - begin for begin, end in zip(begun, ended, strict=True)]
    steady = [rows / s for s in seconds[run.first_epochs :]]
    _children.found(
        wall_s=ended[run.first_epochs - 1] - run.started,
        # All that had to be done before, and the epoch: imports are in it too.
        first_epoch_s=ended[0] - run.started,
        fit_first_epoch_s=seconds[0],
        steady=steady,
        epochs_s=seconds,
        memory_mb=_children.peak_memory_mb(),
        lines=sum(map(user_lines, files)),
        accuracy=accuracy,
    )
