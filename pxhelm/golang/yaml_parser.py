"""YAML's documents as goyaml v2 reads them (parserc.go, decode.go): tokens to trees, and its errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pxhelm.golang.bounds import bounds
from pxhelm.golang.value import go_bytes, go_string
from pxhelm.golang.yaml_nodes import ALIAS, MAPPING, SCALAR, SEQUENCE, Node, YamlError
from pxhelm.golang.yaml_scanner import Mark, Scanner, Token, failure
from pxhelm.golang.yaml_words import WORDS

_CORE: Final = {"!": "!", "!!": "tag:yaml.org,2002:"}


class Parser:
    """Reads the documents of one text."""

    def __init__(self, text: str) -> None:
        self._scanner = Scanner(go_string(go_bytes(text)).removeprefix("\ufeff"), WORDS)
        self._anchors: dict[str, Node] = {}
        self._handles: dict[str, str] = {}

    def documents(self) -> Iterator[Node]:
        """Yield the root of each document."""
        try:
            self._scanner.skip_token()  # the stream's start
            explicit = False
            while (root := self._document(explicit=explicit)) is not None:
                explicit = True
                yield root
        except RecursionError:
            raise YamlError(f"yaml: exceeded max depth of {bounds.yaml_depth}") from None

    def _next(self) -> Token:
        """Take the next token away and return the one after it."""
        self._scanner.skip_token()
        return self._scanner.peek()

    def _fail(self, problem: str, at: Mark, context: Mark | None = None) -> YamlError:
        return failure(problem, at, context, scanning=False)

    # documents

    def _document(self, *, explicit: bool) -> Node | None:
        token = self._scanner.peek()
        while explicit and token.kind == "document end":
            token = self._next()
        self._anchors = {}
        if token.kind == "stream end":
            return None
        if explicit or token.kind in ("version", "tag directive", "document start"):
            self._directives()
            token = self._scanner.peek()
            if token.kind != "document start":
                raise self._fail("did not find expected <document start>", token.start)
            token = self._next()
            if token.kind in ("version", "tag directive", "document start", "document end", "stream end"):
                root = _empty(token.start)
            else:
                root = self._node(0, block=True)
        else:
            self._directives()
            root = self._node(0, block=True)
        if self._scanner.peek().kind == "document end":
            self._scanner.skip_token()
        self._handles = {}
        return root

    def _directives(self) -> None:
        version = False
        while (token := self._scanner.peek()).kind in ("version", "tag directive"):
            if token.kind == "version":
                if version:
                    raise self._fail("found duplicate %YAML directive", token.start)
                if (int(token.value), int(token.suffix)) != (1, 1):
                    raise self._fail("found incompatible YAML document", token.start)
                version = True
            elif token.value in self._handles:
                raise self._fail("found duplicate %TAG directive", token.start)
            else:
                self._handles[token.value] = token.suffix
            self._scanner.skip_token()
        self._handles = {**_CORE, **self._handles}

    # nodes

    def _node(self, depth: int, *, block: bool, indentless: bool = False) -> Node:
        token = self._scanner.peek()
        if token.kind == "alias":
            return self._alias(token)
        start = token.start
        anchor: str | None = None
        tag: Token | None = None
        for kind in ("anchor", "tag") if token.kind == "anchor" else ("tag", "anchor"):
            if token.kind != kind:
                continue
            if kind == "anchor":
                anchor = token.value
            else:
                tag = token
            token = self._next()
        name = self._tag_name(tag, start) if tag else ""
        node = self._begun(token, start, name, block=block, indentless=indentless)
        if node is None:
            if anchor is None and not name:
                raise self._fail("did not find expected node content", token.start, start)
            node = _empty(start, name)
        if anchor is not None:
            self._anchors[anchor] = node
        if node.kind in (SEQUENCE, MAPPING):
            if depth >= bounds.yaml_depth:
                line = node.line + 1
                raise YamlError(f"yaml: line {line}: exceeded max depth of {bounds.yaml_depth}", line)
            self._fill(node, token, depth + 1)
        return node

    def _alias(self, token: Token) -> Node:
        target = self._anchors.get(token.value)
        if target is None:
            raise YamlError(f"yaml: unknown anchor '{token.value}' referenced")
        self._scanner.skip_token()
        return Node(ALIAS, token.start.line, token.start.column, value=token.value, target=target)

    def _tag_name(self, tag: Token, context: Mark) -> str:
        if not tag.value:
            return tag.suffix
        name = self._handles.get(tag.value, "") + tag.suffix if tag.value in self._handles else ""
        if not name:
            raise self._fail("found undefined tag handle", tag.start, context)
        return name

    def _begun(self, token: Token, start: Mark, tag: str, *, block: bool, indentless: bool) -> Node | None:
        """Return the node that a token begins, None when it begins none."""
        kind = token.kind
        if kind == "scalar":
            self._scanner.skip_token()
            plain = (not tag and token.plain) or tag == "!"
            return Node(SCALAR, start.line, start.column, tag, token.value, plain=plain)
        if kind == "[" or (kind == "-" and indentless) or (kind == "sequence start" and block):
            return Node(SEQUENCE, start.line, start.column, tag)
        if kind == "{" or (kind == "mapping start" and block):
            return Node(MAPPING, start.line, start.column, tag)
        return None

    def _fill(self, node: Node, token: Token, depth: int) -> None:
        if token.kind == "-":
            self._indentless(node.children, depth)
            return
        fill = {
            "sequence start": self._block_sequence,
            "mapping start": self._block_mapping,
            "[": self._flow_sequence,
            "{": self._flow_mapping,
        }[token.kind]
        self._scanner.skip_token()
        fill(node.children, token.start, depth)

    # block collections

    def _block_sequence(self, items: list[Node], start: Mark, depth: int) -> None:
        while (token := self._scanner.peek()).kind == "-":
            following = self._next()
            if following.kind in ("-", "block end"):
                items.append(_empty(token.end))
            else:
                items.append(self._node(depth, block=True))
        if token.kind != "block end":
            raise self._fail("did not find expected '-' indicator", token.start, start)
        self._scanner.skip_token()

    def _indentless(self, items: list[Node], depth: int) -> None:
        while (token := self._scanner.peek()).kind == "-":
            following = self._next()
            if following.kind in ("-", "?", ":", "block end"):
                items.append(_empty(token.end))
            else:
                items.append(self._node(depth, block=True))

    def _block_mapping(self, pairs: list[Node], start: Mark, depth: int) -> None:
        while (token := self._scanner.peek()).kind == "?":
            pairs.append(self._block_part(token, depth))
            token = self._scanner.peek()
            pairs.append(self._block_part(token, depth) if token.kind == ":" else _empty(token.start))
        if token.kind != "block end":
            raise self._fail("did not find expected key", token.start, start)
        self._scanner.skip_token()

    def _block_part(self, token: Token, depth: int) -> Node:
        """Read what follows the sign of a key or value."""
        following = self._next()
        if following.kind in ("?", ":", "block end"):
            return _empty(token.end)
        return self._node(depth, block=True, indentless=True)

    # flow collections

    def _flow_sequence(self, items: list[Node], start: Mark, depth: int) -> None:
        while (token := self._scanner.peek()).kind != "]":
            if items:
                if token.kind != ",":
                    raise self._fail("did not find expected ',' or ']'", token.start, start)
                token = self._next()
            if token.kind == "?":
                items.append(self._single_pair(token, depth + 1))
            elif token.kind != "]":
                items.append(self._node(depth, block=False))
            else:
                break
        self._scanner.skip_token()

    def _single_pair(self, token: Token, depth: int) -> Node:
        """Read a pair that stands in a sequence without braces."""
        node = Node(MAPPING, token.start.line, token.start.column)
        token = self._next()
        if token.kind in (":", ",", "]"):
            node.children.append(_empty(token.end))
            self._scanner.skip_token()
        else:
            node.children.append(self._node(depth, block=False))
        token = self._scanner.peek()
        if token.kind == ":":
            following = self._next()
            if following.kind not in (",", "]"):
                node.children.append(self._node(depth, block=False))
                return node
        node.children.append(_empty(token.start))
        return node

    def _flow_mapping(self, pairs: list[Node], start: Mark, depth: int) -> None:
        while (token := self._scanner.peek()).kind != "}":
            if pairs:
                if token.kind != ",":
                    raise self._fail("did not find expected ',' or '}'", token.start, start)
                token = self._next()
            if token.kind == "?":
                self._flow_pair(pairs, depth)
            elif token.kind != "}":
                pairs.append(self._node(depth, block=False))
                pairs.append(_empty(self._scanner.peek().start))
            else:
                break
        self._scanner.skip_token()

    def _flow_pair(self, pairs: list[Node], depth: int) -> None:
        token = self._next()
        if token.kind in (":", ",", "}"):
            pairs.append(_empty(token.start))
        else:
            pairs.append(self._node(depth, block=False))
        token = self._scanner.peek()
        if token.kind == ":":
            token = self._next()
            if token.kind not in (",", "}"):
                pairs.append(self._node(depth, block=False))
                return
        pairs.append(_empty(token.start))


def _empty(mark: Mark, tag: str = "") -> Node:
    return Node(SCALAR, mark.line, mark.column, tag, plain=not tag or tag == "!")
