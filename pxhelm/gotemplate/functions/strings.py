"""Functions on strings: case, trimming, cutting, padding, quoting, joining.

Never regular expressions (``regex``) or encodings (``encoding``).
"""

from __future__ import annotations

from pxhelm.golang import text as go
from pxhelm.golang import words
from pxhelm.golang.strconv import quote as go_quote
from pxhelm.golang.text import GoPanicError, to_string
from pxhelm.golang.value import StringMap, Strings, joined, kind_name, runes
from pxhelm.gotemplate.signature import ANY, Function, FunctionError, function

MAX_REPEAT = 64 << 20
"""Bytes that ``repeat``, ``indent`` … may make at most: a chart must not fill the memory in one call."""


def _cut(text: str, start: int, end: int) -> str:
    try:
        return go.cut(text, start, end)
    except GoPanicError as error:
        raise FunctionError(str(error)) from None


def _padding(count: int) -> str:
    if count < 0:
        raise FunctionError("strings: negative Repeat count")
    if count > MAX_REPEAT:
        raise FunctionError(f"result of {count} bytes is larger than {MAX_REPEAT}")
    return " " * count


def abbrev(width: int, text: str) -> str:
    """Cut to a width with ``...``; a width below 4 cuts nothing."""
    return text if width < 4 else go.abbreviate(text, 0, width)


def abbrevboth(left: int, right: int, text: str) -> str:
    """Cut on both sides with ``...``."""
    return text if right < 4 or (left > 0 and right < 7) else go.abbreviate(text, left, right)


def trunc(count: int, text: str) -> str:
    """Keep the first bytes, or the last for a negative count."""
    size = go.length(text)
    if count < 0 and size + count > 0:
        return _cut(text, size + count, size)
    return _cut(text, 0, count) if 0 <= count < size else text


def substr(start: int, end: int, text: str) -> str:
    """Return the bytes from start to end; a negative start is the beginning, a negative end the end."""
    if start < 0:
        return _cut(text, 0, end)
    size = go.length(text)
    return _cut(text, start, size if end < 0 or end > size else end)


def repeat(count: int, text: str) -> str:
    """Repeat a text."""
    if count < 0:
        raise FunctionError("strings: negative Repeat count")
    if count * len(text) > MAX_REPEAT:
        raise FunctionError(f"result of {count * len(text)} bytes is larger than {MAX_REPEAT}")
    return joined(text * count)


def trim_all(cutset: str, text: str) -> str:
    """Strip characters of a set from both ends; to Go a byte that is not UTF-8 is U+FFFD."""
    if text.isascii() or cutset.isascii():
        return text.strip(cutset) if cutset else text
    wanted, seen = set(runes(cutset)), runes(text)
    start, end = 0, len(text)
    while start < end and seen[start] in wanted:
        start += 1
    while start < end and seen[end - 1] in wanted:
        end -= 1
    return text[start:end]


def trim_suffix(suffix: str, text: str) -> str:
    """Remove an ending."""
    return go.trim_suffix(text, suffix)


def trim_prefix(prefix: str, text: str) -> str:
    """Remove a beginning."""
    return go.trim_prefix(text, prefix)


def wrap(width: int, text: str) -> str:
    """Wrap at spaces; long words stay whole."""
    return go.wrap(text, width)


def wrap_with(width: int, separator: str, text: str) -> str:
    """Wrap with another separator, cutting long words."""
    return go.wrap(text, width, separator, long_words=True)


def contains(part: str, text: str) -> bool:
    """Whether the second text holds the first."""
    return go.contains(text, part)


def has_prefix(prefix: str, text: str) -> bool:
    """Whether the second text begins with the first."""
    return go.has_prefix(text, prefix)


def has_suffix(suffix: str, text: str) -> bool:
    """Whether the second text ends with the first."""
    return go.has_suffix(text, suffix)


def quote(*values: object) -> str:
    """Quote each value that is not nil, with escapes."""
    if len(values) == 1 and type(text := values[0]) is str:
        # As go_quote begins: charts quote more than they do anything else.
        return f'"{text}"' if text.isprintable() and '"' not in text and "\\" not in text else go_quote(text)
    return " ".join([go_quote(to_string(value)) for value in values if value is not None])


def squote(*values: object) -> str:
    """Put single quotes around each value that is not nil, escaping nothing."""
    return " ".join(["'" + _printed(value) + "'" for value in values if value is not None])


def cat(*values: object) -> str:
    """Join what is not nil with spaces."""
    # sprig trims its format, not its result; the text %v makes of a value is kept as it is
    return " ".join([_printed(value) for value in values if value is not None])


def _printed(value: object) -> str:
    return go.sprint(value) if isinstance(value, bytes) else to_string(value)


def indent(spaces: int, text: str) -> str:
    """Put spaces before every line, empty ones too."""
    pad = _padding(spaces)
    return pad + text.replace("\n", "\n" + pad)


def nindent(spaces: int, text: str) -> str:
    """Indent after a newline."""
    pad = "\n" + _padding(spaces)
    return pad + text.replace("\n", pad)


def replace(old: str, new: str, text: str) -> str:
    """Replace every occurrence."""
    return go.replace(text, old, new)


def plural(one: str, many: str, count: int) -> str:
    """Return the first text for a count of one, else the second."""
    return one if count == 1 else many


def to_strings(value: object) -> Strings:
    """Return a list's elements as texts, without nils; a scalar becomes a list."""
    if isinstance(value, Strings):
        return value  # the very list, so that sortAlpha sorts it in place, as in Go
    if isinstance(value, list):
        return Strings([to_string(item) for item in value if item is not None])
    if isinstance(value, bytes):
        return Strings([str(byte) for byte in value])
    return Strings([] if value is None else [to_string(value)])


def join(separator: str, value: object) -> str:
    """Join a list's elements as texts, without nils."""
    return joined(separator.join(to_strings(value)))  # type: ignore[arg-type]  # a list of texts


def split(separator: str, text: str) -> StringMap:
    """Cut into a map ``_0``, ``_1`` …."""
    return StringMap({f"_{i}": part for i, part in enumerate(go.split(text, separator))})


def splitn(separator: str, count: int, text: str) -> StringMap:
    """Cut into a map of at most so many parts."""
    return StringMap({f"_{i}": part for i, part in enumerate(go.split(text, separator, count))})


def split_list(separator: str, text: str) -> Strings:
    """Cut into a list."""
    return Strings(go.split(text, separator))


def sort_alpha(value: object) -> Strings:
    """Sort a list's elements as texts, bytewise."""
    if kind_name(value) != "slice":
        return Strings([to_string(value)])
    texts = to_strings(value)
    texts.sort(key=_byte_order)
    return texts


def _byte_order(text: object) -> bytes:
    assert isinstance(text, str)
    return text.encode("utf-8", "surrogateescape")


def to_string_function(value: object) -> str:
    """Return a value as text; ``<nil>`` for nil."""
    return to_string(value)


def shuffle(host: object, text: str) -> str:
    """Shuffle a text's characters."""
    chars = list(text)
    for i in range(len(chars) - 1, 0, -1):
        j = int.from_bytes(host.random_bytes(8)) % (i + 1)  # type: ignore[attr-defined]  # the Host
        chars[i], chars[j] = chars[j], chars[i]
    return "".join(chars)


FUNCTIONS: dict[str, Function] = {
    "abbrev": function(abbrev, "int", "string", result="string"),
    "abbrevboth": function(abbrevboth, "int", "int", "string", result="string"),
    "trunc": function(trunc, "int", "string", result="string"),
    "trim": function(go.trim_space, "string", result="string"),
    "upper": function(go.upper, "string", result="string"),
    "lower": function(go.lower, "string", result="string"),
    "title": function(go.title, "string", result="string"),
    "untitle": function(go.uncapitalize, "string", result="string"),
    "substr": function(substr, "int", "int", "string", result="string"),
    "repeat": function(repeat, "int", "string", result="string"),
    "trimall": function(trim_all, "string", "string", result="string"),
    "trimAll": function(trim_all, "string", "string", result="string"),
    "trimSuffix": function(trim_suffix, "string", "string", result="string"),
    "trimPrefix": function(trim_prefix, "string", "string", result="string"),
    "nospace": function(go.fields_removed, "string", result="string"),
    "initials": function(go.initials, "string", result="string"),
    "swapcase": function(go.swap_case, "string", result="string"),
    "shuffle": function(shuffle, "string", host=True, result="string"),
    "snakecase": function(words.snake_case, "string", result="string"),
    "camelcase": function(words.pascal_case, "string", result="string"),
    "kebabcase": function(words.kebab_case, "string", result="string"),
    "wrap": function(wrap, "int", "string", result="string"),
    "wrapWith": function(wrap_with, "int", "string", "string", result="string"),
    "contains": function(contains, "string", "string", result="bool"),
    "hasPrefix": function(has_prefix, "string", "string", result="bool"),
    "hasSuffix": function(has_suffix, "string", "string", result="bool"),
    "quote": function(quote, "..." + ANY, result="string"),
    "squote": function(squote, "..." + ANY, result="string"),
    "cat": function(cat, "..." + ANY, result="string"),
    "indent": function(indent, "int", "string", result="string"),
    "nindent": function(nindent, "int", "string", result="string"),
    "replace": function(replace, "string", "string", "string", result="string"),
    "plural": function(plural, "string", "string", "int", result="string"),
    "toString": function(to_string_function, ANY, result="string"),
    "toStrings": function(to_strings, ANY, result="[]string"),
    "join": function(join, "string", ANY, result="string"),
    "split": function(split, "string", "string", result="map[string]string"),
    "splitn": function(splitn, "string", "int", "string", result="map[string]string"),
    "splitList": function(split_list, "string", "string", result="[]string"),
    "sortAlpha": function(sort_alpha, ANY, result="[]string"),
}
