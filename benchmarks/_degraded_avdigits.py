"""avdigits made hard: pictures of a few principal components, sound in noise.

Raw, the picture alone is nearly enough. The recipe is that of the data set's
README: the components are of the training pictures, the mean is added back; each
recording is mixed with the noise clip that its row names (of the same split, from
other source recordings) at a given ratio of their power.
"""

import csv
from pathlib import Path

import cv2
import numpy as np
import soundfile

import mmkeras as mm

# Windows of a noise clip, of which the loudest is taken: parts of some are silent.
WINDOWS = 4
SILENT = 1e-10
# Int16 files clip above 1.
PEAK = 0.99


def make(source: Path, folder: Path, components: int = 4, snr_db: float = 0.0) -> Path:
    """Write the degraded files and their manifest, unless they are there."""
    done = folder / "manifest.csv"
    if done.is_file():
        return folder
    for name in ("images", "audio"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with open(source / "manifest.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    pixels = np.stack([cv2.imread(str(source / r["image"]), 0) for r in rows])
    train = np.array([r["split"] == "train" for r in rows])
    blurred = keep_components(pixels, train, components)
    random = np.random.default_rng(0)
    for number, row in enumerate(rows):
        sound, rate = soundfile.read(source / row["audio"])
        noise, _ = soundfile.read(source / row["noise"])
        mixed = mix(sound, noise, snr_db, random)
        row["image"], row["audio"] = f"images/{number}.png", f"audio/{number}.wav"
        cv2.imwrite(str(folder / row["image"]), blurred[number])
        soundfile.write(folder / row["audio"], mixed, rate, subtype="PCM_16")
    columns = ("id", "split", "image", "audio", "label")
    with open(done.with_suffix(".tmp"), "w", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    done.with_suffix(".tmp").rename(done)
    return folder


def keep_components(pixels: np.ndarray, train: np.ndarray, number: int) -> np.ndarray:
    """Each picture by its first principal components alone, as uint8."""
    flat = pixels.reshape(len(pixels), -1).astype("float64")
    mean = flat[train].mean(0)
    _, _, axes = np.linalg.svd(flat[train] - mean, full_matrices=False)
    kept = (flat - mean) @ axes[:number].T @ axes[:number] + mean
    return np.clip(np.round(kept), 0, 255).astype("uint8").reshape(pixels.shape)


def mix(sound, noise, snr_db, random):
    """Sound and noise, the noise's power so many decibels below the sound's."""
    repeats = -(-len(sound) // len(noise))
    noise = np.tile(noise, repeats)
    starts = random.integers(0, len(noise) - len(sound) + 1, WINDOWS)
    windows = [noise[start : start + len(sound)] for start in starts]
    loudest = max(windows, key=lambda window: float(np.square(window).sum()))
    power = np.square(loudest).mean()
    if power < SILENT:
        return sound
    wanted = np.square(sound).mean() / 10 ** (snr_db / 10)
    mixed = sound + loudest * np.sqrt(wanted / power)
    return mixed * min(1.0, PEAK / np.abs(mixed).max())


def load(folder: Path) -> mm.Dataset:
    """The degraded data set; both inputs may be absent."""
    spec = mm.Spec(
        name="avdigits_degraded",
        source=mm.sources.Csv(path="manifest.csv", root=str(folder)),
        id_column="id",
        inputs={
            "image": mm.modalities.Image(
                column="image", size=(28, 28), channels=1, optional=True
            ),
            "sound": mm.modalities.Audio(
                column="audio",
                sample_rate=8000,
                seconds=1.0,
                num_mel_bins=32,
                hop_seconds=0.032,
                optional=True,
            ),
        },
        tasks={"digit": mm.tasks.Classification(column="label")},
        split=mm.SplitByColumn(
            column="split",
            values={"train": ("train",), "validation": ("val",), "test": ("test",)},
        ),
    )
    return mm.load_dataset(spec, progress=False)
