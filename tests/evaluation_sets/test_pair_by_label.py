"""Parts paired by label: disjoint, balanced, degraded as asked, the same each time."""

import hashlib
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import soundfile

import mmkeras as mm
from mmkeras.evaluation_sets import (
    Pairing,
    PixelBlur,
    PixelNoise,
    PrincipalComponents,
    SoundNoise,
    Typos,
    UnimodalPart,
    pair_by_label,
)

REPOSITORY = Path(mm.__file__).resolve().parents[1]
CLASSES = ("ace", "king", "queen")
ITEMS = 120
SPEAKERS = 8
RATE = 4000
SIZE = (12, 10)
ROWS = {"train": 60, "validation": 12, "test": 12}


def write_sources(folder):
    """Pictures, sounds of speakers, and texts, a table each."""
    random = np.random.default_rng(5)
    folder.mkdir()
    pictures, sounds, texts = [], [], []
    for i in range(ITEMS):
        kind = CLASSES[i % 3]
        pixels = cv2.resize(random.uniform(90, 165, (4, 4)), SIZE[::-1])
        cv2.imwrite(str(folder / f"{i}.png"), np.rint(pixels).astype("uint8"))
        pictures.append({"file": f"{i}.png", "card": kind})
        time = np.arange(random.integers(600, 1400)) / RATE
        pitches = random.uniform(100, 1800, 3)
        wave = sum(np.sin(2 * np.pi * pitch * time**1.1) for pitch in pitches)
        soundfile.write(folder / f"{i}.wav", 0.2 * wave, RATE, subtype="PCM_16")
        speaker = f"speaker{i // 3 % SPEAKERS}"
        sounds.append({"clip": f"{i}.wav", "card": kind, "who": speaker})
        word = "".join(random.choice(list("abcdefgh"), 12))
        texts.append({"text": f"The {kind} {word}", "card": kind})
    for name, rows in (("pictures", pictures), ("sounds", sounds), ("texts", texts)):
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    for split in ROWS:
        noise = random.normal(0, 0.1, 3000)
        soundfile.write(folder / f"noise_{split}.wav", noise, RATE, subtype="PCM_16")


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources") / "parts"
    write_sources(folder)
    return folder


def picture_part(sources, **changes):
    return UnimodalPart(
        **{
            "source": mm.sources.Csv(path="pictures.csv", root=str(sources)),
            "modality": mm.modalities.Image(column="file", size=SIZE, channels=1),
            "label": "card",
            "about": mm.About(description="Cards seen", licence="CC0-1.0"),
            **changes,
        }
    )


def sound_part(sources, **changes):
    return UnimodalPart(
        **{
            "source": mm.sources.Csv(path="sounds.csv", root=str(sources)),
            "modality": mm.modalities.Audio(
                column="clip", sample_rate=RATE, seconds=0.2, num_mel_bins=16
            ),
            "label": "card",
            "group": "who",
            **changes,
        }
    )


def text_part(sources, **changes):
    return UnimodalPart(
        **{
            "source": mm.sources.Csv(path="texts.csv", root=str(sources)),
            "modality": mm.modalities.Text(column="text", max_tokens=4),
            "label": "card",
            **changes,
        }
    )


def degraded_parts(sources):
    noise = {split: (f"noise_{split}.wav",) for split in ROWS}
    return {
        "image": picture_part(sources, degradation=PrincipalComponents(components=3)),
        "sound": sound_part(
            sources,
            degradation=SoundNoise(snr_db=5, files=noise, licence="CC-BY-4.0"),
        ),
        "text": text_part(sources, degradation=Typos(rate=0.2)),
    }


def rows_of(folder):
    return pd.read_csv(folder / "manifest.csv", keep_default_na=False, na_values=[""])


def build(folder, parts, **pairing):
    pair_by_label("cards", parts, folder, Pairing(**pairing))
    return rows_of(folder)


@pytest.fixture(scope="module")
def built(sources, tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "cards"
    table = build(folder, degraded_parts(sources), rows=ROWS, seed=2)
    return folder, table


# -- what is promised of every set --------------------------------------------


def test_it_loads_without_a_row_lost(built, tmp_path):
    data = mm.load_dataset(built[0] / "cards.yaml", cache_dir=tmp_path, progress=False)
    assert {name: len(data[name]) for name in data.splits} == ROWS
    assert len(data.quarantine) == 0
    assert data.spec.tasks["label"].classes == CLASSES
    assert data.spec.about.licence == "CC-BY-4.0 AND CC0-1.0"


def test_classes_have_the_same_rows_in_every_split(built):
    counts = pd.crosstab(built[1]["split"], built[1]["label"])
    assert counts.loc["train"].tolist() == [20] * 3
    assert counts.loc["test"].tolist() == counts.loc["validation"].tolist() == [4] * 3


def test_items_are_of_the_rows_class(built, sources):
    for name, table, column in (
        ("image", "pictures.csv", "file"),
        ("sound", "sounds.csv", "clip"),
    ):
        labels = pd.read_csv(sources / table).set_index(column)["card"]
        assert (built[1][f"{name}_source"].map(labels) == built[1]["label"]).all()
    texts = pd.read_csv(sources / "texts.csv")["card"]
    assert (built[1]["text_source"].map(texts) == built[1]["label"]).all()


@pytest.mark.parametrize("column", ["image_source", "sound_source", "sound_group"])
def test_no_item_and_no_group_is_in_two_splits(built, column):
    assert (built[1].groupby(column)["split"].nunique() == 1).all()


def test_every_item_is_used_once(built):
    for name in ("image", "sound", "text"):
        assert built[1][f"{name}_source"].is_unique


def test_reused_items_are_used_equally_often(sources, tmp_path):
    few = pd.read_csv(sources / "sounds.csv").iloc[: ITEMS // 2]
    source = mm.sources.Frame(frame=few, root=str(sources))
    parts = {
        "image": picture_part(sources),
        "sound": sound_part(sources, source=source, uses=4),
    }
    # For 28 rows a class there are 14 sounds or so, of 5 or 6 speakers.
    table = build(tmp_path / "set", parts, rows={**ROWS, "train": 84})
    train = table[table["split"] == "train"]
    for _, some in train.groupby("label"):
        uses = some["sound_source"].value_counts()
        assert 1 < uses.max() <= uses.min() + 1
    assert table["image_source"].is_unique
    uses = table["sound_source"].value_counts()
    card = (tmp_path / "set/README.md").read_text()
    assert f"{len(uses)} | {uses.min()} to {uses.max()} (at most 4) |" in card


def test_proportional_rows_follow_what_there_is(sources, tmp_path):
    table = pd.read_csv(sources / "texts.csv").iloc[: ITEMS - 30]
    table = table[(table["card"] != "ace") | (table.index % 2 == 0)]
    source = mm.sources.Frame(frame=table, root=str(sources))
    parts = {"image": picture_part(sources), "text": text_part(sources, source=source)}
    rows = {"train": 30, "validation": 5, "test": 5}
    made = build(tmp_path / "set", parts, rows=rows, balance="proportional")
    train = made[made["split"] == "train"]["label"].value_counts()
    assert train.sum() == 30 and train["ace"] == 6 and train["king"] == 12


def test_rows_left_out_are_as_many_as_there_can_be(sources, tmp_path):
    parts = {"image": picture_part(sources), "text": text_part(sources)}
    table = build(tmp_path / "set", parts, shares={"train": 3, "test": 1})
    assert table["split"].value_counts().to_dict() == {"train": 90, "test": 30}


def test_chosen_classes_alone_are_paired(sources, tmp_path):
    parts = {"image": picture_part(sources), "text": text_part(sources)}
    table = build(tmp_path / "set", parts, classes=("ace", "king"))
    assert set(table["label"]) == {"ace", "king"}


def test_seed_decides_the_pairs(sources, tmp_path):
    parts = {"image": picture_part(sources), "text": text_part(sources)}
    one, other = (build(tmp_path / str(seed), parts, seed=seed) for seed in (0, 1))
    assert one["image_source"].tolist() != other["image_source"].tolist()


# -- given splits -------------------------------------------------------------


def with_split(sources, table, splits):
    frame = pd.read_csv(sources / table).assign(part=splits)
    return mm.sources.Frame(frame=frame, root=str(sources))


GIVEN = mm.SplitByColumn(
    column="part", values={"train": ("a",), "validation": ("b",), "test": ("c",)}
)


def test_given_split_is_kept(sources, tmp_path):
    splits = ["a", "a", "b", "c"] * (ITEMS // 4)
    source = with_split(sources, "pictures.csv", splits)
    parts = {
        "image": picture_part(sources, source=source, split=GIVEN),
        "text": text_part(sources),
    }
    table = build(tmp_path / "set", parts, rows=ROWS)
    given = dict(zip([f"{i}.png" for i in range(ITEMS)], splits, strict=True))
    letters = table["image_source"].map(given)
    assert (
        letters.map(dict(a="train", b="validation", c="test")) == table["split"]
    ).all()


def test_given_split_that_divides_a_group_is_refused(sources, tmp_path):
    source = with_split(sources, "sounds.csv", ["a", "b"] * (ITEMS // 2))
    parts = {
        "sound": sound_part(sources, source=source, split=GIVEN),
        "text": text_part(sources),
    }
    with pytest.raises(ValueError, match=r"'speaker0'.*leave `split` out"):
        build(tmp_path / "set", parts)


# -- near duplicates ----------------------------------------------------------


def with_copies(sources, folder):
    """Every picture of the first 9 twice: the second one brighter, as a JPEG."""
    table = pd.read_csv(sources / "pictures.csv")
    rows = []
    for i in range(9):
        pixels = cv2.imread(str(sources / f"{i}.png"), 0)
        cv2.imwrite(str(sources / f"copy{i}.png"), cv2.convertScaleAbs(pixels, beta=9))
        rows.append({"file": f"copy{i}.png", "card": CLASSES[i % 3]})
    return pd.concat([table, pd.DataFrame(rows)], ignore_index=True)


def test_near_twins_go_to_the_same_split(sources, tmp_path):
    source = mm.sources.Frame(frame=with_copies(sources, tmp_path), root=str(sources))
    parts = {
        "image": picture_part(sources, source=source),
        "text": text_part(sources, uses=2),
    }
    shares = {"train": 1, "test": 1}
    table = build(tmp_path / "set", parts, shares=shares).set_index("image_source")
    for i in range(9):
        if {f"{i}.png", f"copy{i}.png"} <= set(table.index):
            assert table.split[f"{i}.png"] == table.split[f"copy{i}.png"]
    assert (
        "| image | together | 0 | 9 | 0 | 0 |"
        in (tmp_path / "set/README.md").read_text()
    )


@pytest.fixture
def straddling(sources, tmp_path):
    """A part whose given split has originals in training and copies in the test."""
    table = with_copies(sources, tmp_path)
    splits = ["b" if i % 12 < 3 else "a" for i in range(9, ITEMS)]
    table["part"] = ["a"] * 9 + splits + ["c"] * 9
    return {
        "source": mm.sources.Frame(frame=table, root=str(sources)),
        "split": GIVEN,
    }


def test_near_twins_of_the_test_leave_training(straddling, sources, tmp_path):
    parts = {
        "image": picture_part(sources, **straddling),
        "text": text_part(sources, uses=3),
    }
    table = build(tmp_path / "set", parts)
    assert not set(table["image_source"]) & {f"{i}.png" for i in range(9)}
    assert (table["split"] == "test").sum() == 9
    assert (
        "| image | together | 0 | 9 | 9 | 0 |"
        in (tmp_path / "set/README.md").read_text()
    )


def test_near_twins_are_named_where_they_are_an_error(straddling, sources, tmp_path):
    parts = {
        "image": picture_part(sources, duplicates="error", **straddling),
        "text": text_part(sources),
    }
    with pytest.raises(ValueError, match=r"copy0\.png.*There are 9 such pairs"):
        build(tmp_path / "set", parts)


def test_kept_twins_are_counted(straddling, sources, tmp_path):
    parts = {
        "image": picture_part(sources, duplicates="keep", **straddling),
        "text": text_part(sources, uses=3),
    }
    build(tmp_path / "set", parts)
    assert (
        "| image | keep | 0 | 9 | 0 | 9 |" in (tmp_path / "set/README.md").read_text()
    )


# -- degradations -------------------------------------------------------------


def clean_and_written(built, sources, name, read):
    folder, table = built
    for row in table.to_dict("records"):
        yield read(sources / row[f"{name}_source"]), read(folder / row[name]), row


def read_pixels(path):
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED).astype("float64")


def read_samples(path):
    return soundfile.read(path, dtype="int16")[0].astype("float64")


def test_pictures_are_of_the_training_pictures_components(built, sources):
    pairs = list(clean_and_written(built, sources, "image", read_pixels))
    clean = np.array([a.ravel() for a, _, _ in pairs])
    written = np.array([b.ravel() for _, b, _ in pairs])
    train = np.array([row["split"] == "train" for _, _, row in pairs])
    mean = clean[train].mean(0)
    _, _, axes = np.linalg.svd(clean[train] - mean, full_matrices=False)
    expected = mean + (clean - mean) @ axes[:3].T @ axes[:3]
    # Written as whole grey levels.
    np.testing.assert_allclose(written, expected.clip(0, 255), atol=0.5 + 1e-6)
    assert (built[1]["image_strength"] == 3).all()


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 20.0])
def test_written_sounds_have_the_asked_ratio(sources, tmp_path, snr_db):
    parts = {
        "sound": sound_part(sources, degradation=SoundNoise(snr_db=snr_db)),
        "text": text_part(sources),
    }
    made = tmp_path / "set", build(tmp_path / "set", parts, rows=ROWS)
    for clean, written, row in clean_and_written(made, sources, "sound", read_samples):
        signal = row["sound_gain"] * clean
        ratio = np.square(signal).sum() / np.square(written - signal).sum()
        # Rounding to whole samples, and the gain's 6 digits in the manifest.
        assert 10 * math.log10(ratio) == pytest.approx(snr_db, abs=0.05)
        assert row["sound_measured"] == pytest.approx(snr_db, abs=0.05)
        assert row["sound_strength"] == snr_db


def test_noise_is_of_the_files_of_the_split(built, sources):
    for clean, written, row in clean_and_written(built, sources, "sound", read_samples):
        assert row["sound_noise"] == f"noise_{row['split']}.wav"
        noise = read_samples(sources / row["sound_noise"])
        noise = np.tile(noise, 2)
        left = written - row["sound_gain"] * clean
        match = np.correlate(noise, left / np.linalg.norm(left), "valid")
        size = np.sqrt(np.convolve(np.square(noise), np.ones(len(left)), "valid"))
        assert (match / size).max() > 0.99


def test_pixel_noise_has_the_asked_deviation(sources, tmp_path):
    parts = {
        "image": picture_part(sources, degradation=PixelNoise(std=20)),
        "text": text_part(sources),
    }
    made = tmp_path / "set", build(tmp_path / "set", parts, rows=ROWS)
    pairs = list(clean_and_written(made, sources, "image", read_pixels))
    added = np.array([written - clean for clean, written, _ in pairs])
    # Of 10,080 values, of which 90 to 165 are never clipped: three standard errors.
    assert added.std() == pytest.approx(20, abs=3 * 20 / math.sqrt(2 * added.size))
    assert made[1]["image_measured"].mean() == pytest.approx(20, abs=0.5)


def test_measure_leaves_out_what_may_be_clipped():
    black = np.zeros((8, 8, 1), "uint8")
    degrade = PixelNoise(std=20).prepare([], None)
    assert degrade(black, np.random.default_rng(0), "train").notes["measured"] is None


def test_blur_is_opencvs(sources, tmp_path):
    parts = {
        "image": picture_part(sources, degradation=PixelBlur(sigma=1.5)),
        "text": text_part(sources),
    }
    made = tmp_path / "set", build(tmp_path / "set", parts, rows=ROWS)
    for clean, written, row in clean_and_written(made, sources, "image", read_pixels):
        blurred = cv2.GaussianBlur(clean.astype("uint8"), (0, 0), 1.5)
        np.testing.assert_array_equal(written, blurred)
        assert 0 < row["image_measured"] < 1


def test_typos_are_the_asked_share_of_letters(built, sources):
    texts = pd.read_csv(sources / "texts.csv")["text"]
    changed = letters = 0
    for row in built[1].to_dict("records"):
        clean = texts[row["text_source"]]
        count = sum(c.isalpha() for c in clean)
        differ = sum(a != b for a, b in zip(clean, row["text"], strict=True))
        assert row["text_measured"] == pytest.approx(differ / count, abs=1e-5)
        assert abs(differ - 0.2 * count) < 1
        changed, letters = changed + differ, letters + count
    # 84 texts, each rounded up or down: one standard deviation is at most a half.
    assert changed / letters == pytest.approx(0.2, abs=3 * 0.5 * 84**0.5 / letters)


def test_typos_keep_case_and_other_characters():
    degrade = Typos(rate=1.0).prepare([], None)
    text = degrade("Ab-1 Z", np.random.default_rng(0), "train").value
    assert text[2:5] == "-1 " and text[0].isupper() and text[1].islower()
    assert text[0] != "A" and text[1] != "b" and text[5] != "Z"


# -- the card, the folder, the bytes ------------------------------------------


def test_card_counts_what_the_manifest_holds(built):
    card, table = (built[0] / "README.md").read_text(), built[1]
    for label in CLASSES:
        assert f"| {label} | 20 | 4 | 4 |" in card
    for split, some in table.groupby("split"):
        names = sorted(set(some["sound_group"]))
        assert f"| sound | {split} | {len(names)} | {', '.join(names)} |" in card
    mean = table["sound_measured"].mean()
    assert f"5 (signal-to-noise ratio in dB) | {mean:.4g} |" in card
    assert "The seed is 2." in card and "Cards seen" in card and "CC-BY-4.0" in card


def test_card_counts_rows_left_out(sources, tmp_path):
    table = pd.read_csv(sources / "texts.csv")
    table.loc[:4, "card"] = None
    source = mm.sources.Frame(frame=table)
    parts = {"image": picture_part(sources), "text": text_part(sources, source=source)}
    build(tmp_path / "set", parts)
    assert f"| not stated | {ITEMS} | 5 |" in (tmp_path / "set/README.md").read_text()


def test_listed_digests_are_those_of_all_files(built):
    lines = (built[0] / "SHA256SUMS").read_text().splitlines()
    listed = dict(reversed(line.split("  ")) for line in lines)
    files = [p for p in built[0].rglob("*") if p.is_file() and p.name != "SHA256SUMS"]
    found = {
        p.relative_to(built[0]).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in files
    }
    assert listed == found


def test_arguments_are_recorded_without_paths_of_this_machine(built, sources):
    text = (built[0] / "generator.json").read_text()
    assert json.loads(text)["parts"]["sound"]["degradation"]["snr_db"] == 5
    assert str(sources) not in text


AGAIN = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("cards", sys.argv[1])
cards = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cards)
from pathlib import Path
sources = Path(sys.argv[2])
cards.build(Path(sys.argv[3]), cards.degraded_parts(sources), rows=cards.ROWS, seed=2)
"""


def test_another_process_makes_the_same_bytes(built, sources, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", AGAIN, __file__, str(sources), str(tmp_path / "again")],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    before, after = (f / "SHA256SUMS" for f in (built[0], tmp_path / "again"))
    assert before.read_bytes() == after.read_bytes()


def test_earlier_set_is_replaced(sources, tmp_path):
    parts = {"image": picture_part(sources), "text": text_part(sources)}
    build(tmp_path / "set", parts, rows=ROWS)
    table = build(tmp_path / "set", parts)
    assert len(list((tmp_path / "set/image").iterdir())) == len(table) > 84


def test_file_of_somebody_else_is_never_removed(built, sources, tmp_path):
    parts = {"image": picture_part(sources), "text": text_part(sources)}
    build(tmp_path / "set", parts, rows=ROWS)
    (tmp_path / "set/image/holiday.png").write_text("precious")
    with pytest.raises(ValueError, match=r"holiday\.png.*Pass another folder"):
        build(tmp_path / "set", parts)
    assert (tmp_path / "set/image/holiday.png").read_text() == "precious"


def test_failure_leaves_the_earlier_set(sources, tmp_path):
    parts = {"image": picture_part(sources), "text": text_part(sources)}
    build(tmp_path / "set", parts, rows=ROWS)
    before = (tmp_path / "set/SHA256SUMS").read_bytes()
    with pytest.raises(ValueError, match="ask for fewer rows"):
        build(tmp_path / "set", parts, rows={**ROWS, "test": 300})
    assert (tmp_path / "set/SHA256SUMS").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


# -- refusals -----------------------------------------------------------------


def test_too_few_items_are_named(sources, tmp_path):
    parts = {"image": picture_part(sources), "sound": sound_part(sources)}
    with pytest.raises(
        ValueError, match=r"The class 'ace' has \d+ items of 'sound' in 'test'.*fewer"
    ):
        build(tmp_path / "set", parts, rows={**ROWS, "test": 60})


def test_rows_that_do_not_divide_are_refused(sources, tmp_path):
    parts = {"image": picture_part(sources), "text": text_part(sources)}
    with pytest.raises(ValueError, match="Ask for 12"):
        build(tmp_path / "set", parts, rows={**ROWS, "test": 14})


def test_different_classes_are_refused(sources, tmp_path):
    table = pd.read_csv(sources / "texts.csv").replace("ace", "joker")
    source = mm.sources.Frame(frame=table)
    parts = {"image": picture_part(sources), "text": text_part(sources, source=source)}
    with pytest.raises(ValueError, match=r"'joker'.*pass `classes`"):
        build(tmp_path / "set", parts)


def test_file_that_cannot_be_read_is_named(sources, tmp_path):
    table = pd.read_csv(sources / "pictures.csv")
    table.loc[7, "file"] = "nowhere.png"
    source = mm.sources.Frame(frame=table, root=str(sources))
    parts = {"image": picture_part(sources, source=source), "text": text_part(sources)}
    with pytest.raises(ValueError, match=r"nowhere\.png.*no such file.*leave its row"):
        build(tmp_path / "set", parts)


def test_unknown_column_is_refused(sources, tmp_path):
    parts = {
        "image": picture_part(sources, label="kard"),
        "text": text_part(sources),
    }
    with pytest.raises(ValueError, match="Did you mean 'card'"):
        build(tmp_path / "set", parts)


def test_one_part_is_refused(sources, tmp_path):
    with pytest.raises(ValueError, match="Pass a dict of them"):
        build(tmp_path / "set", {"image": picture_part(sources)})


@pytest.mark.parametrize("name", ["split", "image_source"])
def test_name_of_another_column_is_refused(sources, tmp_path, name):
    parts = {"image": picture_part(sources), name: text_part(sources)}
    with pytest.raises(ValueError, match="are taken: rename it"):
        build(tmp_path / "set", parts)


def test_degradation_of_another_modality_is_refused(sources):
    with pytest.raises(ValueError, match="That is for 'audio'"):
        picture_part(sources, degradation=SoundNoise(snr_db=0))


def test_more_components_than_there_are_are_refused(sources, tmp_path):
    parts = {
        "image": picture_part(sources, degradation=PrincipalComponents(components=99)),
        "text": text_part(sources),
    }
    with pytest.raises(ValueError, match="Keep fewer"):
        build(tmp_path / "set", parts, rows=ROWS)


def test_noise_file_of_two_splits_is_refused(sources, tmp_path):
    files = {split: ("noise_train.wav",) for split in ROWS}
    parts = {
        "sound": sound_part(sources, degradation=SoundNoise(snr_db=0, files=files)),
        "text": text_part(sources),
    }
    with pytest.raises(ValueError, match="Give it to one split"):
        build(tmp_path / "set", parts, rows=ROWS)


def test_split_without_noise_files_is_refused(sources, tmp_path):
    files = {"train": ("noise_train.wav",)}
    parts = {
        "sound": sound_part(sources, degradation=SoundNoise(snr_db=0, files=files)),
        "text": text_part(sources),
    }
    with pytest.raises(ValueError, match="Add its noise files"):
        build(tmp_path / "set", parts, rows=ROWS)


def test_pairing_without_training_is_refused():
    with pytest.raises(ValueError, match="a split named 'train'"):
        Pairing(shares={"test": 1})


def test_rows_of_unknown_splits_are_refused():
    with pytest.raises(ValueError, match="train, validation, test"):
        Pairing(rows={"train": 3})


def test_speakers_who_share_a_recording_stay_together(sources, tmp_path):
    table = pd.read_csv(sources / "sounds.csv")
    same = pd.DataFrame([{"clip": "0.wav", "card": "ace", "who": "speaker5"}])
    table = pd.concat([table, same], ignore_index=True)
    source = mm.sources.Frame(frame=table, root=str(sources))
    parts = {
        "sound": sound_part(sources, source=source),
        "text": text_part(sources),
    }
    for seed in range(4):
        made = build(tmp_path / "set", parts, shares={"train": 1, "test": 1}, seed=seed)
        splits = made.groupby("sound_group")["split"].unique()
        assert splits["speaker0"].tolist() == splits["speaker5"].tolist()
