"""Charts on this machine: a folder or a .tgz, read into memory (edge)."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from errno import ELOOP
from pathlib import Path
from typing import Final

from pxhelm.chart import archive, ignore
from pxhelm.chart.archive import BOM, DEFAULT_LIMITS, Limits, NoArchiveError
from pxhelm.chart.model import ChartError
from pxhelm.errors import PxhelmError, system_says
from pxhelm.files import write_file
from pxhelm.golang.strconv import quote

_MAX_DEPTH: Final = 64


@dataclass(frozen=True, slots=True)
class ChartFiles:
    """What was read: a chart's files and what Helm logs about the reading."""

    files: dict[str, bytes]
    warnings: tuple[str, ...] = ()
    archive: bytes | None = None
    """The archive's own bytes, for its digest; None for a folder."""


def read_chart(path: str, limits: Limits = DEFAULT_LIMITS) -> ChartFiles:
    """Read a chart folder (its .helmignore applied, symbolic links followed as Helm does) or a packaged chart.

    Raises:
        ChartError: in Helm's words for what Helm refuses.
    """
    try:
        is_folder = stat.S_ISDIR(Path(path).stat().st_mode)
    except OSError as e:
        raise ChartError(f"stat {path}: {system_says(e)}") from None
    if is_folder:
        return _Folder(Path(path).absolute(), limits).read()
    return read_archive(path, limits)


def read_archive(path: str, limits: Limits = DEFAULT_LIMITS) -> ChartFiles:
    """Read a packaged chart into memory; it is never extracted.

    Raises:
        ChartError: when the file is no gzipped archive or its content is refused.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(limits.total + 1)
    except OSError as e:
        raise ChartError(f"open {path}: {system_says(e)}") from None
    if len(data) > limits.total:
        raise ChartError(f"decompressed chart is larger than the maximum file size {limits.total}")
    if not archive.is_archive(data):
        if path.endswith((".yml", ".yaml")):
            wrong = "seems to be a YAML file, but expected a gzipped archive"
        else:
            wrong = f"does not appear to be a gzipped archive; got '{_content_type(data)}'"
        raise NoArchiveError(f"file '{path}' {wrong}", archive.header_fault(data))
    return ChartFiles(archive.unpack(data, limits), archive=data)


def _resolved(link: str) -> str:
    try:
        return os.path.realpath(link, strict=True)
    except OSError as e:
        reason = "EvalSymlinks: too many links" if e.errno == ELOOP else f"lstat {e.filename}: {system_says(e)}"
        raise ChartError(f"error evaluating symlink {link}: {reason}") from None


def _content_type(data: bytes) -> str:
    """Guess like Go's http.DetectContentType, as far as people mistake such files for charts."""
    known = ((b"PK\x03\x04", "application/zip"), (b"%PDF-", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "image/png"))
    for magic, name in known:
        if data.startswith(magic):
            return name
    head = data[:512]
    binary = set(range(9)) | {11} | set(range(14, 27)) | set(range(28, 32))
    # Helm always looks at 512 bytes, so that a short text shows the zeros after it.
    if len(head) < 512 or binary & set(head):
        return "application/octet-stream"
    return "text/plain; charset=utf-8"


@dataclass(slots=True)
class _Folder:
    """One walk through a chart folder, in the order of names as bytes."""

    root: Path
    limits: Limits
    files: dict[str, bytes] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    rules: ignore.Rules = field(default_factory=ignore.Rules)
    left: int = 0

    def read(self) -> ChartFiles:
        self.left = self.limits.everything
        try:
            text = (self.root / ignore.FILE).read_text("utf-8", "surrogateescape")
        except FileNotFoundError:
            text = ""
        self.rules = ignore.parse(text)
        for relative, path in self._walk(str(self.root), "", 0):
            self.files[relative] = self._content(relative, path)
        return ChartFiles(self.files, tuple(self.warnings))

    def _walk(self, folder: str, prefix: str, depth: int) -> Iterator[tuple[str, str]]:
        if depth > _MAX_DEPTH:
            raise ChartError(
                f"chart folder is nested deeper than {_MAX_DEPTH} levels at {prefix[:80]}: a symbolic link may point at its own parent"
            )
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda e: os.fsencode(e.name))
        for entry in entries:
            relative = prefix + entry.name
            if entry.is_symlink():
                resolved = _resolved(entry.path)
                self.warnings.append(
                    f"found symbolic link in path: {entry.path} resolves to {resolved}. "
                    "Contents of linked file included and used"
                )
            try:
                is_folder = entry.is_dir()
            except OSError as e:  # more links on the way than the system follows
                raise ChartError(f"error evaluating symlink {entry.path}: {system_says(e)}") from None
            if self.rules.ignores(relative, folder=is_folder):
                continue
            if is_folder:
                yield from self._walk(entry.path, relative + "/", depth + 1)
            else:
                yield relative, entry.path

    def _content(self, relative: str, path: str) -> bytes:
        info = Path(path).stat()
        if not stat.S_ISREG(info.st_mode):
            raise ChartError(f"cannot load irregular file {path} as it has file mode type bits set")
        if info.st_size > self.limits.file:
            name = path.rpartition("/")[2]
            raise ChartError(f"chart file {quote(name)} is larger than the maximum file size {self.limits.file}")
        self.left -= info.st_size
        if self.left < 0 or len(self.files) >= self.limits.files:
            raise ChartError(
                f"chart folder holds more than {self.limits.files} files or {self.limits.everything} bytes"
            )
        try:
            with Path(path).open("rb") as file:
                return file.read(self.limits.file + 1).removeprefix(BOM)
        except OSError as e:
            raise ChartError(f"error reading {relative}: open {path}: {system_says(e)}") from None


class Disk:
    """Files of this machine for commands that keep charts, indexes and lists of repositories."""

    @staticmethod
    def read(path: str) -> bytes:
        """Return a file's content; PxhelmError ``open NAME: no such file or directory``."""
        try:
            return Path(path).read_bytes()
        except OSError as e:
            raise PxhelmError(f"open {path}: {system_says(e)}") from None

    @staticmethod
    def kind(path: str) -> str:
        """Return ``file``, ``folder``, or nothing."""
        place = Path(path)
        return "folder" if place.is_dir() else "file" if place.exists() else ""

    @staticmethod
    def modified(path: str) -> float:
        """Return when a file was last written, in seconds since 1970."""
        try:
            return Path(path).stat().st_mtime
        except OSError as e:
            raise PxhelmError(f"stat {path}: {system_says(e)}") from None

    @staticmethod
    def names(folder: str) -> list[str]:
        """Return the names in a folder, sorted as bytes."""
        try:
            return sorted((one.name for one in Path(folder).iterdir()), key=os.fsencode)
        except (FileNotFoundError, NotADirectoryError):
            return []

    @staticmethod
    def write(path: str, data: bytes, *, mode: int | None = None, folders: bool = True) -> None:
        """Write a file whole or not at all."""
        parent = Path(path).parent
        if not folders and not parent.is_dir():
            why = "not a directory" if parent.exists() else "no such file or directory"
            raise PxhelmError(f"open {path}{os.getpid()}: {why}")
        write_file(path, data, mode=mode)

    @staticmethod
    def make_folder(path: str) -> None:
        """Make a folder and those above it."""
        try:
            Path(path).mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise PxhelmError(f"mkdir {path}: {system_says(e)}") from None

    @staticmethod
    def remove(path: str) -> None:
        """Remove a file that may be gone already."""
        try:
            Path(path).unlink(missing_ok=True)
        except OSError as e:
            raise PxhelmError(f"remove {path}: {system_says(e)}") from None

    @staticmethod
    def absolute(path: str) -> str:
        """Return the path from the root; symbolic links stay."""
        return os.path.normpath(Path(path).absolute())

    @staticmethod
    def chart(path: str) -> dict[str, bytes]:
        """Return the files of a chart folder or archive."""
        return read_chart(path).files


def read_starter(name: str, own: Path) -> dict[str, bytes]:
    """Return the files of a starter chart: one in the folder ``own`` or one of ours by name, or any folder."""
    ours = _starters()
    places = [own / name, ours / name, Path(name)]
    folder = next((one for one in places if (one / "Chart.yaml").is_file()), None)
    if folder is None:
        wanted = next((one for one in reversed(places) if one.is_dir()), own / name)
        why = "Chart.yaml file is missing" if wanted.is_dir() else f"stat {wanted}: no such file or directory"
        known = ", ".join(sorted(p.name for p in ours.iterdir()))
        raise PxhelmError(f"could not load {wanted}: {why}", hint=f"one of {known}, or the folder of a chart")
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _starters() -> Path:
    """Return the folder of the starter charts, in the checkout or in the binary."""
    need = getattr(sys, "pxhelm_need", None)
    if need:
        need("chart-templates")
        return Path(getattr(sys, "_MEIPASS", "")) / "chart-templates"
    return Path(__file__).parents[2] / "chart-templates"
