"""Charts read from this machine."""

import io
import os
import tarfile

import pytest

from pxhelm.chart.archive import Limits
from pxhelm.chart.model import ChartError
from pxhelm.repo.local import read_chart


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Chart.yaml").write_bytes(b"\xef\xbb\xbfname: web\n")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.yaml").write_text("a: 1\n")
    return tmp_path


def test_a_folder_is_read_in_the_order_of_names(folder):
    (folder / "templates.txt").write_text("")
    assert list(read_chart(str(folder)).files) == ["Chart.yaml", "templates/a.yaml", "templates.txt"]
    assert read_chart(str(folder)).files["Chart.yaml"] == b"name: web\n"


def test_helmignore_leaves_out_files_and_whole_folders(folder):
    (folder / ".helmignore").write_text("*.bak\n.git/\n.helmignore\n")
    (folder / "x.bak").write_text("")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("")
    (folder / "templates" / ".a.yaml.swp").write_text("")
    assert list(read_chart(str(folder)).files) == ["Chart.yaml", "templates/a.yaml"]


def test_links_are_followed_and_told(folder, tmp_path_factory):
    shared = tmp_path_factory.mktemp("shared")
    (shared / "x.conf").write_text("x")
    (folder / "conf").symlink_to(shared)
    found = read_chart(str(folder))
    assert found.files["conf/x.conf"] == b"x"
    assert found.warnings == (
        f"found symbolic link in path: {folder}/conf resolves to {shared}. Contents of linked file included and used",
    )


def test_a_link_to_its_own_parent_ends(folder):
    (folder / "loop").symlink_to(folder)
    with pytest.raises(ChartError, match=r"nested deeper|error evaluating symlink"):
        read_chart(str(folder))


def test_a_pipe_is_refused(folder):
    os.mkfifo(folder / "pipe")
    with pytest.raises(ChartError, match=r"cannot load irregular file .*/pipe as it has file mode type bits set"):
        read_chart(str(folder))


def test_a_large_file_is_refused(folder):
    (folder / "big").write_bytes(b"x" * 40)
    with pytest.raises(ChartError, match='chart file "big" is larger than the maximum file size 30'):
        read_chart(str(folder), Limits(file=30))


def test_an_archive_is_read_without_being_extracted(tmp_path):
    path = tmp_path / "web-0.1.0.tgz"
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo("web/Chart.yaml")
        info.size = 10
        tar.addfile(info, io.BytesIO(b"name: web\n"))
    assert read_chart(str(path)).files == {"Chart.yaml": b"name: web\n"}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("values.yaml", b"a: 1\n", "seems to be a YAML file, but expected a gzipped archive"),
        ("x.zip", b"PK\x03\x04", "does not appear to be a gzipped archive; got 'application/zip'"),
    ],
)
def test_what_is_no_archive_is_named(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ChartError, match=message):
        read_chart(str(tmp_path / name))


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(ChartError, match=r"stat .*gone: no such file or directory"):
        read_chart(str(tmp_path / "gone"))


def test_a_link_to_nowhere_names_what_is_missing(folder):
    (folder / "LICENSE").symlink_to("../gone/LICENSE")
    gone = folder.parent / "gone"
    wanted = f"error evaluating symlink {folder}/LICENSE: lstat {gone}: no such file or directory"
    with pytest.raises(ChartError) as caught:
        read_chart(str(folder))
    assert caught.value.message == wanted


def test_links_to_each_other_are_told_as_go_does(folder):
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    with pytest.raises(ChartError, match=r"error evaluating symlink .*/a: EvalSymlinks: too many links"):
        read_chart(str(folder))
