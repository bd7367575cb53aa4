"""Reads what users name: files, standard input, folders of manifests. Never interprets what it reads."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from pxhelm.errors import PxhelmError, system_says


def read(name: str) -> bytes:
    """Read a file of the user's, ``-`` for standard input; PxhelmError ``open NAME: …`` in Go's words."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        verb = "read" if isinstance(error, IsADirectoryError) else "open"
        raise PxhelmError(f"{verb} {name}: {system_says(error)}") from None


def read_if_there(path: Path) -> bytes | None:
    """Read a file of ours; None when there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PxhelmError(f"cannot read {path}: {system_says(error)}") from None


def manifests(name: str) -> Mapping[str, bytes]:
    """Read the manifest files that ``-f`` names: one file, every YAML and JSON of a folder, or ``-``.

    ``FOLDER/**`` is a folder with all that is below it.
    """
    deep = name.endswith("/**")
    path = Path(name.removesuffix("/**"))
    if name == "-" or not path.is_dir():
        return {name: read(name)}
    below = path.rglob("*") if deep else path.glob("*")
    found = sorted(p for p in below if p.suffix in (".yaml", ".yml", ".json") and p.is_file())
    if not found:
        hint = "" if deep else "-R reads its subfolders, too"
        raise PxhelmError(f"cannot read {path}: no .yaml, .yml or .json file is in it", hint=hint)
    return {str(p): read(str(p)) for p in found}
