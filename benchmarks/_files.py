"""Rows as they lie on a disk: a JPEG, a sentence and a WAV, of four classes.

Each modality alone shows a row's class in 4 of 5 rows and another in the rest, so
that all three together know more than any. A row follows from the seed and its
number: a larger set has the smaller one's files.
"""

import csv
import io
from pathlib import Path

import cv2
import numpy as np
import soundfile

HEIGHT, WIDTH = 240, 320
RATE = 16_000
QUALITY = 90
SHOWN = 0.8
TEST_EVERY = 5  # One row in so many is a test row.
CLASSES = ("bakery", "harbour", "orchard", "workshop")
EVERYDAY = (
    "there was and the a with from into over after while because quite soon later "
    "morning evening someone people small large warm cold early busy empty"
).split()
TELLING = (
    "flour oven crust dough loaf yeast".split(),
    "anchor tide ferry rope gull pier".split(),
    "apple blossom ladder bee cider pear".split(),
    "hammer lathe sawdust bolt clamp file".split(),
)
# By class: stripes a picture, their colour, and the sound's pitch in Hz.
STRIPES = (3, 6, 10, 16)
COLOURS = ((0, 40, 90), (90, 40, 0), (20, 80, 20), (60, 60, 60))
PITCHES = (330, 520, 780, 1250)
HEADER = ("id", "image", "text", "sound", "label", "split")


def make_files(folder: Path, rows: int, seed: int = 0) -> Path:
    """Write what is not there yet, and the manifest of that many rows; read it all.

    Returns:
        The manifest.
    """
    for name in ("image", "sound"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    lines = [_row(folder, seed, number) for number in range(rows)]
    for line in lines:
        # In the page cache for whoever comes first, as for those after.
        for name in ("image", "sound"):
            (folder / line[name]).read_bytes()
    return write_manifest(folder / "manifest.csv", lines)


def write_manifest(path: Path, lines: list[dict[str, str]]) -> Path:
    """A CSV of these rows; untouched if it says the same already."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    if not path.is_file() or path.read_text(encoding="utf-8") != text.getvalue():
        path.write_text(text.getvalue(), encoding="utf-8")
    return path


def read_manifest(path: Path) -> list[dict[str, str]]:
    """The rows of a manifest."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _row(folder: Path, seed: int, number: int) -> dict[str, str]:
    random = np.random.default_rng([seed, number])
    label = number % len(CLASSES)
    shown = [
        label if random.random() < SHOWN else int(random.integers(len(CLASSES)))
        for _ in range(3)
    ]
    row = {
        "id": str(number),
        "image": f"image/{number:06d}.jpg",
        "text": _sentence(random, shown[1]),
        "sound": f"sound/{number:06d}.wav",
        "label": CLASSES[label],
        "split": "test" if number % TEST_EVERY == 0 else "train",
    }
    # The sound is written last: where it is, the row is whole.
    if not (folder / row["sound"]).is_file():
        quality = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
        cv2.imwrite(str(folder / row["image"]), _picture(random, shown[0]), quality)
        aside = folder / "sound" / "half.tmp"
        soundfile.write(aside, _sound(random, shown[2]), RATE, "PCM_16", format="WAV")
        aside.rename(folder / row["sound"])
    return row


def _sentence(random: np.random.Generator, kind: int) -> str:
    words = random.choice(EVERYDAY, random.integers(9, 20)).tolist()
    for place in random.integers(0, len(words), 3):
        words[place] = str(random.choice(TELLING[kind]))
    return " ".join(words)


def _picture(random: np.random.Generator, kind: int) -> np.ndarray:
    """Stripes in a drawn direction on a blurred background, as a photo compresses."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype("float32")
    angle, phase = random.uniform(0, 2 * np.pi, 2)
    along = (x * np.cos(angle) + y * np.sin(angle)) / WIDTH
    wave = np.sin(2 * np.pi * STRIPES[kind] * along + phase)[..., None]
    coarse = random.uniform(40, 210, (6, 8, 3)).astype("float32")
    ground = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    noise = random.normal(0, 10, (HEIGHT, WIDTH, 1)).astype("float32")
    pixels = ground + 0.6 * wave * np.array(COLOURS[kind], "float32") + noise
    return pixels.clip(0, 255).astype("uint8")


def _sound(random: np.random.Generator, kind: int) -> np.ndarray:
    """A tone and its octave, trembling, in noise."""
    seconds = np.arange(RATE) / RATE
    pitch = PITCHES[kind] * random.uniform(0.93, 1.07)
    phase, tremble = random.uniform(0, 6, 2)
    tone = np.sin(2 * np.pi * pitch * seconds + phase)
    tone += 0.5 * np.sin(4 * np.pi * pitch * seconds)
    tone *= 0.6 + 0.4 * np.sin(2 * np.pi * (1 + tremble) * seconds)
    return (0.15 * tone + random.normal(0, 0.1, RATE)).clip(-1, 1)
