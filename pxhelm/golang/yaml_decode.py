"""From nodes to values, exactly as goyaml.v2 and sigs.k8s.io/yaml do: merge keys, aliases, keys of any type, strictness.

Slow and complete; ``yaml_compose`` is the fast road for ordinary documents. Never parses text.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from pxhelm.golang.base64 import Base64Error, decode
from pxhelm.golang.bounds import bounds
from pxhelm.golang.strconv import format_float, format_float32, quote
from pxhelm.golang.value import go_bytes, go_string, runes, sorted_texts
from pxhelm.golang.yaml_nodes import ALIAS, MAPPING, SCALAR, SEQUENCE, Node, YamlError
from pxhelm.golang.yaml_resolve import BINARY, TIMESTAMP, TagError, resolve_tagged, short_tag

_UINT64_FROM = 2**63
_RATIO_LOW = 400_000
_RATIO_HIGH = 4_000_000

Position = tuple[int, int]
Path = tuple[str | int, ...]


class RawMap(dict[object, object]):
    """``map[interface{}]interface{}``: keys of any scalar type, told apart by type."""

    __slots__ = ()


class Decoder:
    """Decodes one document; counts what aliases cost and gathers strict errors."""

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self.errors: list[str] = []
        self._open_aliases: set[int] = set()
        self._decoded = 0
        self._aliased = 0
        self._alias_depth = 0

    def decode(self, node: Node) -> object:
        """Return the raw value: maps are ``RawMap``, integers int, floats float."""
        self._decoded += 1
        if self._alias_depth:
            self._aliased += 1
        if (
            self._aliased > bounds.yaml_aliases
            and self._decoded > 1000
            and self._aliased / self._decoded > _allowed(self._decoded)
        ):
            raise YamlError("yaml: document contains excessive aliasing")
        if node.kind == ALIAS:
            return self._followed(node, self.decode)
        if node.kind == SCALAR:
            return scalar(node)
        if node.kind == SEQUENCE:
            return [self.decode(child) for child in node.children]
        found = RawMap()
        self._fill(node, found)
        return found

    def _followed(self, node: Node, action: Callable[[Node], object]) -> object:
        assert node.target is not None
        if id(node) in self._open_aliases:
            raise YamlError(f"yaml: anchor '{node.value}' value contains itself")
        self._open_aliases.add(id(node))
        self._alias_depth += 1
        found = action(node.target)
        self._alias_depth -= 1
        self._open_aliases.discard(id(node))
        return found

    def _fill(self, node: Node, into: RawMap) -> None:
        children = node.children
        for i in range(0, len(children), 2):
            key_node, value_node = children[i], children[i + 1]
            if is_merge(key_node):
                self._merge(value_node, into)
                continue
            key = self.decode(key_node)
            if isinstance(key, list | RawMap):
                raise YamlError(f"yaml: invalid map key: {go_syntax(key)}")
            value = self.decode(value_node)
            typed = _typed(key)
            if self._strict and typed in into:
                self.errors.append(f"line {value_node.line + 1}: key {go_syntax(key)} already set in map")
                continue
            into[typed] = value

    def _merge(self, node: Node, into: RawMap) -> None:
        if node.kind == SEQUENCE:
            for child in reversed(node.children):
                self._merge_one(child, into)
        else:
            self._merge_one(node, into)

    def _merge_one(self, node: Node, into: RawMap) -> None:
        self._decoded += 1
        target = node.target if node.kind == ALIAS else node
        if target is None or target.kind != MAPPING:
            raise YamlError("yaml: map merge requires map or sequence of maps as the value")
        if node.kind == ALIAS:
            self._followed(node, lambda mapping: self._fill(mapping, into))
        else:
            self._fill(node, into)


def _allowed(decoded: int) -> float:
    if decoded <= _RATIO_LOW:
        return 0.99
    if decoded >= _RATIO_HIGH:
        return 0.10
    return 0.99 - 0.89 * ((decoded - _RATIO_LOW) / (_RATIO_HIGH - _RATIO_LOW))


def is_merge(node: Node) -> bool:
    """Whether a key is ``<<``, unquoted or tagged so."""
    return node.kind == SCALAR and node.value == "<<" and (node.plain or short_tag(node.tag) == "!!merge")


def scalar(node: Node) -> object:
    """Return a scalar's value by goyaml's rules; YamlError when tag and text do not agree."""
    if not node.tag and not node.plain:
        return node.value
    try:
        tag, value = resolve_tagged(short_tag(node.tag), node.value)
    except TagError as error:
        raise YamlError(f"yaml: {error}") from None
    if tag == BINARY:
        try:
            return go_string(decode(go_bytes(node.value)))
        except Base64Error:
            raise YamlError("yaml: !!binary value contains invalid base64 data") from None
    return node.value if tag == TIMESTAMP else value


def _typed(key: object) -> object:
    # 1, 1.0 and true are one key to Python, three to Go
    return (type(key), key) if isinstance(key, bool | float | int) else key


def _untyped(key: object) -> object:
    return key[1] if isinstance(key, tuple) else key


def to_json(value: object, *, numbers: bool = False) -> object:
    """Return the JSON value of a raw one: keys as text and, unless ``numbers``, every number a float.

    YamlError, with sigs.k8s.io/yaml's text, for keys that JSON cannot have and for infinities.
    """
    if isinstance(value, RawMap):
        found: dict[str, object] = {}
        for typed, item in value.items():
            key = _key_text(_untyped(typed), item)  # a wrong key is told before what is wrong below it
            found[key] = to_json(item, numbers=numbers)
        if all(runes(key) == key for key in found):
            return found
        return {runes(key): found[key] for key in sorted_texts(found)}  # of two that are then alike the last counts
    if isinstance(value, list):
        return [to_json(item, numbers=numbers) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if numbers else float(value)
    return runes(value) if isinstance(value, str) else value


def check_finite(value: object) -> None:
    """Raise for the first infinity or NaN in the order JSON would print it."""
    if isinstance(value, float) and not math.isfinite(value):
        raise YamlError(f"json: unsupported value: {format_float(value)}")
    if isinstance(value, dict):
        for key in sorted_texts(value):
            check_finite(value[key])
    elif isinstance(value, list):
        for item in value:
            check_finite(item)


def key_text(key: object) -> str | None:
    """Return a scalar key as JSON has it, None when JSON cannot have it."""
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int):
        return str(key) if key < _UINT64_FROM else None
    if isinstance(key, float):
        return {"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}.get(text := format_float32(key), text)
    return None


def _key_text(key: object, value: object) -> str:
    text = key_text(key)
    if text is not None:
        return text
    kind = "%!s(<nil>)" if key is None else "uint64"
    shown = "<nil>" if key is None else f"0x{key:x}"
    raise YamlError(f"unsupported map key of type: {kind}, key: {shown}, value: {go_syntax(value, nested=False)}")


def go_syntax(value: object, *, nested: bool = True) -> str:
    """Print a raw value as Go's ``%#v`` and ``%+#v`` do."""
    if value is None:
        return "interface {}(nil)" if nested else "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"0x{value:x}" if value >= _UINT64_FROM else str(value)
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(go_syntax(item) for item in value) + "}"
    assert isinstance(value, dict)
    items = sorted(((_untyped(k), v) for k, v in value.items()), key=lambda item: _go_order(item[0]))
    inside = ", ".join(f"{go_syntax(k)}:{go_syntax(v)}" for k, v in items)
    return "map[interface {}]interface {}{" + inside + "}"


def _go_order(key: object) -> tuple[int, object]:
    # fmt sorts interface keys by the address of their type first: in Helm's program strings come before numbers
    if key is None:
        return 0, 0
    if isinstance(key, bool):
        return 5, key
    if isinstance(key, int):
        return (2, key) if key < _UINT64_FROM else (3, key)
    return (1, key) if isinstance(key, str) else (4, key)
