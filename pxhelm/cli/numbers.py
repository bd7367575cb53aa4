"""Whole numbers as flags, read and refused as pflag does it."""

from __future__ import annotations

import re
from typing import Any

import click

from pxhelm.errors import ExitCode, PxhelmError

_LITERAL = re.compile(r"[+-]?(0[xX](_?[0-9a-fA-F])+|0[bB](_?[01])+|0[oO]?(_?[0-7])+|[1-9](_?[0-9])*|0)")


class Whole(click.ParamType[int]):
    """A number that fits into 64 bits, in any notation of Go's, such as 10, 0x1f or 1_000."""

    name = "integer"

    def __init__(self, *, signed: bool = True) -> None:
        self.function = "ParseInt" if signed else "ParseUint"
        self.bounds = (-(1 << 63), (1 << 63) - 1) if signed else (0, (1 << 64) - 1)
        self.signs = ("+", "-") if signed else ()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ARG002 - click's
        """Return the number; PxhelmError in Go's words."""
        if isinstance(value, int):
            return value
        text = str(value)
        if not _LITERAL.fullmatch(text) or (text[0] in "+-" and text[0] not in self.signs):
            raise self._refused(text, param, "invalid syntax")
        octal = re.fullmatch(r"([+-]?)0([0-7_]+)", text)
        number = int(f"{octal[1]}0o{octal[2]}" if octal else text, 0)
        if not self.bounds[0] <= number <= self.bounds[1]:
            raise self._refused(text, param, "value out of range")
        return number

    def _refused(self, text: str, param: click.Parameter | None, why: str) -> PxhelmError:
        flags = ", ".join(param.opts) if param else ""
        return PxhelmError(
            f'invalid argument "{text}" for "{flags}" flag: strconv.{self.function}: parsing "{text}": {why}',
            code=ExitCode.USAGE,
        )


INT, UINT = Whole(), Whole(signed=False)
