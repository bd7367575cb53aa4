"""kubectl's JSONPath (k8s.io/client-go/util/jsonpath): fields, slices, unions, filters, ``range`` … ``end``, texts.

Maps are walked in their own order, where Go's is random. Never reads a file; error texts are client-go's.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.golang import json
from pxhelm.golang.fmt import value_text
from pxhelm.golang.jsonpath_parse import (
    Field,
    Filter,
    Identifier,
    JsonPathError,
    Node,
    Nodes,
    Number,
    Recursive,
    Slice,
    Text,
    Union,
    Wildcard,
    parse,
)
from pxhelm.golang.value import go_bytes, type_name

__all__ = ["JsonPath", "JsonPathError", "evaluate", "relaxed"]

_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_RELAXED: Final = re.compile(r"\{\.?([^{}]+)\}|\.?([^{}]+)")


class JsonPath:
    """A template, ready to be evaluated; JsonPathError when it cannot be read.

    ``strict`` is client-go's default: a field that nothing has is an error, and an integer cannot be compared with a
    float. Without it (as kubectl prints) missing fields are nothing, and numbers are numbers.
    """

    def __init__(self, template: str, *, strict: bool = False) -> None:
        self._nodes = parse(template)
        self._strict = strict
        self._in_range = 0
        self._begin = self._end = 0

    def find(self, value: object) -> list[list[object]]:
        """Return what every text and action finds, in order."""
        self._in_range = self._begin = self._end = 0
        return self._run(0, value)[0]

    def first(self, value: object) -> list[object]:
        """Return what the first action finds: nothing when the field is not there."""
        found = self.find(value)
        return found[0] if found else []

    def text(self, value: object) -> str:
        """Return what the template prints; lists and maps as JSON."""
        return "".join(" ".join(map(_printed, results)) for results in self.find(value))

    def as_json(self, value: object) -> str:
        """Return what ``-o jsonpath-as-json`` prints: one indented list per text or action."""
        return "".join(json.marshal(results, indent="    ") + "\n" for results in self.find(value))

    def _run(self, start: int, value: object) -> tuple[list[list[object]], int]:
        """Evaluate from a node on; return what was found and where the block ended."""
        found: list[list[object]] = []
        at = start
        while at < len(self._nodes):
            results = self._walk([value], self._nodes[at])
            if self._end and self._end <= self._in_range:
                self._end -= 1
                return found, at
            if not self._begin:
                found.append(results)
                at += 1
                continue
            self._begin -= 1
            self._in_range += 1
            end = at
            for each in results:
                inner, end = self._run(at + 1, each)
                found += inner
            if not results:  # the block is walked through once, for its end
                end = self._run(at + 1, None)[1]
            self._in_range -= 1
            at = end + 1
        return found, at

    def _walk(self, values: list[object], node: Node) -> list[object]:
        match node:
            case Nodes(nodes):
                for each in nodes:
                    values = self._walk(values, each)
                return values
            case Text(text):
                return [text]
            case Number(number):
                return [number for _ in values]
            case Field():
                return self._field(values, node.name)
            case Wildcard():
                return [each for value in values for each in _members(value)]
            case Recursive():
                return _descend(values)
            case Slice():
                return [each for value in values if value is not None for each in _cut(value, node)]
            case Union(parts):
                return [each for part in parts for each in self._walk(values, part)]
            case Filter():
                return [each for value in values for each in self._filter(value, node)]
            case Identifier(name):
                return self._identifier(values, name)

    def _identifier(self, values: list[object], name: str) -> list[object]:
        if name == "range":
            self._begin += 1
            return values
        if name != "end":
            raise JsonPathError(f"unrecognized identifier {name}")
        if not self._in_range:
            raise JsonPathError("not in range, nothing to end")
        self._end += 1
        return []

    def _field(self, values: list[object], name: str) -> list[object]:
        found = [value[name] for value in values if isinstance(value, Mapping) and name in value]
        if values and not found and self._strict:
            raise JsonPathError(f"{name} is not found")
        return found

    def _filter(self, value: object, node: Filter) -> list[object]:
        if not _is_list(value):
            raise JsonPathError(f"{value_text(value)} is not array or slice and cannot be filtered")
        assert isinstance(value, Sequence)
        return [each for each in value if self._passes(each, node)]

    def _passes(self, item: object, node: Filter) -> bool:
        if node.operator == "exists":
            try:
                return bool(self._walk([item], node.left))
            except JsonPathError:
                return False
        left, right = self._walk([item], node.left), self._walk([item], node.right)
        if not left or not right:
            return False
        if len(left) > 1 or len(right) > 1:
            raise JsonPathError("can only compare one element at a time")
        compare = _OPERATORS.get(node.operator)
        if compare is None:
            raise JsonPathError(f"unrecognized filter operator {node.operator}")
        kinds = self._kind(left[0]), self._kind(right[0])
        if "" in kinds or ("bool" in kinds and node.operator not in ("==", "!=")):
            raise JsonPathError("invalid type for comparison")
        if kinds[0] != kinds[1]:
            raise JsonPathError("incompatible types for comparison")
        return compare(left[0], right[0])

    def _kind(self, value: object) -> str:
        """Return the kind by which a value may be compared; empty for lists, maps and nothing."""
        if isinstance(value, bool):
            return "bool"
        if isinstance(value, int | float):
            return type(value).__name__ if self._strict else "number"
        return "string" if isinstance(value, str) else ""


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _members(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, str):
        return list(go_bytes(value))  # Go walks the bytes of a string
    return list(value) if isinstance(value, Sequence) else []


def _descend(values: Sequence[object]) -> list[object]:
    found: list[object] = []
    for value in values:
        below = _members(value)
        if below:
            found += [value] if isinstance(value, str) else [value, *_descend(below)]
    return found


def _cut(value: object, node: Slice) -> Sequence[object]:
    if not _is_list(value):
        raise JsonPathError(f"{type_name(value)} is not array or slice")
    assert isinstance(value, Sequence)
    length = len(value)
    start, end = node.start or 0, length if node.end is None else node.end
    start += length if start < 0 else 0
    end += length if end < 0 or (end == 0 and node.single) else 0
    if start == end:
        return []
    if not 0 <= start < length:
        raise JsonPathError(f"array index out of bounds: index {start}, length {length}")
    if not 0 <= end <= length:
        raise JsonPathError(f"array index out of bounds: index {end - 1}, length {length}")
    if start > end:
        raise JsonPathError(f"starting index {start} is greater than ending index {end}")
    if node.step is not None and node.step <= 0:
        raise JsonPathError("step must be > 0")
    return value[start : end : node.step or 1]


def _printed(value: object) -> str:
    if isinstance(value, Mapping) or _is_list(value):
        return json.marshal(value)
    return "null" if value is None else value_text(value)


def relaxed(expression: str) -> str:
    """Return the template of a path that may lack its dot and braces; JsonPathError for anything else."""
    if not expression:
        return ""
    found = _RELAXED.fullmatch(expression)
    if found is None:
        raise JsonPathError(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"
        )
    return f"{{.{found[1] or found[2]}}}"


def evaluate(template: str, value: object) -> str:
    """Return what ``helm show values --jsonpath`` prints: nothing at all when the template fails on the values.

    Raises:
        PxhelmError: for a template that cannot be read.
    """
    try:
        path = JsonPath(template, strict=True)
    except JsonPathError as error:
        raise PxhelmError(f"error parsing jsonpath {template}: {error}", code=ExitCode.USAGE) from None
    try:
        return path.text(value)
    except JsonPathError:
        return ""
