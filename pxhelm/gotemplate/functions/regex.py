"""Regular expressions: RE2's, in the order of arguments that sprig has.

``regexMatch`` takes a bad pattern for no match; all others fail.
"""

from __future__ import annotations

from typing import Any

from pxhelm.golang import regexp
from pxhelm.golang.value import NilStrings, Strings
from pxhelm.gotemplate.signature import Function, FunctionError, function


def _compiled(pattern: str, *, must: bool) -> Any:
    """Compile; ``must``: a bad pattern is an error of its own, else the panic of ``MustCompile``."""
    try:
        return regexp.compile_pattern(pattern) if must else regexp.must_compile(pattern)
    except regexp.RegexpError as error:
        raise FunctionError(str(error)) from None


def regex_match(pattern: str, text: str) -> bool:
    """Whether the pattern is found; false for a bad one."""
    try:
        return regexp.matches(regexp.compile_pattern(pattern), text)
    except regexp.RegexpError:
        return False


def must_regex_match(pattern: str, text: str) -> bool:
    """Whether the pattern is found."""
    return regexp.matches(_compiled(pattern, must=True), text)


def regex_find(pattern: str, text: str) -> str:
    """Return the first match."""
    return regexp.find(_compiled(pattern, must=False), text)


def must_regex_find(pattern: str, text: str) -> str:
    """Return the first match."""
    return regexp.find(_compiled(pattern, must=True), text)


def regex_find_all(pattern: str, text: str, limit: int) -> Strings:
    """Return the matches."""
    return Strings(regexp.find_all(_compiled(pattern, must=False), text, limit)) or NilStrings()


def must_regex_find_all(pattern: str, text: str, limit: int) -> Strings:
    """Return the matches."""
    return Strings(regexp.find_all(_compiled(pattern, must=True), text, limit)) or NilStrings()


def regex_replace_all(pattern: str, text: str, template: str) -> str:
    """Replace the matches by a template with ``${1}``."""
    return regexp.replace_all(_compiled(pattern, must=False), text, template)


def must_regex_replace_all(pattern: str, text: str, template: str) -> str:
    """Replace the matches by a template with ``${1}``."""
    return regexp.replace_all(_compiled(pattern, must=True), text, template)


def regex_replace_all_literal(pattern: str, text: str, replacement: str) -> str:
    """Replace the matches by a text as it stands."""
    return regexp.replace_all_literal(_compiled(pattern, must=False), text, replacement)


def must_regex_replace_all_literal(pattern: str, text: str, replacement: str) -> str:
    """Replace the matches by a text as it stands."""
    return regexp.replace_all_literal(_compiled(pattern, must=True), text, replacement)


def _split(compiled: Any, pattern: str, text: str, limit: int) -> Strings:
    pieces = regexp.split(compiled, pattern, text, limit)
    return NilStrings() if pieces is None else Strings(pieces)


def regex_split(pattern: str, text: str, limit: int) -> Strings:
    """Cut at the matches."""
    return _split(_compiled(pattern, must=False), pattern, text, limit)


def must_regex_split(pattern: str, text: str, limit: int) -> Strings:
    """Cut at the matches."""
    return _split(_compiled(pattern, must=True), pattern, text, limit)


def regex_quote_meta(text: str) -> str:
    """Escape what has a meaning in a pattern."""
    return regexp.quote_meta(text)


_TWO = ("string", "string")
_THREE = ("string", "string", "string")
_LIMITED = ("string", "string", "int")
FUNCTIONS: dict[str, Function] = {
    "regexMatch": function(regex_match, *_TWO, result="bool"),
    "mustRegexMatch": function(must_regex_match, *_TWO, result="bool"),
    "regexFind": function(regex_find, *_TWO, result="string"),
    "mustRegexFind": function(must_regex_find, *_TWO, result="string"),
    "regexFindAll": function(regex_find_all, *_LIMITED, result="[]string"),
    "mustRegexFindAll": function(must_regex_find_all, *_LIMITED, result="[]string"),
    "regexReplaceAll": function(regex_replace_all, *_THREE, result="string"),
    "mustRegexReplaceAll": function(must_regex_replace_all, *_THREE, result="string"),
    "regexReplaceAllLiteral": function(regex_replace_all_literal, *_THREE, result="string"),
    "mustRegexReplaceAllLiteral": function(must_regex_replace_all_literal, *_THREE, result="string"),
    "regexSplit": function(regex_split, *_LIMITED, result="[]string"),
    "mustRegexSplit": function(must_regex_split, *_LIMITED, result="[]string"),
    "regexQuoteMeta": function(regex_quote_meta, "string", result="string"),
}
