"""Go's fmt: Sprintf and its relatives, with every verb, flag and error form.

Values are held as ``golang.value`` says. Never prints anywhere; texts are returned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from pxhelm.golang.fmt_numbers import PLAIN, Flags
from pxhelm.golang.fmt_verbs import print_value
from pxhelm.golang.strconv import format_float
from pxhelm.golang.value import joined, runes, type_name

__all__ = ["action_text", "result_text", "sprint", "sprintf", "sprintln", "type_name", "value_text"]

_TOO_LARGE = 1_000_000


def value_text(value: object) -> str:
    """Return a value as ``%v`` prints it; what templates print."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]  # told by type()
    if kind is bool:
        return "true" if value else "false"
    if kind is float:
        return format_float(value)  # type: ignore[arg-type]  # told by type()
    if kind is int:
        return str(value)
    return print_value(value, "v", PLAIN)


def action_text(value: object) -> str:
    """Return what an action prints: ``%v``, for which a method of the pointer, too, may print a struct that has a place."""
    fast = _FAST.get(type(value))
    if fast is not None:
        return fast(value)
    return str(value) if getattr(value, "GO_POINTER_STRING", False) else _pointed_to(value)


def result_text(value: object) -> str:
    """Return what an action prints of a function's result: ``%v`` of what a pointer points to."""
    fast = _FAST.get(type(value))
    return fast(value) if fast is not None else _pointed_to(value)


def _pointed_to(value: object) -> str:
    text = value_text(value)
    return text[1:] if text[:1] == "&" and type_name(value)[:1] == "*" else text


_FAST: dict[type, Callable[[Any], str]] = {
    str: str, int: int.__repr__, float: format_float, bool: {True: "true", False: "false"}.__getitem__,
    dict: value_text, list: value_text,
}  # fmt: skip
"""How values are printed that are no pointers and have no methods."""


def sprint(args: Sequence[object], text: Callable[[object], str] = value_text) -> str:
    """Return what ``fmt.Sprint`` does: a space between operands when neither is a string; ``text`` prints one."""
    parts: list[str] = []
    was_string = True
    for number, arg in enumerate(args):
        is_string = isinstance(arg, str)
        if number > 0 and not is_string and not was_string:
            parts.append(" ")
        parts.append(text(arg))
        was_string = is_string
    return joined("".join(parts))


def sprintln(args: Sequence[object]) -> str:
    """Return what ``fmt.Sprintln`` does: a space between all operands, a newline at the end."""
    return " ".join(map(value_text, args)) + "\n"


def sprintf(template: str, args: Sequence[object]) -> str:
    """Return what ``fmt.Sprintf`` does, error forms such as ``%!d(string=a)`` included."""
    simple = _simple(template)
    if simple is not None and len(args) == len(simple[1]):
        python, verbs = simple
        for verb, arg in zip(verbs, args, strict=True):
            kind = type(arg)
            if not (kind is str if verb == "s" else kind is int if verb == "d" else kind is str or kind is int):
                break
        else:
            return joined(python % tuple(args))
    return _Printf(template, args).run()


_SIMPLE = re.compile(r"%(0?[1-9][0-9]?(?=d)|-?[1-9][0-9]?(?=[sd]))?([sdv%])")


@lru_cache(maxsize=1024)
def _simple(template: str) -> tuple[str, str] | None:
    """Return Python's template and the verbs of one in which Python formats as Go does; None for any other.

    That is %s, %d, %v and %%, %s and %d with a width, %d with zeros before it.
    """
    marks = _SIMPLE.findall(template)
    percents = [mark for mark in marks if mark[1] == "%"]
    if template.count("%") != len(marks) + len(percents):
        return None
    python = _SIMPLE.sub(lambda found: found[0] if found[1] or found[2] == "%" else "%s", template)
    return python, "".join(verb for _, verb in marks if verb != "%")


class _Printf:
    """One call of Sprintf; the order of checks is that of Go's doPrintf."""

    def __init__(self, template: str, args: Sequence[object]) -> None:
        self.text = template
        self.args = args
        self.at = 0
        self.number = 0
        self.good = True
        self.after_index = False
        self.reordered = False
        self.out: list[str] = []

    def run(self) -> str:
        text, end = self.text, len(self.text)
        while self.at < end:
            found = text.find("%", self.at)
            if found < 0:
                self.out.append(text[self.at :])
                break
            self.out.append(text[self.at : found])
            self.at = found + 1
            self._verb(self._flags(end), end)
        if not self.reordered and self.number < len(self.args):
            self._extra()
        return joined("".join(self.out))

    def _flags(self, end: int) -> Flags:
        self.good = True
        self.after_index = False
        flags = Flags()
        while self.at < end:
            match self.text[self.at]:
                case "#":
                    flags.sharp = True
                case "0":
                    flags.zero = True
                case "+":
                    flags.plus = True
                case "-":
                    flags.minus = True
                case " ":
                    flags.space = True
                case _:
                    break
            self.at += 1
        return flags

    def _verb(self, flags: Flags, end: int) -> None:
        text = self.text
        self._index(end)
        self._width(flags, end)
        if self.at + 1 < end and text[self.at] == ".":
            self.at += 1
            if self.after_index:
                self.good = False
            self._index(end)
            self._precision(flags, end)
        if not self.after_index:
            self._index(end)
        if self.at >= end:
            self.out.append("%!(NOVERB)")
            return
        verb = runes(text[self.at])
        self.at += 1
        if verb == "%":
            self.out.append("%")
        elif not self.good:
            self.out.append(f"%!{verb}(BADINDEX)")
        elif self.number >= len(self.args):
            self.out.append(f"%!{verb}(MISSING)")
        else:
            if verb in "vw":
                flags.sharp_v, flags.sharp = flags.sharp, False
                flags.plus_v, flags.plus = flags.plus, False
            self.out.append(print_value(self.args[self.number], verb, flags))
            self.number += 1

    def _width(self, flags: Flags, end: int) -> None:
        if self.at < end and self.text[self.at] == "*":
            self.at += 1
            flags.width = self._star()
            if flags.width is None:
                self.out.append("%!(BADWIDTH)")
            elif flags.width < 0:
                flags.width = -flags.width
                flags.minus, flags.zero = True, False
            self.after_index = False
            return
        flags.width = self._digits(end)
        if self.after_index and flags.width is not None:
            self.good = False

    def _precision(self, flags: Flags, end: int) -> None:
        if self.at < end and self.text[self.at] == "*":
            self.at += 1
            precision = self._star()
            if precision is None or precision < 0:
                self.out.append("%!(BADPREC)")
                precision = None
            flags.precision = precision
            self.after_index = False
            return
        found = self._digits(end)
        flags.precision = 0 if found is None else found

    def _star(self) -> int | None:
        if self.number >= len(self.args):
            return None
        arg = self.args[self.number]
        self.number += 1
        if isinstance(arg, bool) or not isinstance(arg, int):
            return None
        return int(arg) if -_TOO_LARGE <= arg <= _TOO_LARGE else None

    def _digits(self, end: int) -> int | None:
        found, self.at = _whole(self.text, self.at, end)
        return found

    def _index(self, end: int) -> None:
        """Read ``[n]``: which argument comes next."""
        self.after_index = False
        if self.at >= end or self.text[self.at] != "[":
            return
        self.reordered = True
        close = self.text.find("]", self.at + 1)
        if close < 0 or end - self.at < 3:
            self.good = False
            self.at += 1
            return
        number, stop = _whole(self.text, self.at + 1, close)
        self.after_index = number is not None and stop == close
        self.at = close + 1
        if self.after_index and number is not None and 1 <= number <= len(self.args):
            self.number = number - 1
        else:
            self.good = False

    def _extra(self) -> None:
        shown = []
        for arg in self.args[self.number :]:
            if arg is None:
                shown.append("<nil>")
            else:
                shown.append(f"{type_name(arg)}={print_value(arg, 'v', PLAIN)}")
        self.out.append(f"%!(EXTRA {', '.join(shown)})")


def _whole(text: str, start: int, end: int) -> tuple[int | None, int]:
    """Return the number at a place and where it ends; one far too large is none, and gives the text up (parsenum)."""
    number, at = 0, start
    while at < end and "0" <= text[at] <= "9":
        if number > _TOO_LARGE:
            return None, end
        number = number * 10 + int(text[at])
        at += 1
    return (number if at > start else None), at
