"""Chart archives: gzip'ed tar to ``{path: bytes}``, in memory, with caps.

Never extracts to a disk and never follows a link: archives that hold links, devices or paths outside are refused.
Own tar reader, because tarfile resolves, seeks and guesses where an archive from a stranger deserves a plain no.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from posixpath import normpath
from typing import Final

from pxhelm.chart.model import ChartError
from pxhelm.golang.value import go_string

BOM: Final = b"\xef\xbb\xbf"
GZIP: Final = b"\x1f\x8b"
_BLOCK: Final = 512
_REGULAR: Final = b"0\x007"
_FOLDER: Final = b"5"
_NUL_NUMBER: Final = 0x80
_PIECE: Final = 1 << 14
"""Bytes that are decompressed at a time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may hold at most; Helm's numbers where Helm has one."""

    total: int = 100 * 1024 * 1024
    """Bytes of one archive's files."""
    file: int = 5 * 1024 * 1024
    """Bytes of one file."""
    files: int = 20_000
    depth: int = 40
    """Folders in a path."""
    nested: int = 12
    """Subcharts within subcharts."""
    everything: int = 256 * 1024 * 1024
    """Bytes of all files of a chart and of the archives inside it."""


DEFAULT_LIMITS: Final = Limits()


class NoArchiveError(ChartError):
    """A file that is no gzip, in the words for a chart; ``plain`` are gzip's own."""

    def __init__(self, message: str, plain: str) -> None:
        super().__init__(message)
        self.plain = plain


def is_archive(data: bytes) -> bool:
    """Tell whether bytes look like gzip."""
    return data[:2] == GZIP


def unpack(data: bytes, limits: Limits = DEFAULT_LIMITS) -> dict[str, bytes]:
    """Return the files of a chart archive, its top folder taken off, without byte order marks.

    Raises:
        ChartError: for what Helm refuses, in its words, and for links, devices and anything over the limits.
    """
    # Headers and padding come on top of the files: at most two blocks for each, more for long names.
    plain = gunzip(data, limits.total + limits.files * 4 * _BLOCK, limits)
    files: dict[str, bytes] = {}
    left = limits.total
    for entry in _Tar(plain, limits):
        if entry.type == _FOLDER or entry.name.endswith("/"):
            continue
        path = _inside(entry.name, limits)
        if entry.type not in _REGULAR:
            raise ChartError(f"chart archive holds a link or a device: {entry.name!r}")
        if entry.size > left:
            raise ChartError(f"decompressed chart is larger than the maximum file size {limits.total}")
        if entry.size > limits.file:
            raise ChartError(
                f'decompressed chart file "{entry.name}" is larger than the maximum file size {limits.file}'
            )
        left -= entry.size
        if left <= 0:
            raise ChartError(f"decompressed chart is larger than the maximum file size {limits.total}")
        files[path] = plain[entry.start : entry.start + entry.size].removeprefix(BOM)
        if len(files) > limits.files:
            raise ChartError(f"chart archive holds more than {limits.files} files")
    if not files:
        raise ChartError("no files in chart archive")
    return files


def header_fault(data: bytes) -> str:
    """Return what is wrong with the header of gzip'ed data, in Go's words; empty when nothing is."""
    if len(data) < 10:
        return "unexpected EOF" if data else "EOF"
    return "" if data[:3] == GZIP + b"\x08" else "gzip: invalid header"


def gunzip(data: bytes, most: int, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Decompress gzip members one after another, up to ``most`` bytes.

    Raises:
        ChartError: for data that is not gzip or grows beyond the limit.
    """
    if reason := header_fault(data):
        raise ChartError(reason)
    parts: list[bytes] = []
    at, left, first = 0, most, True
    while at < len(data):
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            # Piece by piece: what a member leaves over is copied, and there may be a million of them.
            piece = data[at : at + _PIECE]
            if not piece:
                raise ChartError("unexpected EOF")
            try:
                parts.append(member.decompress(piece, left + 1))
            except zlib.error:
                raise ChartError("gzip: invalid checksum" if first else "gzip: invalid header") from None
            left -= len(parts[-1])
            if left < 0:
                raise ChartError(f"decompressed chart is larger than the maximum file size {limits.total}")
            at += len(piece) - len(member.unused_data)
        first = False
    return b"".join(parts)


def _inside(name: str, limits: Limits) -> str:
    """Return an entry's path below the archive's top folder, or refuse it as Helm does."""
    delimiter = "\\" if "\\" in name else "/"
    top, _, rest = name.partition(delimiter)
    path = rest.replace(delimiter, "/")
    if path.startswith("/"):
        raise ChartError("chart illegally contains absolute paths")
    path = normpath(path) if path else "."
    if path == ".":
        raise ChartError(f'chart illegally contains content outside the base directory: "{name}"')
    if path.startswith(".."):
        raise ChartError("chart illegally references parent directory")
    if len(path) > 2 and path[0].isascii() and path[0].isalpha() and path[1:3] == ":/":
        raise ChartError("chart contains illegally named files")
    if top == "Chart.yaml":
        raise ChartError("chart yaml not in base directory")
    if path.count("/") >= limits.depth:
        raise ChartError(f"chart archive holds a path deeper than {limits.depth} folders: {path[:80]!r}")
    return path


@dataclass(slots=True)
class _Entry:
    name: str
    size: int
    type: bytes
    start: int


class _Tar:
    """The entries of a tar stream: ustar, GNU long names, pax paths and sizes; nothing else."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.limits = limits
        self.at = 0
        self.seen = 0

    def __iter__(self) -> _Tar:
        return self

    def __next__(self) -> _Entry:
        long_name = ""
        pax: dict[str, str] = {}
        while True:
            entry = self._header()
            body = self.data[entry.start : entry.start + entry.size] if entry.type in b"LxgK" else b""
            if entry.type == b"L":
                long_name = go_string(body.split(b"\0", 1)[0])
            elif entry.type == b"x":
                pax = _pax(body)
            elif entry.type not in b"gK":
                entry.name = pax.get("path", long_name or entry.name)
                if "size" in pax:
                    entry.size = _decimal(pax["size"])
                    self._skip(entry)
                if entry.type == b"\0" and entry.name.endswith("/"):
                    entry.type = _FOLDER
                return entry

    def _header(self) -> _Entry:
        block = self.data[self.at : self.at + _BLOCK]
        if not block.strip(b"\0"):
            raise StopIteration
        if len(block) < _BLOCK:
            raise ChartError("unexpected EOF")
        self.seen += 1
        if self.seen > 3 * self.limits.files:
            raise ChartError(f"chart archive holds more than {self.limits.files} files")
        stated = _number(block[148:156])
        if stated != sum(block) - sum(block[148:156]) + 8 * 32:
            raise ChartError("archive/tar: invalid tar header")
        name = _text(block[0:100])
        if block[257:263] == b"ustar\0" and block[345] != 0:
            name = f"{_text(block[345:500])}/{name}"
        entry = _Entry(name, _number(block[124:136]), block[156:157], self.at + _BLOCK)
        if entry.type in b"123456":
            # Go takes the size of links, devices and folders as zero.
            entry.size = 0
        self._skip(entry)
        return entry

    def _skip(self, entry: _Entry) -> None:
        if entry.size < 0:
            raise ChartError("archive/tar: invalid tar header")
        self.at = entry.start + (entry.size + _BLOCK - 1) // _BLOCK * _BLOCK
        if entry.start + entry.size > len(self.data):
            raise ChartError("unexpected EOF")


def _text(field: bytes) -> str:
    return go_string(field.split(b"\0", 1)[0])


def _number(field: bytes) -> int:
    if field[0] & _NUL_NUMBER:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    digits = field.strip(b" \0")
    try:
        return int(digits, 8) if digits else 0
    except ValueError:
        raise ChartError("archive/tar: invalid tar header") from None


def _decimal(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise ChartError("archive/tar: invalid tar header")
    return int(text)


def _pax(body: bytes) -> dict[str, str]:
    r"""Parse ``27 path=long/name\n`` records."""
    records: dict[str, str] = {}
    while body:
        length, space, _ = body[:20].partition(b" ")
        if not space or not length.isdigit() or not len(length) + 2 < int(length) <= len(body):
            raise ChartError("archive/tar: invalid tar header")
        record, body = body[: int(length)], body[int(length) :]
        key, equals, value = record[len(length) + 1 : -1].partition(b"=")
        if not equals or not record.endswith(b"\n"):
            raise ChartError("archive/tar: invalid tar header")
        records[go_string(key)] = go_string(value)
    return records
