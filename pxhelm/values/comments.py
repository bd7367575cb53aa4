"""What the comments of a values.yaml say about its values, in the forms that helm-docs and its like read.

``# -- text`` above a key (``# -- (int) text`` with a type), ``# @default -- text``, ``# @ignored``, ``# @schema k:v;k:v``
and blocks of YAML between two ``# @schema`` lines. In a file without any ``# --`` the comments above keys are taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pxhelm.golang.yaml import YamlError, load_typed, load_with_positions

Path = tuple[str, ...]
_TYPED: Final = re.compile(r"\((\w[\w/ ]*)\)\s+(.*)", re.DOTALL)
_TRAILING: Final = re.compile(r"\s#\s*(?:--\s*(?P<text>.*)|(?P<schema>@schema\s.*))$")


@dataclass(frozen=True, slots=True)
class Note:
    """One value and what is said about it."""

    path: Path
    value: Any
    text: str = ""
    type: str = ""
    default: str = ""
    """What to show instead of the value."""
    ignored: bool = False
    documented: bool = False
    """Whether a comment marks it with ``--``."""
    schema: Mapping[str, Any] = field(default_factory=dict)


def notes(text: str) -> list[Note]:
    """Return every value of a values.yaml in the file's order, maps before what is in them; YamlError."""
    values = load_typed(text)
    documents = load_with_positions(text)
    if not isinstance(values, dict) or not documents:
        return []
    lines = text.split("\n")
    marked = any(re.match(r"\s*#\s*--\s", line) for line in lines)
    places = documents[0].positions
    found = []
    for path, value in _every(values, ()):
        line = places[path][0]
        found.append((line, _note(path, value, lines, line, marked=marked)))
    return [note for _, note in sorted(found, key=lambda each: each[0])]


def _every(values: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    for key, value in values.items():
        yield (*path, key), value
        if isinstance(value, dict):
            yield from _every(value, (*path, key))


def _above(lines: list[str], line: int) -> list[str]:
    """Return the comment right above a line, without its marks."""
    begin = line - 1
    while begin > 0 and lines[begin - 1].lstrip().startswith("#"):
        begin -= 1
    return [re.sub(r"^\s*#+ ?", "", one) for one in lines[begin : line - 1]]


def _note(path: Path, value: Any, lines: list[str], line: int, *, marked: bool) -> Note:
    comment = _above(lines, line)
    trailing = _TRAILING.search(lines[line - 1])
    if trailing is not None:
        comment += [f"-- {trailing['text']}" if trailing["text"] is not None else trailing["schema"]]
    schema, comment = _schema(comment)
    words: list[str] = []
    default, documented, ignored = "", False, False
    for one in comment:
        if one.startswith("-- "):
            words, documented = [one[3:]], True
        elif one.startswith("@default -- "):
            default = one[12:].strip()
        elif one.startswith("@ignore"):
            ignored = True
        elif not one.startswith("@") and (documented or not marked):
            words.append(one)
    text = " ".join(" ".join(words).split())
    typed = _TYPED.fullmatch(text) if documented else None
    kind, text = (typed[1], typed[2]) if typed else ("", text)
    return Note(path, value, text, kind, default, ignored, documented, schema)


def _schema(comment: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Take what ``@schema`` says out of a comment."""
    found: dict[str, Any] = {}
    rest: list[str] = []
    block: list[str] | None = None
    for one in comment:
        if one.strip() == "@schema":
            if block is None:
                block = []
            else:
                found |= _map("\n".join(block))
                block = None
        elif block is not None:
            block.append(one)
        elif one.startswith("@schema "):
            for pair in filter(None, map(str.strip, one[8:].split(";"))):
                key, _, value = pair.partition(":")
                found[key.strip()] = _scalar(value.strip())
        else:
            rest.append(one)
    return found, rest


def _map(text: str) -> dict[str, Any]:
    loaded = load_typed(text) if text.strip() else {}
    if not isinstance(loaded, dict):
        raise YamlError(f"what stands between @schema lines is a map, not {loaded!r}")
    return loaded


def _scalar(text: str) -> Any:
    return True if not text else load_typed(text)
