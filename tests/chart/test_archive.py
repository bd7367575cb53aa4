"""Archives from strangers: read in memory, refused when they cheat."""

import gzip
import io
import random
import tarfile
import time

import pytest

from pxhelm.chart.archive import Limits, gunzip, unpack
from pxhelm.chart.load import load_archive
from pxhelm.chart.model import ChartError

CHART = b"apiVersion: v2\nname: web\nversion: 0.1.0\n"


def packed(entries, *, fmt=tarfile.GNU_FORMAT):
    """Pack ``{name: bytes | TarInfo}``."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=fmt) as tar:
        for name, data in entries.items():
            if isinstance(data, tarfile.TarInfo):
                tar.addfile(data)
                continue
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info


def test_the_top_folder_is_taken_off_and_marks_are_stripped():
    files = unpack(packed({"web/Chart.yaml": b"\xef\xbb\xbf" + CHART, "web/templates/a.yaml": b"a: 1\n"}))
    assert files == {"Chart.yaml": CHART, "templates/a.yaml": b"a: 1\n"}


@pytest.mark.parametrize("fmt", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_long_names_of_every_tar_dialect_are_read(fmt):
    name = "web/templates/" + "/".join(["folder" * 4] * 4) + "/file.yaml"
    assert unpack(packed({name: b"x"}, fmt=fmt)) == {name.removeprefix("web/"): b"x"}


def test_names_that_are_no_ascii_are_read_from_pax_records():
    assert unpack(packed({"web/files/größe.txt": b"x"}, fmt=tarfile.PAX_FORMAT)) == {"files/größe.txt": b"x"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("web/../../etc/passwd", "chart illegally references parent directory"),
        ("web//etc/passwd", "chart illegally contains absolute paths"),
        ("/etc", "chart illegally contains content outside the base directory"),
        ("web", "chart illegally contains content outside the base directory"),
        ("web\\..\\..\\x", "chart illegally references parent directory"),
        ("web/c:/x", "chart contains illegally named files"),
        ("Chart.yaml/x", "chart yaml not in base directory"),
    ],
)
def test_paths_out_of_the_chart_are_refused_in_helms_words(name, message):
    if name == "/etc":
        name = "etc/."
    with pytest.raises(ChartError, match=message):
        unpack(packed({name: b"x"}))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(kind):
    with pytest.raises(ChartError, match="link or a device"):
        unpack(packed({"web/Chart.yaml": CHART, "web/values.yaml": link("web/values.yaml", "/etc/passwd", kind)}))


def test_a_bomb_costs_no_more_than_the_limit():
    bomb = gzip.compress(b"\0" * 50_000_000)
    start = time.process_time()
    with pytest.raises(ChartError, match="larger than the maximum"):
        unpack(bomb, Limits(total=1_000_000, files=100))
    assert time.process_time() - start < 0.5


def test_a_million_empty_members_cost_no_more_than_their_bytes():
    many = gzip.compress(b"") * 200_000
    start = time.process_time()
    assert gunzip(many, 100) == b""
    assert time.process_time() - start < 5  # copying the rest for each takes minutes


def test_members_follow_one_another_wherever_they_end():
    parts = [random.randbytes(n) for n in (0, 1, 70_000, 65_536, 3)]
    assert gunzip(b"".join(map(gzip.compress, parts)), 1_000_000) == b"".join(parts)


def test_one_file_may_not_be_larger_than_its_limit():
    with pytest.raises(ChartError, match='decompressed chart file "web/big" is larger than the maximum file size 10'):
        unpack(packed({"web/big": b"x" * 11}), Limits(file=10))


def test_all_files_together_may_not_be_larger_than_their_limit():
    with pytest.raises(ChartError, match="decompressed chart is larger than the maximum file size 20"):
        unpack(packed({f"web/f{i}": b"x" * 9 for i in range(3)}), Limits(total=20))


def test_the_number_of_files_is_limited():
    with pytest.raises(ChartError, match="more than 5 files"):
        unpack(packed({f"web/f{i}": b"" for i in range(6)}), Limits(files=5))


def test_deep_paths_are_refused():
    with pytest.raises(ChartError, match="deeper than 40 folders"):
        unpack(packed({"web/" + "a/" * 41 + "f": b""}))


def test_headers_alone_cannot_keep_us_busy():
    info = tarfile.TarInfo("web/x/")
    info.type = tarfile.DIRTYPE
    entries = {str(i): info for i in range(400)}
    with pytest.raises(ChartError, match="more than 100 files"):
        unpack(packed(entries), Limits(files=100))


@pytest.mark.parametrize("cut", [3, 15, 60, -20])
def test_a_truncated_archive_is_an_error(cut):
    with pytest.raises(ChartError, match="unexpected EOF"):
        unpack(packed({"web/Chart.yaml": CHART * 50})[:cut])


def test_a_size_that_lies_is_an_error():
    plain = bytearray(gzip.decompress(packed({"web/Chart.yaml": CHART})))
    plain[124:136] = b"00077777777\0"
    plain[148:156] = b" " * 8
    plain[148:156] = b"%06o\0 " % sum(plain[:512])
    with pytest.raises(ChartError, match="unexpected EOF"):
        unpack(gzip.compress(bytes(plain[:2048])))


def test_a_damaged_header_is_an_error():
    plain = bytearray(gzip.decompress(packed({"web/Chart.yaml": CHART})))
    plain[0] ^= 1
    with pytest.raises(ChartError, match="archive/tar: invalid tar header"):
        unpack(gzip.compress(bytes(plain)))


def test_an_archive_without_files_is_an_error():
    with pytest.raises(ChartError, match="no files in chart archive"):
        unpack(packed({}))


def test_what_is_not_gzip_is_an_error():
    with pytest.raises(ChartError, match="gzip: invalid header"):
        gunzip(b"PK\x03\x04 and so on", 100)


def nested(levels):
    data = packed({"web/Chart.yaml": CHART})
    for _ in range(levels):
        data = packed({"web/Chart.yaml": CHART, "web/charts/web-0.1.0.tgz": data})
    return data


def test_charts_within_charts_are_loaded_to_a_limit():
    chart = load_archive(nested(3))
    assert chart.dependencies[0].dependencies[0].dependencies[0].path == "web/charts/web/charts/web/charts/web"
    with pytest.raises(ChartError, match="nested deeper than 12 archives"):
        load_archive(nested(13))


def test_archives_within_archives_share_one_budget():
    inner = packed({"web/Chart.yaml": CHART, "web/big": b"\0" * 4_000_000})
    many = packed({"web/Chart.yaml": CHART, **{f"web/charts/w{i}.tgz": inner for i in range(6)}})
    with pytest.raises(ChartError, match="decompressed chart is larger"):
        load_archive(many, Limits(everything=10_000_000))
