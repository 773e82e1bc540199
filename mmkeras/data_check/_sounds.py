"""Findings about sounds: the files, and what the model gets of them."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from mmkeras.data_check._checked import (
    Checked,
    are,
    histogram,
    kinds,
    number_of,
    percent,
    share_of,
)
from mmkeras.data_check._files import files_of, rows_where
from mmkeras.data_check._headers import sound_file
from mmkeras.data_check.finding import NOTE, WARNING

# -60 dB of full scale: nothing that one would hear beside speech.
_SILENT = 33
# Where a sample counts as at full scale, and how many of them, one after the other,
# are no peak any more.
_FULL = 32_760
_RUN = 3
# Shares from which it is worth a warning, and a word.
_CUT = 0.05
_UPSAMPLED = 0.1
# Of the length, that half of the clips do not fill.
_PADDED = 0.5
# What most clips would fit into, in percent.
_MOST = 95


def check_sounds(checked: Checked, name: str) -> tuple[dict[str, Any], set[int]]:
    """Lengths, rates and levels of sounds.

    Returns:
        Figures, and the rows whose sound is silent.
    """
    modality: Any = checked.data.spec.inputs[name]
    silent = rows_where(checked, name, lambda x: _peak(x) < _SILENT)
    clipped = rows_where(checked, name, _is_clipped)
    read = functools.partial(sound_file, sample_rate=modality.sample_rate)
    rows, files = files_of(checked, name, read)
    seconds = np.array([file.seconds for file in files], float)
    rates = np.array([file.sample_rate for file in files], float)
    # Half a sample more or less is none.
    edge = 0.5 / modality.sample_rate
    kept = modality.max_seconds if modality.window == "random" else modality.seconds
    cut, padded = seconds > kept + edge, seconds < modality.seconds - edge
    figures: dict[str, Any] = {"splits": {}}
    for split, mine in checked.by_split(rows):
        some = [file for file, chosen in zip(files, mine, strict=True) if chosen]
        found: dict[str, Any] = {"files looked at": len(some)}
        if some:
            found |= {
                "shortest (s)": float(seconds[mine].min()),
                "median (s)": float(np.median(seconds[mine])),
                "longest (s)": float(seconds[mine].max()),
                "share cut": share_of(cut[mine]),
                "share padded": share_of(padded[mine]),
                "sample rates (Hz)": kinds(file.sample_rate for file in some),
                "channels": kinds(file.channels for file in some),
                "formats": kinds(file.format for file in some),
            }
        for key, which in (("clipped", clipped), ("silent", silent)):
            found[key] = sum(checked.split_of(row) == split for row in sorted(which))
        figures["splits"][split] = found
    figures["histogram"] = histogram(
        "length of the file (s)",
        {split: seconds[mine] for split, mine in checked.by_split(rows)},
    )
    _level_findings(checked, name, silent, clipped)
    if len(rows):
        _length_findings(checked, name, rows, seconds, cut)
        lower = rates < modality.sample_rate
        if share_of(lower) > _UPSAMPLED:
            checked.add(
                NOTE,
                "upsampled_sounds",
                name,
                f"{percent(share_of(lower))} of the sounds of '{name}' are recorded "
                f"below {modality.sample_rate:,} Hz, down to {int(rates.min()):,}: "
                "there is nothing above half their rate; a lower `sample_rate` would "
                "do, or use those of one rate.",
                rows[lower].tolist(),
            )
    return figures, silent


def _level_findings(
    checked: Checked, name: str, silent: set[int], clipped: set[int]
) -> None:
    for kind, which, what, fix in (
        ("silent_sounds", silent, "silent (below -60 dB of full scale)",
         "listen to them, and leave them out"),
        ("clipped_sounds", clipped, f"clipped ({_RUN} samples or more at full scale)",
         "record them at a lower level where that is still possible"),
    ):  # fmt: skip
        if which:
            found = sorted(which)
            checked.add(
                WARNING if which is silent else NOTE,
                kind,
                name,
                f"{number_of(len(found), 'sound')} of '{name}' {are(found)} {what}, "
                f"such as {checked.such_as(found)}: {fix}.",
                found,
            )


def _length_findings(
    checked: Checked, name: str, rows: np.ndarray, seconds: np.ndarray, cut: np.ndarray
) -> None:
    modality: Any = checked.data.spec.inputs[name]
    if cut.any():
        found = rows[cut].tolist()
        field = "max_seconds" if modality.window == "random" else "seconds"
        fits = math.ceil(10 * np.percentile(seconds, _MOST)) / 10
        kept = getattr(modality, field)
        fix = f"`{field}: {fits:g}` keeps {_MOST} % of them whole"
        if fits <= kept:
            fix = f"`{field}` keeps {_MOST} % of all whole already"
        checked.add(
            WARNING if share_of(cut) > _CUT else NOTE,
            "cut_sounds",
            name,
            f"{percent(share_of(cut))} of the sounds of '{name}' are longer than "
            f"`{field}: {kept:g}` and lose their end, up to "
            f"{seconds.max() - kept:.1f} s: {fix}.",
            found,
        )
    filled = np.minimum(seconds / modality.seconds, 1)
    if np.median(filled) < _PADDED:
        checked.add(
            NOTE,
            "padded_sounds",
            name,
            f"Half of the sounds of '{name}' fill less than "
            f"{percent(float(np.median(filled)))} of `seconds: {modality.seconds:g}`, "
            "the rest is padding: a shorter `seconds` is faster.",
        )


def _peak(samples: np.ndarray) -> np.ndarray:
    return np.abs(samples.astype("int32")).max(1)


def _is_clipped(samples: np.ndarray) -> np.ndarray:
    full = (samples >= _FULL) | (samples <= -_FULL)
    width = full.shape[1] - _RUN + 1
    if width < 1:
        return np.zeros(len(full), bool)
    run = [full[:, start : start + width] for start in range(_RUN)]
    return np.logical_and.reduce(run).any(1)
