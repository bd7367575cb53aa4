"""Writes what an action returns as ``{path: bytes}``, atomically, and keeps the key of a store (edge).

Never decides what to write.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from pxhelm.errors import PxhelmError, system_says
from pxhelm.secret import KEY_BYTES, SealingKey


def write_files(root: str | Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files below a folder, making folders as needed; each file appears whole or not at all.

    Raises:
        PxhelmError: for a path that leads out of the folder, and for what the system refuses.
    """
    folder = Path(root)
    written = []
    for name, data in files.items():
        path = _below(folder, name)
        write_file(path, data)
        written.append(path)
    return written


def write_file(path: str | Path, data: bytes, *, mode: int | None = None) -> None:
    """Write one file as ``replacing`` does.

    Raises:
        PxhelmError: when the system refuses.
    """
    try:
        with replacing(path, mode=mode) as file:
            file.write(data)
    except OSError as e:
        raise PxhelmError(f"cannot write {path}: {system_says(e)}") from None


class _Enough(Exception):  # noqa: N818 - not an error: ends the block before anything takes its place
    """The file could be written."""


def check_writable(path: str | Path) -> None:
    """See that a file could be written, and leave the old one as it is.

    Raises:
        PxhelmError: when the system would refuse.
    """
    try:
        with replacing(path, mode=0o600):
            raise _Enough
    except _Enough:
        return
    except OSError as e:
        raise PxhelmError(f"cannot write {path}: {system_says(e)}") from None


@contextlib.contextmanager
def replacing(path: str | Path, *, mode: int | None = None) -> Iterator[BinaryIO]:
    """Hand out a new file that takes the place of another when the block ends well: a crash leaves the old or the new.

    Without a ``mode`` it has that of the old one, else 0644 less the umask. A symbolic link stays, and what it leads to
    is replaced; a device or a pipe (``/dev/stdout``) is written into. OSError as the system says it.
    """
    target = Path(path)
    old = _status(target)
    if old is not None and not stat.S_ISREG(old.st_mode):
        with target.open("wb") as file:
            yield file
        return
    target = target.resolve() if target.is_symlink() else target
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f".pxhelm-{os.urandom(8).hex()}")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644 if mode is None else mode)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            if mode is None and old is not None:
                new.chmod(stat.S_IMODE(old.st_mode))
            file.flush()
            os.fsync(file.fileno())
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _below(folder: Path, name: str) -> Path:
    parts = Path(name).parts
    if Path(name).is_absolute() or ".." in parts or not parts:
        raise PxhelmError(f"cannot write {name!r}: it leads out of {folder}")
    return folder.joinpath(*parts)


def key_file(path: Path, *, may_make: bool) -> SealingKey:
    """Return the key in a file that only its owner can read; one that is not there is made if it may be.

    Raises:
        PxhelmError: when it cannot be read or made, or is no key.
    """
    try:
        if may_make and not path.exists():
            _make_key(path)
        raw = path.read_bytes()
    except FileNotFoundError:
        raise PxhelmError(
            f"cannot open the store: its key {path} is not there",
            hint="put the file back, or give its 64 hexadecimal digits as PXHELM_KEY; without it nothing can be read",
        ) from None
    except OSError as error:
        raise PxhelmError(f"cannot read the store's key {path}: {system_says(error)}") from None
    if len(raw) != KEY_BYTES:
        raise PxhelmError(f"cannot use the store's key {path}: it has {len(raw)} bytes, not {KEY_BYTES}")
    return SealingKey(raw)


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, made = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(os.urandom(KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(made, path)  # another process was first: then its key stands
        _sync_folder(path.parent)
    finally:
        Path(made).unlink()


def _sync_folder(folder: Path) -> None:
    """See that a name in a folder outlives a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
