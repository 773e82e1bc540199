"""`on_bad: missing`: a bad cell costs its row that input alone, and is listed."""

import shutil

import numpy as np
import pytest

import mmkeras as mm

SPEC = """
schema_version: 1
name: soft
source: {type: csv, path: manifest.csv}
id_column: id
inputs:
  image: {type: image, column: image, size: [16, 16], optional: true, on_bad: missing}
  words: {type: text, column: text, max_tokens: 6, optional: true, on_bad: missing}
  sound: {type: audio, column: sound, sample_rate: 8000, seconds: 0.25, optional: true}
  size: {type: number, column: size, optional: true, on_bad: missing}
tasks:
  kind: {type: classification, column: label}
split:
  by: column
  column: split
  values: {train: [train], validation: [val], test: [test]}
"""
# row -> (column, damage to its file or None, or its cell, part of the reason)
BAD = {
    "row1": ("image", lambda data: data[: len(data) // 2], "Invalid JPEG data"),
    "row2": ("image", lambda data: b"garbage", "is not an image that"),
    "row3": ("image", None, "there is no such file"),
    "row4": ("size", "big", "'big'"),
    "row12": ("image", "../x.png", "leads out of"),
    "row13": ("text", "\udcff", "UTF-8"),
}
# Row 14's sound is bad too, and sounds are not `on_bad: missing`.
LOST = "row14"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_small):
    folder = make_small(tmp_path_factory.mktemp("soft") / "data")
    (folder / "spec.yaml").write_text(SPEC)
    path = folder / "manifest.csv"
    lines = path.read_text().splitlines()
    header = lines[0].split(",")
    rows = {line.split(",")[0]: line.split(",") for line in lines[1:]}
    for row, (column, damage, _) in BAD.items():
        cell = rows[row][header.index(column)]
        if isinstance(damage, str):
            rows[row][header.index(column)] = damage
        elif damage is None:
            (folder / cell).unlink()
        else:
            (folder / cell).write_bytes(damage((folder / cell).read_bytes()))
    (folder / rows[LOST][header.index("sound")]).write_bytes(b"junk" * 9)
    (folder / rows[LOST][header.index("image")]).write_bytes(b"junk" * 9)
    text = "\n".join([lines[0], *map(",".join, rows.values())])
    path.write_text(text + "\n", errors="surrogateescape")
    return folder


@pytest.fixture(scope="module")
def data(folder):
    return mm.load_dataset(
        folder / "spec.yaml", cache_dir=folder / "cache", progress=False
    )


def entries(data):
    return {e["id"]: e for e in data.quarantine.to_dict("records") if e["id"] != LOST}


def test_each_bad_cell_is_listed_once_with_its_reason(data):
    found = entries(data)
    assert set(found) == set(BAD)
    for row, (column, _, reason) in BAD.items():
        assert found[row]["column"] == column
        assert found[row]["left_out"] == "input"
        assert reason in found[row]["reason"]


def test_row_with_a_cell_that_is_not_forgiven_is_left_out(data):
    lost = data.quarantine[data.quarantine["id"] == LOST]
    assert dict(zip(lost["column"], lost["left_out"], strict=True)) == {
        "image": "input",
        "sound": "row",
    }
    kept = np.concatenate([data[name].ids for name in data.splits])
    assert LOST not in kept
    assert set(BAD) <= set(kept)


def test_only_the_bad_inputs_are_absent(data):
    columns = {"image": "image", "words": "text", "size": "size"}
    for name, column in columns.items():
        bad = {row for row, (where, *_) in BAD.items() if where == column}
        here = data.present(name)
        for position, row in enumerate(data.ids):
            if row == LOST:
                continue
            empty = column == "text" and int(row[3:]) % 6 == 5
            assert here[position] == (row not in bad and not empty)


def test_model_gets_a_blank_in_place_of_a_bad_cell(data):
    split = data["train"]
    inputs = next(iter(split.batches(len(split))))[0]
    row = split.ids.tolist().index("row1")
    assert not inputs["image_present"][row]
    assert not np.any(inputs["image"][row])


def test_client_of_such_a_row_sends_nothing(data):
    split = data["train"]
    sent = split.encoded(split.ids.tolist().index("row2"))
    assert sent["image"] == b""
    assert sent["words"]


def test_line_and_repr_tell_both_kinds_apart(folder, capsys):
    data = mm.load_dataset(folder / "spec.yaml", cache_dir=folder / "cache")
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert "1 of 72 rows are quarantined (sound 1)" in line
    assert "7 of 72 rows lack a bad input (image 5, size 1, text 1)" in line
    assert "  lack a bad input  7 rows" in repr(data)


def test_without_a_cache_it_is_the_same(folder, data):
    streamed = mm.load_dataset(folder / "spec.yaml", cache=False, progress=False)
    assert entries(streamed) == entries(data)
    one, other = (
        next(iter(d["train"].batches(len(d["train"]))))[0] for d in (streamed, data)
    )
    for name in other:
        np.testing.assert_array_equal(one[name], other[name])
    gone = streamed["train"].with_missing({"image": 1.0})
    inputs = next(iter(gone.batches(len(gone))))[0]
    assert not inputs["image_present"].numpy().any()
    assert not inputs["image"].numpy().any()


def test_on_error_raise_stops_at_what_costs_a_row_alone(folder, tmp_path):
    with pytest.raises(ValueError, match=f"row '{LOST}', column 'sound'"):
        mm.load_dataset(
            folder / "spec.yaml", cache=False, on_error="raise", progress=False
        )
    whole = tmp_path / "whole"
    shutil.copytree(folder, whole, ignore=shutil.ignore_patterns("cache"))
    table = (whole / "manifest.csv").read_bytes().splitlines(keepends=True)
    (whole / "manifest.csv").write_bytes(
        b"".join(line for line in table if not line.startswith(LOST.encode()))
    )
    data = mm.load_dataset(
        whole / "spec.yaml", cache=False, on_error="raise", progress=False
    )
    assert set(data.quarantine["left_out"]) == {"input"}


def test_input_that_is_not_optional_cannot_be_missing():
    with pytest.raises(mm.SpecError, match=r"`on_bad` .*Add `optional: true`"):
        mm.modalities.Number(column="x", on_bad="missing")
