"""Go's string functions where Python's differ, and goutils, which sprig uses.

Strings are Go's (``value.py``); everything here counts as the Go library does, in bytes or in runes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from pxhelm.golang.fmt import value_text
from pxhelm.golang.strconv import format_float
from pxhelm.golang.value import go_bytes, go_string, joined, runes

SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
"""What ``unicode.IsSpace`` takes for white space; Python's strip takes more."""

_SPACES = re.compile(f"[{SPACE}]+")


class GoPanicError(Exception):
    """A panic of Go's runtime; the text is Go's."""


def to_string(value: object) -> str:
    """Return a value as sprig's ``strval``: texts as they are, all else as ``%v`` prints it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if type(value) is float:
        return format_float(value)
    if type(value) is int:
        return str(value)
    if isinstance(value, bytes):
        return go_string(value)
    return sprint(value)


def sprint(value: object) -> str:
    """Return what ``%v`` prints."""
    return value_text(value)


def cut(text: str, start: int, end: int) -> str:
    """Return the bytes from ``start`` to ``end``; GoPanicError as a slice expression out of bounds."""
    ascii_ = text.isascii()
    raw = b"" if ascii_ else go_bytes(text)
    length = len(text) if ascii_ else len(raw)
    if end < 0 or end > length:
        raise GoPanicError(
            f"runtime error: slice bounds out of range [:{end}]" + (f" with length {length}" if end >= 0 else "")
        )
    if start < 0 or start > end:
        raise GoPanicError(f"runtime error: slice bounds out of range [{start}:" + (f"{end}]" if start >= 0 else "]"))
    return text[start:end] if ascii_ else go_string(raw[start:end])


def length(text: str) -> int:
    """Return the length in bytes."""
    return len(text) if text.isascii() else len(go_bytes(text))


def split(text: str, separator: str, limit: int = -1) -> list[str]:
    """Cut as ``strings.SplitN``: an empty separator cuts between characters; limit 0 gives nothing."""
    if limit == 0:
        return []
    if separator:
        most = limit - 1 if limit > 0 else -1
        if _is_partial(separator):
            return [go_string(piece) for piece in go_bytes(text).split(go_bytes(separator), most)]
        return text.split(separator, most)
    if limit < 0 or limit > len(text):
        return list(text)
    return [*text[: limit - 1], text[limit - 1 :]] if text else []


def _is_partial(text: str) -> bool:
    """Whether the text may be a part of a character, to be looked for among bytes."""
    return not text.isascii() and runes(text) != text


def contains(text: str, part: str) -> bool:
    """Whether the bytes of one text are in another."""
    return go_bytes(part) in go_bytes(text) if _is_partial(part) else part in text


def has_prefix(text: str, prefix: str) -> bool:
    """Whether a text begins with the bytes of another."""
    return go_bytes(text).startswith(go_bytes(prefix)) if _is_partial(prefix) else text.startswith(prefix)


def has_suffix(text: str, suffix: str) -> bool:
    """Whether a text ends with the bytes of another."""
    return go_bytes(text).endswith(go_bytes(suffix)) if _is_partial(suffix) else text.endswith(suffix)


def trim_prefix(text: str, prefix: str) -> str:
    """Remove a beginning, bytewise."""
    if _is_partial(prefix):
        return go_string(go_bytes(text).removeprefix(go_bytes(prefix)))
    return text.removeprefix(prefix)


def trim_suffix(text: str, suffix: str) -> str:
    """Remove an ending, bytewise."""
    if _is_partial(suffix):
        return go_string(go_bytes(text).removesuffix(go_bytes(suffix)))
    return text.removesuffix(suffix)


def replace(text: str, old: str, new: str) -> str:
    """Replace all, as ``strings.Replace``; an empty ``old`` is found before each character and at the end."""
    if _is_partial(old):
        return go_string(go_bytes(text).replace(go_bytes(old), go_bytes(new)))
    return joined(text.replace(old, new))


def trim_space(text: str) -> str:
    """Strip what Go takes for white space."""
    return text.strip(SPACE)


def fields_removed(text: str) -> str:
    """Delete all white space (goutils.DeleteWhiteSpace), which takes each byte for a character."""
    if text.isascii():
        return _SPACES.sub("", text)
    latin = go_bytes(text).decode("latin-1")
    changed = _SPACES.sub("", latin)
    return text if changed == latin else changed


def upper(text: str) -> str:
    """Return the text in upper case, character by character."""
    return text.upper() if text.isascii() else _mapped(text, upper_rune)


def lower(text: str) -> str:
    """Return the text in lower case, character by character."""
    return text.lower() if text.isascii() else _mapped(text, lower_rune)


def _mapped(text: str, each: Callable[[str], str]) -> str:
    return "".join(map(each, runes(text)))


def upper_rune(char: str) -> str:
    """Return the character in upper case; where that is not one character, in title case if that is."""
    changed = char.upper()
    return changed if len(changed) == 1 else title_rune(char)


def lower_rune(char: str) -> str:
    """Return the character in lower case, itself where that is not one character."""
    changed = char.lower()
    return changed if len(changed) == 1 else "i" if char == "\u0130" else char


def title_rune(char: str) -> str:
    """Return the character in title case, itself where that is not one character."""
    changed = char.title()
    return changed if len(changed) == 1 else char


def _is_separator(char: str) -> bool:
    if char < "\x80":
        return not (char.isalnum() or char == "_")
    return not (char.isalpha() or char.isdecimal()) and char in SPACE


def title(text: str) -> str:
    """Return the text with each word's first letter in title case, words as Go's old ``strings.Title`` sees them."""
    out: list[str] = []
    previous = " "
    for char in runes(text):
        out.append(title_rune(char) if _is_separator(previous) else char)
        previous = char
    return "".join(out)


def uncapitalize(text: str) -> str:
    """Lower each word's first letter (goutils.Uncapitalize)."""
    out: list[str] = []
    fresh = True
    for char in runes(text):
        if char in SPACE:
            fresh = True
        elif fresh:
            char = lower_rune(char)  # noqa: PLW2901
            fresh = False
        out.append(char)
    return "".join(out)


def swap_case(text: str) -> str:
    """Swap the case word by word (goutils.SwapCase)."""
    out: list[str] = []
    fresh = True
    for char in runes(text):
        category = unicodedata.category(char)
        if category in ("Lu", "Lt"):
            out.append(lower_rune(char))
            fresh = False
        elif category == "Ll":
            out.append(title_rune(char) if fresh else upper_rune(char))
            fresh = False
        else:
            out.append(char)
            fresh = char in SPACE
    return "".join(out)


def initials(text: str) -> str:
    """Return the first character of each word (goutils.Initials), which takes each byte for a character."""
    latin = text if text.isascii() else go_bytes(text).decode("latin-1")
    return "".join(word[0] for word in _SPACES.split(latin) if word)


def wrap(text: str, width: int, newline: str = "\n", *, long_words: bool = False) -> str:
    """Wrap one line at spaces after ``width`` bytes (goutils.WrapCustom)."""
    raw = go_bytes(text)
    broken = go_bytes(newline or "\n")
    width = max(width, 1)
    out: list[bytes] = []
    at = 0
    while len(raw) - at > width:
        if raw[at] == 0x20:
            at += 1
            continue
        space = raw.rfind(b" ", at, at + width + 1)
        if space >= at:
            out += [raw[at:space], broken]
            at = space + 1
        elif long_words:
            out += [raw[at : at + width], broken]
            at += width
        else:
            space = raw.find(b" ", at + width)
            if space < 0:
                break
            out += [raw[at:space], broken]
            at = space + 1
    out.append(raw[at:])
    return go_string(b"".join(out))


def abbreviate(text: str, offset: int, width: int) -> str:
    """Cut to ``width`` bytes with ``...`` where something is missing (goutils.AbbreviateFull); empty if too narrow."""
    raw = go_bytes(text)
    if not raw:
        return ""
    if width < 4:
        return ""
    if len(raw) <= width:
        return text
    offset = min(offset, len(raw))
    if len(raw) - offset < width - 3:
        offset = len(raw) - (width - 3)
    if offset <= 4:
        return go_string(raw[: width - 3]) + "..."
    if width < 7:
        return ""
    if offset + width - 3 < len(raw):
        return "..." + abbreviate(go_string(raw[offset:]), 0, width - 3)
    return "..." + go_string(raw[len(raw) - (width - 3) :])
