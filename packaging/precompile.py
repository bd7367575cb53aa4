"""Compiles, when the binary is built, the regular expressions that Python would compile at each start.

A pattern costs half a millisecond. Run in the build environment as ``precompile.py OUT``: imports all of pxhelm, notes
every pattern, and writes their compiled forms as the module that ``precompiled`` reads.
"""

from __future__ import annotations

import importlib
import marshal
import pkgutil
import re
import sys
from array import array
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ALSO = ("yaml", "httpx", "urllib.request", "tarfile", "email.parser", "ssl")
"""What pxhelm imports only inside functions, and commands often need."""

patterns: dict[tuple[str | bytes, int], tuple[object, ...]] = {}


def note() -> None:
    """Have ``re`` tell what it compiles."""
    compiler: Any = re._compiler  # type: ignore[attr-defined]  # noqa: SLF001 - no public way
    original, engine = compiler.compile, compiler._sre  # noqa: SLF001

    def compile_(pattern: Any, flags: int = 0) -> object:
        if not isinstance(pattern, str | bytes):
            return original(pattern, flags)

        def program(_: object, real: int, code: list[int], groups: int, index: Any, names: Any) -> object:
            patterns[pattern, flags] = (real, array("I", code).tobytes(), groups, dict(index), names)
            return engine.compile(pattern, real, code, groups, index, names)

        compiler._sre = SimpleNamespace(**{**vars(engine), "compile": program})  # noqa: SLF001
        try:
            return original(pattern, flags)
        finally:
            compiler._sre = engine  # noqa: SLF001

    compiler.compile = compile_
    re.purge()


def import_all() -> None:
    """Import pxhelm's modules, so that what they compile is noted."""
    import pxhelm

    for name in (*ALSO, *(found.name for found in pkgutil.walk_packages(pxhelm.__path__, "pxhelm."))):
        if not name.endswith("__main__"):
            importlib.import_module(name)


def main() -> None:
    """Write the table."""
    note()
    import_all()
    rows = "".join(f"    {key!r}: {marshal.dumps(patterns[key])!r},\n" for key in sorted(patterns, key=repr))
    Path(sys.argv[1]).write_text(f"PATTERNS = {{\n{rows}}}\n")
    print(f"{len(patterns)} patterns compiled ahead")


if __name__ == "__main__":
    main()
