"""Real handwriting and real speech, paired and degraded as AV-MNIST is."""

import math

import cv2
import numpy as np
import pandas as pd
import pytest
import soundfile

import mmkeras as mm
from mmkeras.evaluation_sets import (
    Pairing,
    PrincipalComponents,
    SoundNoise,
    UnimodalPart,
    pair_by_label,
)

ROWS = {"train": 400, "validation": 100, "test": 100}
SOURCE_SPLITS = {"train": "train", "validation": "val", "test": "test"}
SPEAKERS = {"george", "jackson", "lucas", "nicolas", "theo", "yweweler"}


@pytest.fixture(scope="module")
def source(real_data):
    return real_data("avdigits")


@pytest.fixture(scope="module")
def built(source, tmp_path_factory):
    noise = pd.read_csv(source / "noise.csv")
    table = mm.sources.Csv(path="manifest.csv", root=str(source))
    values = {name: (cell,) for name, cell in SOURCE_SPLITS.items()}
    parts = {
        # MNIST's own split keeps writers apart.
        "image": UnimodalPart(
            source=table,
            modality=mm.modalities.Image(column="image", size=(28, 28), channels=1),
            label="label",
            split=mm.SplitByColumn(column="split", values=values),
            degradation=PrincipalComponents(components=4),
            about=mm.About(description="MNIST", licence="CC-BY-SA-3.0"),
        ),
        "sound": UnimodalPart(
            source=table,
            modality=mm.modalities.Audio(column="audio", sample_rate=8000),
            label="label",
            group="speaker",
            degradation=SoundNoise(
                snr_db=0,
                files={
                    name: tuple(noise.loc[noise["split"] == cell, "noise"])
                    for name, cell in SOURCE_SPLITS.items()
                },
                licence="CC-BY-3.0",
            ),
            about=mm.About(description="FSDD", licence="CC-BY-SA-4.0"),
        ),
    }
    folder = tmp_path_factory.mktemp("built") / "avdigits"
    pair_by_label("avdigits_built", parts, folder, Pairing(rows=ROWS))
    return folder, pd.read_csv(folder / "manifest.csv")


def test_speakers_are_in_one_split(built):
    table = built[1]
    assert (table.groupby("sound_group")["split"].nunique() == 1).all()
    assert set(table["sound_group"]) == SPEAKERS
    said = table["sound_source"].str.extract(r"/(\d)_([a-z]+)_")
    assert (said[0].astype(int) == table["label"]).all()
    assert (said[1] == table["sound_group"]).all()


def test_pictures_keep_their_split_and_label(built, source):
    before = pd.read_csv(source / "manifest.csv").set_index("image")
    rows = before.loc[built[1]["image_source"]]
    assert (rows["label"].to_numpy() == built[1]["label"]).all()
    splits = built[1]["split"].map(SOURCE_SPLITS)
    assert (rows["split"].to_numpy() == splits).all()


def test_every_split_has_each_digit_equally_often(built):
    counts = pd.crosstab(built[1]["label"], built[1]["split"])
    for split, rows in ROWS.items():
        assert (counts[split] == rows // 10).all()


def test_sounds_have_the_asked_ratio(built, source):
    for row in built[1].itertuples():
        clean = read_samples(source / row.sound_source) * row.sound_gain
        noise = read_samples(built[0] / row.sound) - clean
        ratio = 10 * math.log10(np.square(clean).sum() / np.square(noise).sum())
        # Rounding to whole samples: some recordings peak at 300 of 32,767.
        assert ratio == pytest.approx(0, abs=0.05)


def read_samples(path):
    return soundfile.read(path, dtype="int16")[0].astype("float64")


def test_pictures_have_four_components(built):
    pictures = [
        cv2.imread(str(built[0] / path), cv2.IMREAD_UNCHANGED).ravel()
        for path in built[1].loc[built[1]["split"] == "train", "image"]
    ]
    values = np.array(pictures, "float64")
    sizes = np.square(np.linalg.svd(values - values.mean(0), compute_uv=False))
    # Clipping at black leaves a little in the others.
    assert sizes[:4].sum() / sizes.sum() > 0.95
    assert built[1]["image_measured"].mean() == pytest.approx(0.29, abs=0.02)


def test_different_examples_are_no_duplicates(built):
    card = (built[0] / "README.md").read_text()
    assert "| image | together | 0 | 0 | 0 | 0 |" in card
    assert "| sound | together | 0 | 0 | 0 | 0 |" in card


def test_card_names_speakers_and_licences(built):
    card = (built[0] / "README.md").read_text()
    for split, some in built[1].groupby("split"):
        names = sorted(set(some["sound_group"]))
        assert f"| sound | {split} | {len(names)} | {', '.join(names)} |" in card
    assert "CC-BY-SA-4.0 AND CC-BY-3.0" in card and "| 9 | 40 | 10 | 10 |" in card


def test_it_loads(built, tmp_path):
    spec = built[0] / "avdigits_built.yaml"
    data = mm.load_dataset(spec, cache_dir=tmp_path, progress=False)
    assert {name: len(data[name]) for name in data.splits} == ROWS
    assert len(data.quarantine) == 0
