"""Where the time of a training goes, stage by stage."""

from __future__ import annotations

from pathlib import Path

import keras

from mmkeras import _checks
from mmkeras.dataset import load_dataset
from mmkeras.model import build_model
from mmkeras.profiling import _advice, _stages
from mmkeras.profiling._result import Profile
from mmkeras.spec import Spec, load_spec
from mmkeras.split_rule import TRAIN


def profile(
    spec: Spec | str | Path,
    model: keras.Model | None = None,
    *,
    batch_size: int = 64,
    rows: int = 512,
    steps: int = 30,
    cache_dir: str | Path | None = None,
) -> Profile:
    """Measure each stage between a file and a training step.

    Args:
        spec: a `Spec`, or the path of its YAML file.
        model: compiled; `build_model(spec)` with Adam if `None`. It is trained by
            some steps.
        batch_size: rows of a batch.
        rows: of the training split, that are read and decoded for the first two
            stages.
        steps: training steps that are timed.
        cache_dir: as in `load_dataset`, which this calls.

    Returns:
        Speeds in rows per second, the bottleneck and what to change.

    Raises:
        ValueError: for a number below 1, or a batch larger than the training split.

    Example:
        >>> found = mm.profile(data.spec, batch_size=8, rows=16, steps=2)
        >>> found["decode"].what
        'read and decode, all cores: once, when the data set is prepared'
    """
    for name, value in (("batch_size", batch_size), ("rows", rows), ("steps", steps)):
        _checks.check_positive_int("profile", name, value)
    if isinstance(spec, str | Path):
        spec = load_spec(spec)
    data = load_dataset(spec, cache_dir=cache_dir, progress=False)
    if model is None:
        model = build_model(data.spec)
        model.compile("adam", loss=data.spec.losses())
    batches = data[TRAIN].batches(batch_size, shuffle=True, seed=0, remainder="drop")
    stages, plain = _stages.read_and_decode(data, rows)
    stages.append(_stages.cache(data, batch_size, steps))
    stages.append(_stages.batch(batches, batch_size, steps))
    values = next(iter(batches))[0]
    for name, modality in data.spec.inputs.items():
        layer = modality.preprocessing()
        stages.append(_stages.preprocess(name, layer, values[name], steps))
    trained, waiting = _stages.train(model, batches, batch_size, steps)
    stages += trained
    speeds = {stage.name: stage.rows_per_second for stage in stages}
    return Profile(
        name=data.spec.name,
        batch_size=batch_size,
        stages=tuple(stages),
        waiting=waiting,
        bottleneck=_advice.bottleneck(speeds, waiting),
        advice=tuple(_advice.advice(data, speeds, waiting, plain, batch_size)),
    )
