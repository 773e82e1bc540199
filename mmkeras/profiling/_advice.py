"""What the speeds mean: the bottleneck, and what to change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import keras

from mmkeras.dataset import Dataset
from mmkeras.dataset._memory import available_bytes
from mmkeras.split_rule import TRAIN

# Shares of a step from which on something is worth a word.
_WAITS = 0.03
_PREPROCESSES = 0.05
# Seconds of a step of which Python's part is large.
_SHORT_STEP = 0.01


def bottleneck(speeds: Mapping[str, float], waiting: float) -> str:
    """In a sentence.

    Args:
        speeds: rows per second of each stage.
        waiting: share of training's time that it waits for the input.
    """
    speed = f"{speeds['training']:,.0f} rows/s"
    if waiting > _WAITS:
        return f"the input is the bottleneck: training ({speed}) waits for it"
    return f"the training step is the bottleneck ({speed}), not the input"


def advice(
    data: Dataset,
    speeds: Mapping[str, float],
    waiting: float,
    plain: Mapping[str, float],
    batch_size: int,
) -> Iterator[str]:
    """What to change, a sentence each.

    Args:
        data: the data set.
        speeds: rows per second of each stage.
        waiting: share of training's time that it waits for the input.
        plain: by input the share of files that the short decoder takes.
        batch_size: rows of a batch.
    """
    if waiting > _WAITS:
        size = sum(data.column_bytes().values())
        if size > available_bytes() / 2:
            yield (
                f"The columns ({size / 2**30:.1f} GiB) do not fit in free memory: "
                "make pictures smaller or sounds shorter, or use a faster disk."
            )
        else:
            yield (
                "The columns fit in memory, so that a second epoch waits less; a "
                "larger model or a slower step hides the rest."
            )
    elif speeds["batch"] < 2 * speeds["train step"]:
        yield "The input is not twice as fast as the step: it has little to spare."
    for name, modality in data.spec.inputs.items():
        share = speeds["train step"] / speeds[f"preprocess {name}"]
        # Windows of long sounds are others each epoch.
        if share > _PREPROCESSES and not modality.ragged and not _accelerated():
            yield (
                f"Preprocessing '{name}' takes as long as {share:.0%} of a step, and "
                "there is no accelerator: `mm.precompute(model, data)` does it once."
            )
    if batch_size / speeds["train step"] < _SHORT_STEP:
        yield "Steps are short: `compile(steps_per_execution=10)` spares Python's part."
    for name, share in plain.items():
        if share < 1 / 2:
            yield (
                f"Of the files of '{name}' {1 - share:.0%} take the general decoder, "
                "several times slower. Upright JPEG, opaque PNG, and 16-bit mono WAV "
                "at the spec's rate do not."
            )
    rows = len(data[TRAIN])
    seconds = rows / speeds["decode"]
    yield f"Decoding the {rows:,} training rows takes {seconds:,.1f} s, once."


def _accelerated() -> bool:
    return bool(keras.distribution.list_devices("gpu")) or bool(
        keras.distribution.list_devices("tpu")
    )
