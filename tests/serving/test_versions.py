"""Versions: whole or not there, numbered upwards, never written over."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tensorflow as tf

import mmkeras as mm
from mmkeras.serving._versions import publish

PACKAGE = Path(mm.__file__).parent
PARTS = 10

# A writer as slow as a real one, without TensorFlow: the package's own `__init__`
# takes seconds to import.
WRITER = f"""
import sys, time, types
for name in ("mmkeras", "mmkeras.serving"):
    sys.modules[name] = types.ModuleType(name)
    path = {str(PACKAGE.parent)!r} + "/" + name.replace(".", "/")
    sys.modules[name].__path__ = [path]
from pathlib import Path
from mmkeras.serving._versions import publish

def write(folder):
    for part in range({PARTS}):
        (folder / f"part{{part}}").write_bytes(bytes(4096))
        time.sleep(0.001)

print("ready", flush=True)
while True:
    publish(Path(sys.argv[1]), write, 3)
"""


def numbers(base):
    return sorted(int(p.name) for p in base.iterdir() if not p.name.startswith("."))


def fill(text):
    def write(folder):
        (folder / "saved_model.pb").write_text(text)

    return write


def test_first_version_is_1_and_the_next_one_higher(tmp_path):
    base = tmp_path / "base"
    assert publish(base, fill("first"), None) == base / "1"
    (base / "7").mkdir()
    (base / "7" / "keep").write_text("mine")
    assert publish(base, fill("second"), None) == base / "8"
    assert (base / "1" / "saved_model.pb").read_text() == "first"
    assert (base / "7" / "keep").read_text() == "mine"


def test_nothing_but_versions_is_left(tmp_path):
    publish(tmp_path, fill("x"), None)
    assert [child.name for child in tmp_path.iterdir()] == ["1"]


def test_only_the_newest_are_kept(tmp_path):
    for _ in range(5):
        publish(tmp_path, fill("x"), 2)
    assert numbers(tmp_path) == [4, 5]


def test_names_that_are_no_version_are_left_alone(tmp_path):
    for name in ("notes", "0x1", "²", "-3"):
        (tmp_path / name).mkdir()
    assert publish(tmp_path, fill("x"), 1).name == "1"
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        ["notes", "0x1", "²", "-3", "1"]
    )


def test_number_that_another_took_meanwhile_is_not_written_over(tmp_path):
    def write(folder):
        (tmp_path / "1").mkdir()
        (tmp_path / "1" / "theirs").write_text("x")
        fill("mine")(folder)

    (tmp_path / "0").mkdir()
    assert publish(tmp_path, write, None).name == "2"
    assert (tmp_path / "1" / "theirs").is_file()


def test_failed_export_leaves_nothing(small_model, small_data, tmp_path, monkeypatch):
    def fail(module, folder, **kwargs):
        (Path(folder) / "half").write_text("x")
        raise OSError("no space left")

    monkeypatch.setattr(tf.saved_model, "save", fail)
    with pytest.raises(OSError, match="no space left"):
        mm.export(small_model, small_data.spec, tmp_path / "base")
    assert list((tmp_path / "base").iterdir()) == []


def test_killed_at_any_moment_no_half_version_is_there(tmp_path):
    """Fifty kills of a process that publishes one version after another."""
    chance = random.Random(0)
    seen = 0
    for _ in range(50):
        process = subprocess.Popen(
            [sys.executable, "-S", "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE
        )
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 0.4))
        process.kill()
        process.wait()
        process.stdout.close()
        for number in numbers(tmp_path) if tmp_path.exists() else ():
            assert len(os.listdir(tmp_path / str(number))) == PARTS
            seen += 1
    assert seen > 50
    # The next one removes what they left.
    publish(tmp_path, fill("x"), 1)
    assert len(list(tmp_path.iterdir())) == 1


EXPORTER = """
import sys
import mmkeras as mm
data = mm.load_dataset(sys.argv[1], cache_dir=sys.argv[2], progress=False)
model = mm.build_model(data.spec)
print("ready", flush=True)
while True:
    mm.export(model, data.spec, sys.argv[3], keep=3)
"""


@pytest.mark.long
def test_killed_exporter_leaves_no_half_version(small, tmp_path):
    """Fifty kills of real exports: what has a number loads and answers."""
    chance = random.Random(1)
    base, cache = tmp_path / "models", tmp_path / "cache"
    text = (small / "spec.yaml").read_text()
    text = text[: text.index("  words:")] + text[text.index("tasks:") :]
    (small / "spec.yaml").write_text(text)  # The picture alone: exported sooner.
    command = [sys.executable, "-c", EXPORTER]
    command += [str(small / "spec.yaml"), str(cache), str(base)]
    checked = set()
    for _ in range(50):
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 15))
        process.kill()
        process.communicate()
        for number in numbers(base) if base.exists() else ():
            version = base / str(number)
            assert (version / "serving" / "README.md").is_file()
            if number not in checked:
                serve = tf.saved_model.load(str(version)).signatures["serving_default"]
                made = mm.load_spec(small / "spec.yaml").inputs["image"].made_up()
                assert serve(image_bytes=tf.constant([made]))["ok"].numpy() == [1]
                checked.add(number)
    assert checked
