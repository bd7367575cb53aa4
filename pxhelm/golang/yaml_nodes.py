"""A document as goyaml sees it before decoding: a tree of nodes with tags, anchors and places.

By libyaml, as far as that surely reads as goyaml does; ``yaml_parser`` reads the rest. Never decides what a scalar
means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pxhelm.golang.bounds import bounds

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


class UnsureError(Exception):
    """What libyaml refuses, or may read otherwise than goyaml."""


_OTHERWISE = re.compile(r"!\S*[,\[\]{}]|\\/|.\ufeff", re.DOTALL)
"""Tags, an escape and marks inside the text that libyaml and goyaml do not read alike."""


def libyaml_documents(text: str) -> Iterator[Node]:
    """Yield the root node of each document as long as libyaml surely reads as goyaml does; UnsureError where not."""
    from yaml import YAMLError
    from yaml._yaml import CParser
    from yaml.events import DocumentStartEvent, StreamEndEvent

    if _OTHERWISE.search(text):
        raise UnsureError
    try:
        parser = CParser(text.encode("utf-8", "surrogateescape"))
        while not isinstance(event := parser.get_event(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                root = _Builder(parser.get_event).build()
                parser.get_event()  # the document's end, whose scanning may still fail
                yield root
    except YAMLError as error:
        reason = getattr(error, "reason", None)
        if reason is not None and not reason.startswith("control"):  # of bytes that are no characters
            raise YamlError(f"yaml: {reason}") from None
        raise UnsureError from None


class _Builder:
    """Builds one document's tree from events."""

    def __init__(self, get_event: Any) -> None:
        self._get = get_event
        self._flow = 0
        self._anchors: dict[str, Node] = {}

    def build(self) -> Node:
        from yaml import events

        root: Node | None = None
        stack: list[Node] = []
        while True:
            event = self._get()
            if isinstance(event, events.MappingEndEvent | events.SequenceEndEvent):
                stack.pop()
                self._flow = max(self._flow - 1, 0)
            else:
                node = self._node(event)
                if stack:
                    above = stack[-1]
                    if node.kind in (SEQUENCE, MAPPING) and above.kind == MAPPING and not len(above.children) % 2:
                        raise UnsureError  # goyaml sees too late that a collection is a key
                    above.children.append(node)
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
            if self._flow and "?" in event.value and not event.style:
                raise UnsureError  # to goyaml, a question mark in a flow collection always begins a key
            node = Node(SCALAR, mark.line, mark.column, event.tag or "", event.value, plain=bool(event.implicit[0]))
        else:
            kind = MAPPING if isinstance(event, events.MappingStartEvent) else SEQUENCE
            if event.flow_style:
                self._flow += 1
            node = Node(kind, mark.line, mark.column, event.tag or "")
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node
