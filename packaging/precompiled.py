"""Run-time half of ``precompile``: gives ``re`` and ``dataclasses`` what was compiled when the binary was built.

What is not in the table is compiled as ever. The table was made by the very Python that the binary carries.
"""

from __future__ import annotations

import dataclasses
import marshal
import re
from types import CodeType
from typing import Any

from precompiled_table import CODES, PATTERNS  # type: ignore[import-not-found]  # generated


def install() -> None:
    """Put the tables in the way of the two compilers."""
    compiler: Any = re._compiler  # type: ignore[attr-defined]  # noqa: SLF001 - no public way
    original, engine = compiler.compile, compiler._sre.compile  # noqa: SLF001

    def compile_(pattern: Any, flags: int = 0) -> Any:
        try:
            known = PATTERNS.get((pattern, flags))
        except TypeError:  # a parsed pattern, which has no hash
            known = None
        if known is None:
            return original(pattern, flags)
        real, code, groups, index, names = known
        return engine(pattern, real, memoryview(code).cast("I").tolist(), groups, index, names)

    methods: dict[str, dict[str, CodeType]] = {}

    def execute(text: str, scope: dict[str, Any], *more: Any) -> None:
        module = scope["__name__"]
        known = methods.get(module)
        if known is None:
            known = methods[module] = marshal.loads(CODES[module]) if module in CODES else {}  # noqa: S302 - our own
        exec(known.get(text, text), scope, *more)  # noqa: S102 - what dataclasses itself does

    compiler.compile = compile_
    dataclasses.exec = execute  # type: ignore[attr-defined]
