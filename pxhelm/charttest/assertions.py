"""The assertions of helm-unittest, by name. Each looks at the documents of one template and says what is wrong.

Equality is Go's ``reflect.DeepEqual``: 1, 1.0, "1" and true are four values.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pxhelm.charttest.model import RAW, Document
from pxhelm.charttest.path import find, matcher
from pxhelm.charttest.snapshot import Snapshots
from pxhelm.errors import PxhelmError
from pxhelm.golang.yaml import to_yaml_pretty


@dataclass(frozen=True, slots=True)
class Case:
    """What an assertion looks at."""

    parameters: Mapping[str, Any]
    negative: bool
    documents: Sequence[Document]
    """Those selected."""
    every: Sequence[Document]
    """All that the template wrote."""
    test: str
    snapshots: Snapshots
    error: str = ""
    """Why the chart did not render, when no template can be blamed."""

    @property
    def path(self) -> str:
        """Where in each document to look."""
        return str(self.parameters.get("path") or "")


Check = Callable[[Case], list[str]]
"""Returns what is wrong, nothing for a pass."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of assertion."""

    check: Check
    antonym: bool = False
    """Asserts the contrary."""
    renders: bool = True
    """Expects the chart to render."""


def run(kind: Kind, case: Case) -> list[str]:
    """Run an assertion; what is wrong with its own parameters is a failure, too."""
    try:
        return kind.check(case)
    except PxhelmError as error:
        return ["Error:", f"\t{error.message}"]


def same(a: Any, b: Any) -> bool:
    """Compare as ``reflect.DeepEqual`` does."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(each, b[key]) for key, each in a.items())
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


# telling

_NOTHING: Final = object()
"""No actual value to show."""


def _block(value: Any) -> list[str]:
    text = value if isinstance(value, str) else to_yaml_pretty(value)
    return [f"\t{line}" for line in text.strip("\n").split("\n")]


def _told(case: Case, what: str, expected: Any, actual: Any = _NOTHING, *, at: int = -1) -> list[str]:
    lines = [f"DocumentIndex:\t{at}"] if at >= 0 else []
    if case.path:
        lines.append(f"Path:\t{case.path}")
    lines += [f"Expected{' NOT' if case.negative else ''} to {what}:", *_block(expected)]
    if actual is not _NOTHING and not case.negative:
        lines += ["Actual:", *_block(actual)]
    return lines


def _wrong(reason: str, at: int = -1) -> list[str]:
    return [*([f"DocumentIndex:\t{at}"] if at >= 0 else []), "Error:", *_block(reason)]


def _diff(expected: Any, actual: Any) -> list[str]:
    before, after = ((one if isinstance(one, str) else to_yaml_pretty(one)).splitlines() for one in (expected, actual))
    found = difflib.unified_diff(before, after, "Expected", "Actual", n=1, lineterm="")
    return ["Diff:", *(f"\t{line}" for line in found)]


def _each(case: Case, what: str, expected: Any, check: Callable[[Any, int], list[str]]) -> list[str]:
    """Check every value at the path in every document; what is not there fails, unless that is asserted."""
    if not case.documents and not case.negative:
        return _told(case, what, expected, "no manifest found")
    lines: list[str] = []
    for at, document in enumerate(case.documents):
        values = find(document, case.path)
        if not values and not case.negative:
            lines += _wrong(f"unknown path {case.path}", at)
        for value in values:
            lines += check(value, at)
    return lines


def _tested(what: str, test: Callable[[Any, Any], bool], key: str = "value") -> Check:
    """Make an assertion that compares each value at a path to one parameter."""

    def check(case: Case) -> list[str]:
        expected = case.parameters.get(key)

        def one(value: Any, at: int) -> list[str]:
            return _told(case, what, expected, value, at=at) if test(value, expected) == case.negative else []

        return _each(case, what, expected, one)

    return check


def uniform(value: Any) -> str:
    """Drop blanks before and new lines at the beginning of a text, as helm-unittest does before it compares."""
    return re.sub(r"(?m) +\r?\n", "\n", "<nil>" if value is None else str(value)).lstrip("\n")


def _decoded(case: Case, value: str) -> str:
    if not case.parameters.get("decodeBase64"):
        return value
    try:
        return base64.b64decode(value, validate=True).decode("utf-8", "surrogateescape")
    except binascii.Error:
        raise PxhelmError(f"unable to decode base64 expected content {value}") from None


# assertions


def _equal(case: Case) -> list[str]:
    expected = case.parameters.get("value")

    def one(value: Any, at: int) -> list[str]:
        actual = uniform(_decoded(case, value)) if isinstance(value, str) else value
        if same(expected, actual) != case.negative:
            return []
        lines = _told(case, "equal", expected, actual, at=at)
        return lines if case.negative else lines + _diff(expected, actual)

    return _each(case, "equal", expected, one)


def _raws(case: Case, what: str, expected: str, test: Callable[[str], bool]) -> list[str]:
    if not case.documents and not case.negative:
        return _told(case, what, expected, "no manifest found")
    lines: list[str] = []
    for at, document in enumerate(case.documents):
        actual = uniform(document.get(RAW))
        if test(actual) == case.negative:
            lines += _told(case, what, expected, actual, at=at)
    return lines


def _equal_raw(case: Case) -> list[str]:
    expected = str(case.parameters.get("value") or "")
    return _raws(case, "equal", expected, lambda actual: actual == expected)


def _pattern(case: Case) -> str:
    pattern = case.parameters.get("pattern")
    if not pattern:
        raise PxhelmError("expected field 'pattern' to be filled")
    return str(pattern)


def _match_raw(case: Case) -> list[str]:
    pattern = _pattern(case)
    return _raws(case, "match", pattern, matcher(pattern))


def _match(case: Case) -> list[str]:
    pattern = _pattern(case)
    matches = matcher(pattern)

    def one(value: Any, at: int) -> list[str]:
        if not isinstance(value, str):
            return _wrong(f"expect '{case.path}' to be a string, got:\n{to_yaml_pretty(value)}", at)
        actual = _decoded(case, value)
        return _told(case, "match", pattern, actual, at=at) if matches(actual) == case.negative else []

    return _each(case, "match", pattern, one)


def _exists(case: Case) -> list[str]:
    expected = "NOT exists" if case.negative else "exists"
    if not case.documents and not case.negative:
        return [f"Path:\t{case.path} expected to {expected}"]
    return [
        f"DocumentIndex:\t{at}\nPath:\t{case.path} expected to {expected}"
        for at, document in enumerate(case.documents)
        if bool(find(document, case.path)) == case.negative
    ]


def _empty(value: Any, _expected: Any) -> bool:
    return value is None or (value in ("", 0, False) if not isinstance(value, dict | list) else not value)


_GO_TYPES: Final[Mapping[type, str]] = {
    dict: "map[string]interface {}",
    list: "[]interface {}",
    str: "string",
    bool: "bool",
    int: "int",
    float: "float64",
}


def _is_type(value: Any, expected: Any) -> bool:
    return bool(_GO_TYPES.get(type(value), "") == expected)


def _subset(value: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    return all(same(value.get(key), each) for key, each in content.items())


def _is_subset(case: Case) -> list[str]:
    content = case.parameters.get("content")

    def one(value: Any, at: int) -> list[str]:
        if not isinstance(value, dict) or not isinstance(content, dict):
            return _wrong(f"expect '{case.path}' to be an object, got:\n{to_yaml_pretty(value)}", at)
        return _told(case, "contain", content, value, at=at) if _subset(value, content) == case.negative else []

    return _each(case, "contain", content, one)


def _contains(case: Case) -> list[str]:
    content, count, loose = (case.parameters.get(key) for key in ("content", "count", "any"))

    def fits(item: Any) -> bool:
        if loose and isinstance(item, dict) and isinstance(content, dict):
            return _subset(item, content)
        return same(item, content)

    def one(value: Any, at: int) -> list[str]:
        if not isinstance(value, list):
            return _wrong(f"expect '{case.path}' to be an array, got:\n{to_yaml_pretty(value)}", at)
        found = sum(map(fits, value))
        if (bool(found) and (count is None or found == count)) != case.negative:
            return []
        if count is not None and found:
            return _wrong(
                f"expect count {count} in '{case.path}' to be in array, got {found}:\n{to_yaml_pretty(value)}", at
            )
        return _told(case, "contain", [content], value, at=at)

    return _each(case, "contain", [content], one)


def _length(case: Case) -> list[str]:
    paths, count = case.parameters.get("paths") or [], case.parameters.get("count")
    if case.path and count is None:
        return _wrong("'count' field must be set if 'path' is used")
    if case.path and paths:
        return _wrong("'paths' couldn't be used with 'path'")
    lines: list[str] = []
    for at, document in enumerate(case.documents):
        lengths: dict[str, int] = {}
        for path in [case.path] if case.path else sorted(map(str, paths)):
            values = find(document, path)
            if not values and not case.negative:
                lines += _wrong(f"unknown path {path}", at)
            for value in values:
                if not isinstance(value, list) and count is None:
                    lines += _wrong(f"{path} is not array", at)
                    continue
                lengths[path] = len(value) if isinstance(value, list) else 0
                if count is not None and (lengths[path] == count) == case.negative:
                    lines += [*_told(case, "match count", str(count), str(lengths[path]), at=at)]
        if count is None and len(lengths) > 1 and (len(set(lengths.values())) == 1) == case.negative:
            lines += _told(case, "match count", "the same length", lengths, at=at)
    return lines if case.documents or case.negative else _told(case, "match count", str(count), "no manifest found")


def _head(key: str, what: str) -> Check:
    def check(case: Case) -> list[str]:
        expected = case.parameters.get("of")
        if not case.documents and not case.negative:
            return _told(case, what, str(expected), "no manifest found")
        lines: list[str] = []
        for at, document in enumerate(case.documents):
            if (document.get(key) == expected) == case.negative:
                lines += _told(case, what, str(expected), document.get(key), at=at)
        return lines

    return check


def _has_documents(case: Case) -> list[str]:
    count = case.parameters.get("count", 0)
    found = len(case.documents if case.parameters.get("filterAware") else case.every)
    return [] if (found == count) != case.negative else _told(case, "be documents count", str(count), str(found))


def _contains_document(case: Case) -> list[str]:
    wanted = case.parameters
    described = ", ".join(
        f"{key} = {wanted[key]}" for key in ("kind", "apiVersion", "name", "namespace") if key in wanted
    )

    def fits(document: Document) -> bool:
        for key in ("kind", "apiVersion"):
            if isinstance(document.get(key), str) and document[key] != wanted.get(key):
                return False
        return all(
            not wanted.get(key) or find(document, f"metadata.{key}")[:1] == [wanted[key]]
            for key in ("name", "namespace")
        )

    lines: list[str] = []
    for at, document in enumerate(case.documents):
        if fits(document) == case.negative:
            lines += _told(case, "contain document", described, at=at)
        elif bool(wanted.get("any")) != case.negative:
            return []
    if not case.documents and not case.negative:
        return _told(case, "contain document", described)
    return lines


def _compares(what: str, test: Callable[[Any, Any], bool], *, never_contrary: bool = False) -> Check:
    """Make a comparison; ``never_contrary``: its contrary holds for everything, as helm-unittest has it and suites expect."""

    def check(case: Case) -> list[str]:
        expected = case.parameters.get("value")

        def one(value: Any, at: int) -> list[str]:
            if type(value) is not type(expected) or not isinstance(value, int | float | str):
                return _wrong(f"actual {value!r} and expected {expected!r} types do not match", at)
            wrong = test(value, expected) == case.negative and not (case.negative and never_contrary)
            return _told(case, what, expected, value, at=at) if wrong else []

        return _each(case, what, expected, one)

    return check


def _failed(case: Case) -> list[str]:
    message, pattern = case.parameters.get("errorMessage"), case.parameters.get("errorPattern")
    if message and pattern:
        return _wrong("single attribute 'errorMessage' or 'errorPattern' supported at the same time")
    if case.error:
        texts: list[Any] = [case.error]
    else:
        texts = [document.get(RAW) for document in case.documents]
        if not texts and not case.negative:
            return _told(case, "fail", str(message or pattern or ""), "No failed document")
    lines: list[str] = []
    for text in texts:
        if pattern and text is not None and _found(str(pattern), str(text)) == case.negative:
            lines += _told(case, "match", str(pattern), text)
        elif message and (str(message) == text) == case.negative:
            lines += _told(case, "equal", str(message), text)
    return lines


def _found(pattern: str, text: str) -> bool:
    try:
        if matcher(pattern)(text):
            return True
    except PxhelmError:
        pass  # no pattern
    # A text full of brackets that was meant to the letter.
    return pattern in text


def _snapshot(case: Case) -> list[str]:
    return [line for at, document in enumerate(case.documents) for line in _one_snapshot(case, document, at)]


def _one_snapshot(case: Case, document: Document, at: int) -> list[str]:
    given = {key: case.parameters.get(key) for key in ("matchRegex", "notMatchRegex")}
    patterns = {key: str(one.get("pattern") or "").strip() for key, one in given.items() if isinstance(one, dict)}
    values = find(document, case.path)
    if not values and not case.negative:
        return _wrong(f"unknown path {case.path}", at)
    lines: list[str] = []
    for value in values:
        compared = case.snapshots.compare(case.test, value, only_seen=any(patterns.values()))
        good, what = compared.same, f"match snapshot {compared.number}"
        for key, pattern in patterns.items():
            if pattern and matcher(pattern)(compared.now) != (key == "matchRegex"):
                good, what = case.snapshots.update, f"{key} '{pattern}' in snapshot"
        if good == case.negative:
            lines += [*_told(case, what, compared.kept, at=at), *_diff(compared.kept, compared.now)]
    return lines


def _snapshot_raw(case: Case) -> list[str]:
    lines: list[str] = []
    for at, document in enumerate(case.documents):
        compared = case.snapshots.compare(case.test, uniform(document.get(RAW)))
        if compared.same == case.negative:
            told = _told(case, f"match snapshot {compared.number}", compared.kept, at=at)
            lines += [*told, *_diff(compared.kept, compared.now)]
    return lines


def _pair(name: str, contrary: str, check: Check) -> dict[str, Kind]:
    return {name: Kind(check), contrary: Kind(check, antonym=True)}


_greater = _compares("be greater than or equal to", lambda a, b: a >= b, never_contrary=True)
_is_empty = _tested("be null or empty, got", _empty)

KINDS: Final[Mapping[str, Kind]] = {
    "matchSnapshot": Kind(_snapshot),
    "matchSnapshotRaw": Kind(_snapshot_raw),
    **_pair("equal", "notEqual", _equal),
    **_pair("equalRaw", "notEqualRaw", _equal_raw),
    **_pair("greaterOrEqual", "notGreaterOrEqual", _greater),
    **_pair("lessOrEqual", "notLessOrEqual", _compares("be less than or equal to", lambda a, b: a <= b)),
    **_pair("exists", "notExists", _exists),
    **_pair("isNotNull", "isNull", _exists),
    **_pair("matchRegex", "notMatchRegex", _match),
    **_pair("matchRegexRaw", "notMatchRegexRaw", _match_raw),
    **_pair("contains", "notContains", _contains),
    **_pair("isSubset", "isNotSubset", _is_subset),
    **_pair("isNullOrEmpty", "isNotNullOrEmpty", _is_empty),
    **_pair("isEmpty", "isNotEmpty", _is_empty),
    **_pair("isType", "isNotType", _tested("be of type", _is_type, "type")),
    **_pair("lengthEqual", "notLengthEqual", _length),
    "isKind": Kind(_head("kind", "be kind")),
    "isAPIVersion": Kind(_head("apiVersion", "be apiVersion")),
    "hasDocuments": Kind(_has_documents),
    "containsDocument": Kind(_contains_document),
    "failedTemplate": Kind(_failed, renders=False),
    "notFailedTemplate": Kind(_failed, antonym=True),
}
"""Every kind of assertion that helm-unittest documents."""
