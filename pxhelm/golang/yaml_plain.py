"""The shortest road from YAML text to values: block maps and lists of one-line scalars, read line by line.

Serves what is certainly valid and means the same to every parser: printable ASCII, simple keys, plain and quoted
scalars without escapes, comments. For all else ``plain_value`` answers ``UNUSUAL`` and a real parser is asked. Never
words an error.
"""

from __future__ import annotations

import re
from typing import Any, Final

from pxhelm.golang.yaml_compose import UNUSUAL, key_of, resolve_value
from pxhelm.golang.yaml_resolve import HINTS

_WORD = r'[!-"$-9;-~]'  # neither ":" nor "#"
_PLAIN = rf"-?[A-Za-z0-9_/.]{_WORD}*+(?:(?:\ ++|:)(?={_WORD}){_WORD}++)*+"
_QUOTED = r'"[ !\#-\[\]-~]*+"|\'[ -&(-~]*+\''
_LINE: Final = re.compile(
    rf"""
    ^(\ *+)                                 # indentation
    (?:
        (-\ )?                              # an item of a list
        (?:([A-Za-z_][\w./-]{{0,100}}+):(?:\ ++|$))?
        ({_PLAIN} | {_QUOTED} | {{}} | \[\])?
        \ *+
    )?
    (?:(?:^|(?<=\ ))\#[ -~]*)?$
    """,
    re.MULTILINE | re.VERBOSE | re.ASCII,
)
MAX_DEPTH = 100
"""Levels beyond which the real parser decides."""

Row = tuple[str, str, str, str]
"""Indentation, dash, key, scalar of a line."""


def plain_value(text: str) -> object:
    """Return the value of a document, as ``load`` does; UNUSUAL when it has anything beyond the simplest form."""
    if not text.isascii():
        return UNUSUAL
    rows: list[Row] = _LINE.findall(text)
    if len(rows) != text.count("\n") + 1:
        return UNUSUAL  # some line is of another form
    return _built(rows)


def _built(rows: list[Row]) -> object:
    root: dict[str, Any] = {}
    stack: list[tuple[int, Any]] = []
    container: Any = root  # the dict or list that lines of this column fill
    column = -1
    key: Any = ""
    waiting = True  # whether the last line was a key without a value
    for indentation, dash, name, scalar in rows:
        if not name and not scalar:
            if dash:
                return UNUSUAL
            continue
        at = len(indentation)
        if at > column or (waiting and dash and at == column and container.__class__ is dict):
            if not waiting or len(stack) > MAX_DEPTH:
                return UNUSUAL  # a scalar over several lines
            stack.append((column, container))
            container[key] = container = [] if dash else {}
            column = at
        else:
            if waiting:
                container[key] = None
            while at < column or (at == column and not dash and container.__class__ is list):
                column, container = stack.pop()
            if at != column or (container.__class__ is list) is not bool(dash):
                return UNUSUAL
        waiting = False
        value: Any = scalar
        if scalar and (value := _scalar(scalar)) is UNUSUAL:
            return UNUSUAL
        if not name:
            if not dash:
                return UNUSUAL
            container.append(value)
            continue
        if dash:
            stack.append((column, container))
            item: dict[str, Any] = {}
            container.append(item)
            container = item
            column = at + 2
        key = name
        if name[0] in HINTS and (key := key_of(name)) is UNUSUAL:
            return UNUSUAL
        if scalar:
            container[key] = value
        else:
            waiting = True
    if waiting:
        container[key] = None
    return root[""] if column >= 0 else UNUSUAL


def _scalar(text: str) -> object:
    first = text[0]
    if first in "\"'":
        return text[1:-1]
    if first in HINTS:
        return resolve_value(text)
    if first == "{":
        return {}
    if first == "[":
        return []
    return text
