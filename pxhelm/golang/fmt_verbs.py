"""How fmt prints one value with one verb: strings, composites, methods, and ``%!verb(type=value)``.

The order of questions is that of Go's printArg and printValue, since it shows in what they print.
"""

from __future__ import annotations

from dataclasses import replace

from pxhelm.golang.fmt_numbers import (
    PLAIN,
    Flags,
    imaginary,
    integer,
    pad,
    quote_ascii,
    quoted_rune,
    real,
    rune,
    unicode,
)
from pxhelm.golang.strconv import quote
from pxhelm.golang.value import Uint8, Uint64, go_bytes, go_string, type_name

NIL = "<nil>"


def print_value(value: object, verb: str, flags: Flags) -> str:
    """Return one argument as printArg prints it."""
    return _Printer(verb, flags).argument(value)


_ADDRESS = 0x2A0000000000
"""Where everything lies: of as many digits as most addresses of Go have."""
_BYTES = tuple(map(str, range(256)))


class _Printer:
    """One argument with one verb; ``erroring`` while a bad verb is explained, when methods are not asked."""

    __slots__ = ("erroring", "flags", "verb")

    def __init__(self, verb: str, flags: Flags, *, erroring: bool = False) -> None:
        self.verb = verb
        self.flags = flags
        self.erroring = erroring

    def argument(self, value: object) -> str:
        verb = self.verb
        if value is None:
            return pad(NIL, self.flags) if verb in "Tv" else f"%!{verb}({NIL})"
        if verb == "T":
            return self._s(type_name(value))
        if verb == "p":
            held = type_name(value).startswith("*") or isinstance(value, dict | list | bytes)
            return self._pointer(value) if held else self._bad(value)
        return self._any(value, 0)

    def _any(self, value: object, depth: int) -> str:
        if isinstance(value, str) and self.verb != "w":
            return self._string(value)
        if isinstance(value, bool):
            return pad("true" if value else "false", self.flags) if self.verb in "tv" else self._bad(value)
        if self.verb == "w" and depth == 0 and not self.erroring and not isinstance(value, bytes):
            return self._bad(value)  # no error to wrap
        if self.flags.sharp_v and not self.erroring and hasattr(value, "go_source"):
            return self._s(str(value.go_source()))
        method = None if hasattr(value, "GO_POINTER_STRING") else self._stringer(value)
        if method is not None:
            return self._string(method)
        if isinstance(value, int):
            return self._integer(value)
        if isinstance(value, float):
            return real(value, self.verb, self.flags) if self.verb in _REAL else self._bad(value)
        if isinstance(value, complex):
            return imaginary(value, self.verb, self.flags) if self.verb in _REAL else self._bad(value)
        if isinstance(value, bytes):
            return self._bytes(value, depth)
        if isinstance(value, dict):
            return self._map(value, depth)
        if isinstance(value, list | tuple):
            return self._list(value, depth)
        return self._struct(value, depth)

    def _stringer(self, value: object) -> str | None:
        """Return what a value's own String or Error method says, when fmt would ask it."""
        if self.erroring or self.flags.sharp_v or self.verb not in "vsxXq" or not hasattr(value, "GO_METHODS"):
            return None
        return str(value) if "String" in value.GO_METHODS or "Error" in value.GO_METHODS else None

    def _bad(self, value: object) -> str:
        if value is None:
            return f"%!{self.verb}({NIL})"
        shown = _Printer("v", self.flags, erroring=True)._any(value, 0)  # noqa: SLF001 - its own kind
        return f"%!{self.verb}({type_name(value)}={shown})"

    # scalars

    def _s(self, text: str) -> str:
        return pad(self._cut(text), self.flags)

    def _cut(self, text: str) -> str:
        return text if self.flags.precision is None else text[: self.flags.precision]

    def _string(self, text: str) -> str:
        match self.verb:
            case "v":
                return self._quoted(text) if self.flags.sharp_v else self._s(text)
            case "s":
                return self._s(text)
            case "x" | "X":
                return self._hex(go_bytes(text))
            case "q":
                return self._quoted(text)
        return self._bad(text)

    def _quoted(self, text: str) -> str:
        text, flags = self._cut(text), self.flags
        if flags.sharp and can_backquote(text):
            return pad(f"`{text}`", flags)
        return pad(quote_ascii(text) if flags.plus else quote(text), flags)

    def _hex(self, raw: bytes) -> str:
        flags, verb = self.flags, self.verb
        if flags.precision is not None:
            raw = raw[: flags.precision]
        if not raw:
            return pad("", flags)
        digits = raw.hex() if verb == "x" else raw.hex().upper()
        lead = f"0{verb}" if flags.sharp else ""
        if flags.space:
            digits = f" {lead}".join(digits[i : i + 2] for i in range(0, len(digits), 2))
        return pad(lead + digits, flags)

    def _integer(self, number: int) -> str:
        flags = self.flags
        match self.verb:
            case "v" if flags.sharp_v and isinstance(number, Uint64 | Uint8):
                sharp, flags.sharp = flags.sharp, True
                text = integer(number, "x", flags)
                flags.sharp = sharp
                return text
            case "v" | "d" | "b" | "o" | "O" | "x" | "X":
                return integer(number, self.verb, flags)
            case "c":
                return pad(rune(number), flags)
            case "q":
                return quoted_rune(number, flags)
            case "U":
                return unicode(number, flags)
        return self._bad(number)

    def _bytes(self, raw: bytes, depth: int) -> str:
        flags = self.flags
        match self.verb:
            case "v" | "d":
                if flags.sharp_v:
                    name = "[]byte" if depth == 0 else "[]uint8"
                    return f"{name}{{{', '.join(integer(b, 'x', replace(flags, sharp=True)) for b in raw)}}}"
                if flags == PLAIN:  # charts that print their root print all files so
                    return f"[{' '.join(map(_BYTES.__getitem__, raw))}]"
                return f"[{' '.join(integer(b, 'd', flags) for b in raw)}]"
            case "s":
                return self._s(go_string(raw))
            case "x" | "X":
                return self._hex(raw)
            case "q":
                return self._quoted(go_string(raw))
        items = [self._any(Uint8(b), depth + 1) for b in raw]
        return f"[]uint8{{{', '.join(items)}}}" if flags.sharp_v else f"[{' '.join(items)}]"

    # composites

    def _element(self, value: object, depth: int) -> str:
        if value is None:
            return "interface {}(nil)" if self.flags.sharp_v else NIL
        return self._any(value, depth + 1)

    def _map(self, value: dict[object, object], depth: int) -> str:
        keys = sorted(value, key=lambda k: go_bytes(k) if isinstance(k, str) else b"")
        pairs = [f"{self._element(k, depth)}:{self._element(value[k], depth)}" for k in keys]
        if self.flags.sharp_v:
            return (
                f"{type_name(value)}(nil)"
                if getattr(value, "GO_NIL", False)
                else f"{type_name(value)}{{{', '.join(pairs)}}}"
            )
        return f"map[{' '.join(pairs)}]"

    def _list(self, value: list[object] | tuple[object, ...], depth: int) -> str:
        if self.flags.sharp_v and getattr(value, "GO_NIL", False):
            return f"{type_name(value)}(nil)"
        items = [self._element(item, depth) for item in value]
        if self.flags.sharp_v:
            return f"{type_name(value)}{{{', '.join(items)}}}"
        return f"[{' '.join(items)}]"

    def _pointer(self, value: object) -> str:
        """Lay out where a value lies: in Go another place in each run."""
        flags = self.flags
        place = 0 if getattr(value, "GO_NIL", False) else _ADDRESS
        if self.verb == "v" and not flags.sharp_v and not place:
            return pad(NIL, flags)
        if self.verb in "vp":
            bare = flags.sharp and not flags.sharp_v
            text = integer(place, "x", replace(flags, sharp=not bare))
            if self.verb == "p" or not flags.sharp_v:
                return text
            return f"({type_name(value)})({text if place else 'nil'})"
        if self.verb in "bodxX":
            return self._integer(place)
        return self._bad(value)

    def _struct(self, value: object, depth: int) -> str:
        fields = getattr(value, "GO_LAYOUT", None) or getattr(value, "GO_FIELDS", None)
        name = type_name(value)
        if fields is None:
            return self._pointer(value) if name.startswith("*") else f"{{{name}}}"
        if depth > 0 and name.startswith("*"):
            return self._pointer(value)
        flags = self.flags
        lead = "&" if name.startswith("*") and depth == 0 else ""
        if flags.sharp_v:
            lead += name.removeprefix("*")
        named = flags.plus_v or flags.sharp_v
        parts = [
            (f"{field}:" if named else "") + self._element(_field(value, attribute), depth)
            for field, attribute in fields.items()
        ]
        return f"{lead}{{{(', ' if flags.sharp_v else ' ').join(parts)}}}"


def _field(value: object, attribute: str) -> object:
    found: object = getattr(value, attribute)
    return found() if callable(found) else found


_REAL = "vbgGxXfFeE"


def can_backquote(text: str) -> bool:
    """Whether the text can stand between backquotes unchanged (strconv.CanBackquote)."""
    return not any(c in "`\x7f\ufeff" or (c < " " and c != "\t") or 0xDC80 <= ord(c) <= 0xDCFF for c in text)


__all__ = ["NIL", "PLAIN", "Flags", "can_backquote", "print_value", "quote_ascii"]
