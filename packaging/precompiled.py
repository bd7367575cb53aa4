"""Run-time half of ``precompile``: gives ``re`` what was compiled when the binary was built.

What is not in the table is compiled as ever. The table was made by the very Python that the binary carries.
"""

from __future__ import annotations

import marshal
import re

from precompiled_table import PATTERNS  # type: ignore[import-not-found]  # generated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def install() -> None:
    """Put the table in the way of the compiler."""
    compiler: Any = re._compiler  # type: ignore[attr-defined]  # noqa: SLF001 - no public way
    original, engine = compiler.compile, compiler._sre.compile  # noqa: SLF001

    def compile_(pattern: Any, flags: int = 0) -> Any:
        try:
            known = PATTERNS.get((pattern, flags))
        except TypeError:  # a parsed pattern, which has no hash
            known = None
        if known is None:
            return original(pattern, flags)
        real, code, groups, index, names = marshal.loads(known)  # noqa: S302 - our own
        return engine(pattern, real, memoryview(code).cast("I").tolist(), groups, index, names)

    compiler.compile = compile_
