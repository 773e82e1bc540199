"""Folders that are whole or not there."""

import subprocess
import sys

import pytest

from mmkeras._aside import aside, discard


def test_folder_that_was_renamed_stays(tmp_path):
    with aside(tmp_path) as folder:
        (folder / "a").write_text("x")
        folder.rename(tmp_path / "done")
    assert [path.name for path in tmp_path.iterdir()] == ["done"]


def test_error_leaves_nothing(tmp_path):
    with pytest.raises(OSError, match="full"), aside(tmp_path / "new") as folder:
        (folder / "a").write_text("x")
        raise OSError("full")
    assert list((tmp_path / "new").iterdir()) == []


def test_what_a_killed_process_left_is_removed(tmp_path):
    code = (
        "import os, sys, pathlib; from mmkeras._aside import _locked; "
        "_locked(pathlib.Path(sys.argv[1])); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)])
    assert done.returncode == 9
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".tmp-")
    with aside(tmp_path):
        assert not left.exists()


def test_what_another_writer_is_at_stays(tmp_path):
    with aside(tmp_path) as first:
        (first / "a").write_text("x")
        with aside(tmp_path) as second:
            assert (first / "a").read_text() == "x"
            assert second != first


def test_discarded_folder_is_gone_and_a_missing_one_no_error(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    discard(tmp_path / "a")
    discard(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []
