"""Writes what an action returns as ``{path: bytes}``, atomically, and keeps the key of a store (edge).

Never decides what to write.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pxhelm.errors import PxhelmError, system_says
from pxhelm.secret import KEY_BYTES, SealingKey


def write_files(root: str | Path, files: Mapping[str, bytes], *, mode: int = 0o644) -> list[Path]:
    """Write files below a folder, making folders as needed; each file appears whole or not at all.

    Raises:
        PxhelmError: for a path that leads out of the folder, and for what the system refuses.
    """
    folder = Path(root)
    written = []
    for name, data in files.items():
        path = _below(folder, name)
        write_file(path, data, mode=mode)
        written.append(path)
    return written


def write_file(path: str | Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write one file by way of a new one beside it, so that a crash leaves the old content or the new.

    Raises:
        PxhelmError: when the system refuses.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as e:
        raise PxhelmError(f"cannot write {path}: {system_says(e)}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode & ~_umask())
        Path(name).replace(target)
    except OSError as e:
        raise PxhelmError(f"cannot write {path}: {system_says(e)}") from None
    finally:
        with contextlib.suppress(OSError):  # gone when all went well
            Path(name).unlink()


def _below(folder: Path, name: str) -> Path:
    parts = Path(name).parts
    if Path(name).is_absolute() or ".." in parts or not parts:
        raise PxhelmError(f"cannot write {name!r}: it leads out of {folder}")
    return folder.joinpath(*parts)


def _umask() -> int:
    # Reading it means setting it; nothing else here makes files meanwhile that would mind.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


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
