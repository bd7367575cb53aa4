"""A document as goyaml sees it before decoding: a tree of nodes with tags, anchors and places.

The slow, exact road: the fast composer (``yaml_compose``) hands over here whatever is out of the ordinary. Never
decides what a scalar means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pxhelm.golang.bounds import bounds

_SLASH = re.compile(r"(?:[^\\]|\\[^/])*?\\/", re.DOTALL)

SCALAR = 0
SEQUENCE = 1
MAPPING = 2
ALIAS = 3


class YamlError(ValueError):
    """YAML that cannot be read; the text is goyaml's, ``line`` is 1-based and 0 when unknown."""

    def __init__(self, text: str, line: int = 0) -> None:
        super().__init__(text)
        self.line = line


@dataclass(slots=True)
class Node:
    """One node; ``children`` of a mapping are key, value, key, value, and so on."""

    kind: int
    line: int
    """0-based, as libyaml counts."""
    column: int
    tag: str = ""
    value: str = ""
    plain: bool = False
    """Whether a scalar without a tag may be something else than text."""
    children: list[Node] = field(default_factory=list)
    target: Node | None = None
    """What an alias stands for."""


def first_document(text: str) -> Node | None:
    """Return the root of the first document, None when there is none; YamlError as goyaml words it."""
    return next(documents(text), None)


MAX_REPAIRS = 64
"""Words such as ``{b:}`` in one text that are read as goyaml reads them; libyaml refuses them."""


def documents(text: str) -> Iterator[Node]:
    """Yield the root node of each document of the stream."""
    from itertools import islice

    done = 0
    for _ in range(MAX_REPAIRS):
        try:
            for root in islice(_documents(text), done, None):
                done += 1
                yield root
        except _ColonError as error:
            text = error.repaired(text)
        else:
            return
    for root in islice(_documents(text), done, None):
        yield root


class _ColonError(YamlError):
    """A word in a flow collection that ends in a colon: libyaml takes offence, goyaml takes it as it is."""

    begin = end = 0

    def repaired(self, text: str) -> str:
        """Return the text with that word in quotes."""
        word = text[self.begin : self.end].replace("'", "''")
        return f"{text[: self.begin]}'{word}'{text[self.end :]}"


def _documents(text: str) -> Iterator[Node]:
    from yaml import YAMLError
    from yaml._yaml import CParser
    from yaml.events import DocumentStartEvent, StreamEndEvent

    try:
        parser = CParser(text.encode("utf-8", "surrogateescape"))
        while not isinstance(event := parser.get_event(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                root = _Builder(parser.get_event, text if "\\/" in text else "").build()
                parser.get_event()  # the document's end, whose scanning may still fail
                yield root
    except YAMLError as error:
        raise _colon(error) or translate(error) from None


def _colon(error: Any) -> YamlError | None:
    if getattr(error, "problem", "") != "found unexpected ':'" or error.context_mark.line != error.problem_mark.line:
        return None
    told = _ColonError(str(translate(error)), translate(error).line)
    told.begin, told.end = error.context_mark.index, error.problem_mark.index + 1
    return told


def translate(error: Any) -> YamlError:
    """Word a libyaml error as goyaml does, with its way of counting lines."""
    reason = getattr(error, "reason", None)
    if reason is not None:
        return YamlError(f"yaml: {reason}")
    line = error.problem_mark.line if error.problem_mark else 0
    if line:
        if type(error).__name__ == "ScannerError":
            line += 1
    elif error.context_mark:
        line = error.context_mark.line
    return YamlError(f"yaml: line {line}: {error.problem}" if line else f"yaml: {error.problem}", line)


class _Builder:
    """Builds one document's tree from events."""

    def __init__(self, get_event: Any, text: str = "") -> None:
        self._get = get_event
        self._text = text
        self._flow: list[tuple[str, int]] = []
        self._anchors: dict[str, Node] = {}

    def build(self) -> Node:
        from yaml import events

        root: Node | None = None
        stack: list[Node] = []
        while True:
            event = self._get()
            if isinstance(event, events.MappingEndEvent | events.SequenceEndEvent):
                stack.pop()
                if self._flow:
                    self._flow.pop()
            else:
                node = self._node(event)
                if stack:
                    stack[-1].children.append(node)
                else:
                    root = node
                if node.kind in (SEQUENCE, MAPPING):
                    stack.append(node)
                    if len(stack) > bounds.yaml_depth:
                        text = f"yaml: line {node.line + 1}: exceeded max depth of {bounds.yaml_depth}"
                        raise YamlError(text, node.line + 1)
            if not stack and root is not None:
                return root

    def _node(self, event: Any) -> Node:
        from yaml import events

        mark = event.start_mark
        if isinstance(event, events.AliasEvent):
            target = self._anchors.get(event.anchor or "")
            if target is None:
                raise YamlError(f"yaml: unknown anchor '{event.anchor}' referenced")
            return Node(ALIAS, mark.line, mark.column, value=event.anchor or "", target=target)
        if isinstance(event, events.ScalarEvent):
            self._refuse(event)
            node = Node(SCALAR, mark.line, mark.column, event.tag or "", event.value, plain=bool(event.implicit[0]))
        else:
            kind = MAPPING if isinstance(event, events.MappingStartEvent) else SEQUENCE
            if event.flow_style:
                self._flow.append(("}" if kind == MAPPING else "]", mark.line))
            node = Node(kind, mark.line, mark.column, event.tag or "")
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _refuse(self, event: Any) -> None:
        """Raise for what libyaml accepts and goyaml does not."""
        mark = event.start_mark
        if self._flow and "?" in event.value and not event.style:
            # to goyaml, a question mark in a flow collection always begins a key
            closing, start = self._flow[-1]
            line = mark.line or start
            where = f"line {line}: " if line else ""
            raise YamlError(f"yaml: {where}did not find expected ',' or '{closing}'", line)
        if self._text and event.style == '"':
            found = _SLASH.match(self._text, mark.index + 1, event.end_mark.index)
            if found:
                line = mark.line + self._text.count("\n", mark.index, found.end())
                where = f"line {line + 1}: " if line else ""
                raise YamlError(f"yaml: {where}found unknown escape character", line + 1 if line else 0)
