"""A small data set that is clean, to be damaged; checked at most once a damage."""

import cv2
import numpy as np
import pandas as pd
import pytest
import soundfile

from mmkeras.data_check import check_data

RATE = 8000
SPLITS = ("train", "train", "train", "val", "test")
SPEC = """
schema_version: 1
name: planted
source: {type: csv, path: manifest.csv}
id_column: id
inputs:
  image: {type: image, column: image, size: [32, 32], channels: 1}
  sound: {type: audio, column: sound, sample_rate: 8000, seconds: 0.5, optional: true}
  words: {type: text, column: words, max_tokens: 12, optional: true}
  size: {type: number, column: size}
  colour: {type: category, column: colour}
tasks:
  kind: {type: classification, column: label, optional: true}
  price: {type: regression, column: price, unit: EUR}
  tags: {type: multi_label, column: tags}
split:
  by: column
  column: split
  values: {train: [train], validation: [val], test: [test]}
"""


def picture(seed):
    """Blobs: a 6x6 pattern, enlarged."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6)).astype("uint8")
    return cv2.resize(small, (32, 32), interpolation=cv2.INTER_CUBIC)


def sound(seed):
    """Four notes of random pitch and loudness, 0.5 s, no sample near full scale."""
    random = np.random.default_rng(seed)
    time = np.arange(RATE // 8) / RATE
    notes = [
        random.uniform(0.1, 0.6) * np.sin(2 * np.pi * random.uniform(150, 3000) * time)
        for _ in range(4)
    ]
    return np.concatenate(notes)


def text(seed):
    """Nine words of 40."""
    return " ".join(
        f"word{n}" for n in np.random.default_rng(seed).choice(40, 9, False)
    )


class Planted:
    """The data set's files; `table` is written when it is checked."""

    def __init__(self, folder, rows=200):
        self.folder = folder
        random = np.random.default_rng(3)
        table = []
        for i in range(rows):
            kind = ("a", "b")[i % 2]
            self.write_picture(i, picture(i))
            self.write_sound(i, sound(i))
            table.append(
                {
                    "id": f"row{i}",
                    "image": f"{i}.png",
                    "sound": f"{i}.wav",
                    "words": text(i),
                    "size": f"{random.normal():.3f}",
                    "colour": ("red", "blue")[i // 2 % 2],
                    "label": kind,
                    "price": f"{random.normal(10, 2):.3f}",
                    "tags": ("x", "y", "x|y")[i // 3 % 3],
                    "speaker": f"s{i % 5}",
                    "split": SPLITS[i % 5],
                }
            )
        self.table = pd.DataFrame(table)
        self.spec = folder / "spec.yaml"
        self.spec.write_text(SPEC)

    def write_picture(self, row, pixels, name=None):
        name = name or f"{row}.png"
        cv2.imwrite(str(self.folder / name), pixels)
        return name

    def write_sound(self, row, wave, rate=RATE):
        soundfile.write(self.folder / f"{row}.wav", wave, rate, subtype="PCM_16")

    def rows_of(self, split):
        return self.table.index[self.table["split"] == split].tolist()

    def save(self):
        self.table.to_csv(self.folder / "manifest.csv", index=False)
        return self.spec

    def check(self, **options):
        return check_data(self.save(), progress=False, **options)


@pytest.fixture
def planted(tmp_path):
    """A clean data set; rows i of split `SPLITS[i % 5]`."""
    folder = tmp_path / "planted"
    folder.mkdir()
    return Planted(folder)


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """The check of a clean one."""
    folder = tmp_path_factory.mktemp("clean")
    return Planted(folder).check(cache_dir=folder / "cache")
