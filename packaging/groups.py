"""Which files of the binary are core and which are written only when a module of their group is imported."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

HIDDEN = ["zoneinfo", "tzdata", "_cffi_backend"]

EXCLUDED = [
    "httpx._main",  # pulls click, rich and pygments into every request
    "rich",
    "pygments",
    "setuptools",
    "pkg_resources",
    "pip",
    "tkinter",
    "unittest",
    "pydoc",
    "doctest",
    "test",
    "lib2to3",
    "PyInstaller",
    "numpy",
    "trio",  # httpcore offers three ways to wait, and takes what is there: our connections are each a thread's
    "anyio",
    "sniffio",
    "uvloop",
    "_uuid",  # uuid does without, and click imports uuid at every start
]

Entry = tuple[str, str, str]

# Top-level folder or file stem → group; what is named nowhere goes to the group of its own top-level name.
CORE_STEMS = ("libpython", "base_library")


# Shared libraries that an extension module needs: group of the module → file name starts.
LIBRARIES = {
    "_ssl": ("libssl", "libcrypto"),
    "_hashlib": ("libcrypto",),
    "_sqlite3": ("libsqlite3",),
    "_ctypes": ("libffi",),
    "_cffi_backend": ("libffi",),
    "_lzma": ("liblzma",),
    "_bz2": ("libbz2",),
    "readline": ("libreadline", "libtinfo", "libncurses"),
    "yaml": ("libyaml",),
    "zlib": ("libz.",),
}


def split(entries: list[Entry]) -> tuple[list[Entry], list[Entry], dict[str, list[str]]]:
    """Return core entries, lazy entries, and the files of each lazy group."""
    core: list[Entry] = []
    lazy: list[Entry] = []
    groups: dict[str, list[str]] = {}
    for name, source, kind in entries:
        stem = Path(name).name
        if ".dist-info/" in name or stem in ("py.typed", "RECORD") or stem.endswith((".pyi", ".pyx", ".h")):
            continue
        if kind == "SYMLINK" or stem.startswith(CORE_STEMS):
            core.append((name, source, kind))
            continue
        lazy.append((name, source, kind))
        for group in _groups(name):
            groups.setdefault(group, []).append(name)
    return core, lazy, groups


def extensions(entries: list[Entry]) -> dict[str, str]:
    """Return the file of each extension module."""
    found = {}
    for name, _, kind in entries:
        if kind == "EXTENSION":
            parts = list(Path(name).parts)
            below = parts[2:] if "lib-dynload" in parts else parts
            found[".".join([*below[:-1], below[-1].split(".")[0]])] = name
    return found


def _groups(name: str) -> list[str]:
    parts = Path(name).parts
    if parts[0] == "pxhelm":
        return [".".join(parts[:-1])]
    if len(parts) > 1 and "lib-dynload" not in parts:
        return [parts[0]]
    stem = Path(name).name
    users = [f"{module}.libs" for module, starts in LIBRARIES.items() if stem.startswith(starts)]
    return users or [stem.split(".")[0]]


def stripped(source: str, kind: str, work: Path) -> str:
    """Return a stripped copy of a shared object, or the source itself when it is data."""
    if kind not in ("BINARY", "EXTENSION"):
        return source
    target = work / "stripped" / source.strip("/").replace("/", "_")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    subprocess.run(["strip", "--strip-unneeded", target], check=False, stderr=subprocess.DEVNULL)
    return str(target)
