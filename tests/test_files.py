"""Files appear whole and only where they should."""

import os
import threading

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.files import check_writable, replacing, write_file, write_files


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


def test_a_file_that_is_replaced_keeps_its_mode(tmp_path):
    (tmp_path / "x").write_bytes(b"old")
    (tmp_path / "x").chmod(0o640)
    write_file(tmp_path / "x", b"new")
    assert ((tmp_path / "x").read_bytes(), (tmp_path / "x").stat().st_mode & 0o777) == (b"new", 0o640)


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_pipe_is_written_into_and_stays_one(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_file(tmp_path / "pipe", b"through")
    reader.join(10)
    assert got == [b"through"]
    assert (tmp_path / "pipe").is_fifo()


def test_what_breaks_off_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "x").write_bytes(b"old")

    def break_off():
        with replacing(tmp_path / "x") as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("x", b"old")]


def test_the_umask_holds_for_a_new_file(tmp_path):
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "x", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640


def test_that_a_file_could_be_written_leaves_it_alone(tmp_path):
    place = tmp_path / "new" / "token"
    check_writable(place)
    assert not place.exists()
    place.write_text("old")
    check_writable(place)
    assert place.read_text() == "old"
    assert [each.name for each in place.parent.iterdir()] == ["token"]
    with pytest.raises(PxhelmError, match="cannot write"):
        check_writable(place / "below")
