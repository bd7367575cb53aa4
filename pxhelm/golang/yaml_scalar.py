"""How goyaml writes one text as a YAML scalar: plain, quoted or literal, folded at 80 columns.

Follows the emitter of libyaml as ported to Go (v2; v3 where ``Dialect`` says so). Never looks at collections.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from pxhelm.golang.yaml_resolve import BINARY, HINTS, STR, is_base60, resolve_plain

BEST_WIDTH = 80


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where goyaml v2 (``toYaml``) and v3 (``toYamlPretty``) part."""

    width: int
    """Column after which texts fold; 0 = never."""
    tabs: bool
    """Whether a literal block may hold tabs."""
    old_bools: bool
    """Whether ``yes``, ``on`` … are quoted though they no longer resolve."""
    indented_lists: bool
    """Whether a list inside a map is indented."""
    digits_first: bool
    """Whether, after common digits, the key that goes on with a letter sorts last."""
    binary: bool
    """Whether bytes that are not UTF-8 become ``!!binary``; else they came through JSON, which replaces them."""


V2 = Dialect(width=BEST_WIDTH, tabs=False, old_bools=False, indented_lists=False, digits_first=False, binary=False)
V3 = Dialect(width=0, tabs=True, old_bools=True, indented_lists=True, digits_first=True, binary=True)

_V3_TEXT = frozenset("y Y yes Yes YES on On ON n N no No NO off Off OFF".split())  # noqa: SIM905  reads better
_SPECIAL = re.compile(r"[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_SPECIAL_TABS = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_BREAK = re.compile(r"[\r\n\x85\u2028\u2029]")
_BREAK_SPACE = re.compile(r"[\r\n\x85\u2028\u2029] ")
_SPACE_BREAK = re.compile(r" [\r\n\x85\u2028\u2029]")
_INDICATOR = re.compile(r"[#,\[\]{}&*!|>'\"%@`]|[?:\-](?:[ \t]|\Z)|---|\.\.\.")
_INNER_INDICATOR = re.compile(r"(?<!\A):(?:[ \t]|\Z)|(?<=[ \t\r\n\x85\u2028\u2029\0])#")
_ESCAPED = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_NAMED_ESCAPES = {
    0: "0", 7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 27: "e", 34: '"', 92: "\\",
    0x85: "N", 0xA0: "_", 0x2028: "L", 0x2029: "P",
}  # fmt: skip
_FOLD = re.compile(r"(?<! ) (?! )")
_UNREADABLE = re.compile("[\x7f-\x84\x86-\x9f\ufffe\uffff]")
_BAD_BYTE = re.compile("[\ud800-\udfff]")
_BREAKS = re.compile(r"([\n\u2028\u2029])")
_SEPARATORS = re.compile(r"([\u2028\u2029]+)")
_NEXT_LINE = re.compile("[ ]*\x85[ \x85]*")


def scalar(text: str, column: int, indent: int, dialect: Dialect = V2, *, key: bool = False) -> str:
    """Return a text as it stands after ``key:``, ``-`` or alone, without the space before.

    ``column`` is where it begins, ``indent`` that of its continuation lines; ``key``: a simple key, on one line.
    """
    if not text.isascii() and _BAD_BYTE.search(text):
        if dialect.binary:
            return _binary(text, indent, key=key)
        text = _BAD_BYTE.sub("\ufffd", text)
    if not dialect.binary and _UNREADABLE.search(text):
        raise ValueError("yaml: control characters are not allowed")
    if "\x85" in text and not dialect.binary:
        text = _reread(text, key=key)
    if "\n" in text:
        if not key and _literal_allowed(text, dialect):
            return _literal(text, indent)
        return _double(text, column, 0 if key else dialect.width, indent)
    width = 0 if key else dialect.width
    if (
        not reads_as_text(text, dialect)
        or _SPECIAL.search(text)
        or _BREAK_SPACE.search(text)
        or _SPACE_BREAK.search(text)
    ):
        return _double(text, column, width, indent)
    if text[0] == " " or text[-1] == " " or _BREAK.search(text) or has_indicator(text):
        return _single(text, column, width, indent)
    if not width or column + len(text) <= width + 1:
        return text
    return _fold(text, column, width, indent)


def _reread(text: str, *, key: bool) -> str:
    """Return what goyaml reads of the text's JSON: NEL, unescaped there, is a line break that folds to a space."""
    if key:
        raise ValueError("yaml: line 1: did not find expected ',' or '}'")
    return _NEXT_LINE.sub(lambda found: "\n" * (found[0].count("\x85") - 1) or " ", text)


def has_indicator(text: str) -> bool:
    """Whether a plain text would be read as YAML's own signs."""
    return _INDICATOR.match(text) is not None or _INNER_INDICATOR.search(text) is not None


def reads_as_text(text: str, dialect: Dialect) -> bool:
    """Whether the text, unquoted, would be read back as text."""
    if text == "":
        return False
    if text[0] not in HINTS:
        return True
    if dialect.old_bools and text in _V3_TEXT:
        return False
    return resolve_plain(text)[0] == STR and not is_base60(text)


def _binary(text: str, indent: int, *, key: bool) -> str:
    encoded = base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
    if len(encoded) < 70:
        return f"{BINARY} {encoded}"
    lines = "".join(encoded[i : i + 70] + "\n" for i in range(0, len(encoded), 70))
    return f"{BINARY} " + (_double(lines, 0, 0, indent) if key else _literal(lines, indent))


def _literal_allowed(text: str, dialect: Dialect) -> bool:
    special = _SPECIAL_TABS if dialect.tabs else _SPECIAL
    return not (text[-1] == " " or special.search(text) or _SPACE_BREAK.search(text))


def _literal(text: str, indent: int) -> str:
    hint = "2" if text[0] == " " or _BREAK.match(text) else ""
    if not _BREAK.match(text[-1]):
        chomp = "-"
    elif len(text) == 1 or _BREAK.match(text[-2]):
        chomp = "+"
    else:
        chomp = ""
    pad = " " * indent
    if "\u2028" in text or "\u2029" in text:
        body = "".join([pad + part if part and not _BREAK.match(part) else part for part in _BREAKS.split(text)])
    else:
        body = "\n".join([pad + line if line else line for line in text.split("\n")])
    return f"|{hint}{chomp}\n{body}"


def _fold(text: str, column: int, width: int, indent: int) -> str:
    """Break at single spaces beyond the width."""
    parts: list[str] = []
    start = 0
    last = len(text) - 1
    for found in _FOLD.finditer(text):
        at = found.start()
        if column + at - start > width and 0 < at < last:
            parts.append(text[start:at])
            start = at + 1
            column = indent
    parts.append(text[start:])
    return ("\n" + " " * indent).join(parts)


def _single(text: str, column: int, width: int, indent: int) -> str:
    quoted = text.replace("'", "''")
    if not _BREAK.search(quoted):
        return f"'{_fold(quoted, column + 1, width, indent) if width and column + len(quoted) > width else quoted}'"
    # line separators go out as they are; what follows them is indented
    parts = _SEPARATORS.split(quoted)
    column += 1
    for i in range(0, len(parts), 2):
        if width and column + len(parts[i]) > width:
            parts[i] = _fold(parts[i], column, width, indent)
        if i and parts[i]:
            parts[i] = " " * indent + parts[i]
        column = indent
    return "'" + "".join(parts) + "'"


def _escape(char: str) -> str:
    code = ord(char)
    name = _NAMED_ESCAPES.get(code)
    if name is not None:
        return "\\" + name
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _double(text: str, column: int, width: int, indent: int) -> str:
    if text.startswith("\ufeff"):
        body = "".join(map(_escape, text))  # goyaml looks for the mark at the start whatever the position
    elif _ESCAPED.search(text):
        body = _ESCAPED.sub(lambda found: _escape(found[0]), text)
    else:
        body = text
    if not width or column + 1 + len(body) <= width + 1 or " " not in body:
        return f'"{body}"'
    return f'"{_fold_double(body, column + 1, width, indent)}"'


def _fold_double(body: str, column: int, width: int, indent: int) -> str:
    pad = "\n" + " " * indent
    out: list[str] = []
    start = 0
    at = body.find(" ")
    last = len(body) - 1
    while at != -1:
        previous_space = at > 0 and body[at - 1] == " "
        if not previous_space and column + at - start > width and 0 < at < last:
            out.append(body[start:at] + pad)
            start = at + 1
            column = indent
            if body[at + 1] == " ":
                out.append("\\")
                column += 1
        at = body.find(" ", at + 1)
    out.append(body[start:])
    return "".join(out)
