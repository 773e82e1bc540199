"""How a built set's values and tables are written: the same bytes each time."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from mmkeras.spec import Spec

MANIFEST = "manifest.csv"
#: What files of a modality end in; text has none.
SUFFIX = {"image": ".png", "audio": ".wav"}


def write_picture(path: Path, pixels: np.ndarray) -> None:
    """Pixels `(height, width, 1 or 3)`, RGB, as PNG."""
    import cv2

    bgr = pixels[..., ::-1] if pixels.shape[-1] == 3 else pixels
    _, png = cv2.imencode(".png", np.ascontiguousarray(bgr))
    path.write_bytes(png.tobytes())


def write_sound(path: Path, samples: np.ndarray, sample_rate: int) -> None:
    """int16 samples as mono WAV."""
    import soundfile

    # Through memory: soundfile waits for the disk after every named file.
    wav = io.BytesIO()
    soundfile.write(wav, samples, sample_rate, format="WAV", subtype="PCM_16")
    path.write_bytes(wav.getvalue())


def write_manifest(folder: Path, table: pd.DataFrame) -> None:
    """The rows as CSV; floats with 6 digits, so that no last bit differs."""
    table.to_csv(
        folder / MANIFEST,
        index=False,
        encoding="utf-8",
        lineterminator="\n",
        float_format="%.6g",
    )


def write_spec(folder: Path, spec: Spec) -> Path:
    """`<name>.yaml`; its path."""
    path = folder / f"{spec.name}.yaml"
    path.write_text(spec.to_yaml(), encoding="utf-8", newline="\n")
    return path


def markdown_table(columns: list[str], rows: list[list[Any]]) -> list[str]:
    """Lines of a table; numbers with 4 digits, cells that are `None` empty."""
    cells = [[_cell(value) for value in row] for row in rows]
    lines = [columns, ["---"] * len(columns), *cells]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return " ".join(str(value).split()).replace("|", "\\|")
