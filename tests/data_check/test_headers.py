"""What a file's header says is what the file holds."""

import io

import cv2
import numpy as np
import pandas as pd
import pytest
import soundfile

import mmkeras as mm
from mmkeras.data_check import check_data
from mmkeras.data_check._headers import picture_file, sound_file

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 20, 3)).astype("uint8")


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp", "webp", "tiff"])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_picture_has_its_size_and_channels(tmp_path, ending, as_bytes):
    data = cv2.imencode(f".{ending}", PIXELS)[1].tobytes()
    (tmp_path / "a").write_bytes(data)
    found = picture_file(data if as_bytes else "a", tmp_path)
    names = {"png": "PNG", "jpg": "JPEG", "bmp": "BMP", "webp": "WebP", "tiff": "other"}
    assert found == (12, 20, 3, names[ending])


@pytest.mark.parametrize("shape", [(12, 20), (12, 20, 1), (12, 20, 3)])
def test_pixels_have_their_shape(tmp_path, shape):
    found = picture_file(np.zeros(shape, "uint8"), tmp_path)
    assert found == (12, 20, 3 if shape[-1] == 3 else 1, "array")


@pytest.mark.parametrize("cell", [b"", b"\xff\xd8\xff", b"no picture", "nowhere.png"])
def test_damaged_picture_says_nothing(tmp_path, cell):
    assert picture_file(cell, tmp_path) is None


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG"])
def test_sound_has_its_length_and_rate(tmp_path, kind):
    file = io.BytesIO()
    soundfile.write(file, np.zeros((4000, 2)), 8000, format=kind)
    found = sound_file(file.getvalue(), tmp_path, 16_000)
    assert found == (0.5, 8000, 2, kind)
    assert sound_file(b"no sound", tmp_path, 16_000) is None


def test_samples_are_at_the_spec_s_rate(tmp_path):
    assert sound_file(np.zeros(4000), tmp_path, 16_000) == (0.25, 16_000, 1, "array")


def test_arrays_of_a_frame_are_checked(tmp_path):
    random = np.random.default_rng(1)
    pictures = [random.integers(0, 256, (16, 16)).astype("uint8") for _ in range(40)]
    pictures[38] = pictures[0]
    table = pd.DataFrame(
        {
            "picture": pictures,
            "label": ["a", "b"] * 20,
            "split": ["train"] * 20 + ["test"] * 20,
        }
    )
    spec = mm.Spec(
        name="arrays",
        source=mm.sources.Frame(frame=table),
        inputs={"picture": mm.modalities.Image(column="picture", size=(16, 16))},
        tasks={"kind": mm.tasks.Classification(column="label")},
        split=mm.SplitByColumn(
            column="split", values={"train": ("train",), "test": ("test",)}
        ),
    )
    check = check_data(spec, cache_dir=tmp_path, progress=False)
    (found,) = check.of_severity("problem")
    assert found.kind == "equal_copies" and found.rows == ("38", "0")
