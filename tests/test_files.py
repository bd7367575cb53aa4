"""Files appear whole and only where they should."""

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.files import write_file, write_files


def test_files_and_folders_are_made(tmp_path):
    write_files(tmp_path, {"a/b.txt": b"1", "c": b"2"})
    assert (tmp_path / "a" / "b.txt").read_bytes() == b"1"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "c"]


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", ""])
def test_paths_out_of_the_folder_are_refused(tmp_path, name):
    with pytest.raises(PxhelmError, match="leads out of"):
        write_files(tmp_path / "in", {name: b""})


def test_an_old_file_is_replaced_and_nothing_else_is_left(tmp_path):
    (tmp_path / "x").write_bytes(b"old")
    write_file(tmp_path / "x", b"new", mode=0o600)
    assert [(p.name, p.read_bytes(), p.stat().st_mode & 0o777) for p in tmp_path.iterdir()] == [("x", b"new", 0o600)]


def test_what_the_system_refuses_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PxhelmError, match=r"cannot write .*file/x: "):
        write_file(tmp_path / "file" / "x", b"")
