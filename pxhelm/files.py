"""Writes what an action returns as ``{path: bytes}``, atomically, and reads what the kernel says of processes (edge).

Never decides what to write.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pxhelm.errors import PxhelmError
from pxhelm.secret import SealingKey


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
        raise PxhelmError(f"cannot write {path}: {_reason(e)}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode & ~_umask())
        Path(name).replace(target)
    except OSError as e:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise PxhelmError(f"cannot write {path}: {_reason(e)}") from None


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


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def key_file(path: Path) -> SealingKey:
    """Return the key in a file that only its owner can read, made when it is not there.

    Raises:
        PxhelmError: when it cannot be read, or is no key.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(os.urandom(32))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(temporary, path)  # fails if another process was first: then its key stands
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        raw = path.read_bytes()
    except OSError as error:
        raise PxhelmError(f"cannot read the store's key {path}: {(error.strerror or str(error)).lower()}") from None
    if len(raw) != 32:
        raise PxhelmError(f"cannot use the store's key {path}: it has {len(raw)} bytes, not 32")
    return SealingKey(raw)


def boot_id() -> str:
    """Return what the kernel calls its run since the machine began; empty where it does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def process_started(pid: int) -> str | None:
    """Return the start time of a process in the kernel's words; None when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
