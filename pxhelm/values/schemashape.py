"""Whether a schema is a schema: the metaschemas of the drafts as tables of rules, told as the library tells it.

A rule says what one keyword's value may be; ``_DRAFTS`` has the rules of each draft. From 2019-09 on a metaschema is made
of vocabularies, each looked at for itself. Where references lead is ``schemadocument``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from pxhelm.values import schemaformat
from pxhelm.values.schemaerror import Failure, grouped, is_group, number, quoted

Path = tuple[str, ...]
Rule = Callable[[Any, int, Path], Failure | None]
"""Of a keyword's value, the draft, and where the value stands."""

_TYPES: Final = ("array", "boolean", "integer", "null", "number", "object", "string")
_LATE: Final = 2019


def shape_fault(schema: Any, draft: int, path: Path = ()) -> Failure | None:
    """Return what is wrong with a schema, None when nothing is."""
    if not isinstance(schema, dict) and not (isinstance(schema, bool) and draft > 4):
        return Failure(path, f"got {_kind(schema)}, want {'boolean or object' if draft > 4 else 'object'}")
    if isinstance(schema, bool):
        return None
    own, vocabularies = _DRAFTS[draft]
    faults = _faults(own, schema, draft, path)
    causes = [f for rules in vocabularies if (f := _referred(grouped(path, _faults(rules, schema, draft, path)), path))]
    if causes:
        faults.append(Failure(path, "'allOf' failed", tuple(causes)))
    return grouped(path, faults)


def _faults(rules: Mapping[str, Rule], schema: Mapping[str, Any], draft: int, path: Path) -> list[Failure]:
    found = [
        f
        for key in sorted(schema.keys() & rules.keys())
        if (f := rules[key](schema[key], draft, (*path, key))) is not None
    ]
    if draft == 4:
        lonely = [("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")]
        found = [
            Failure(path, f"properties {quoted(needed)} required, if {quoted(key)} exists")
            for key, needed in lonely
            if key in schema and needed not in schema
        ] + found
    return found


Child = tuple[Path, Any]
"""A schema in a schema, and where it stands in it."""


def applied(schema: Mapping[str, Any], draft: int, *, whole: bool = False) -> Iterator[Child]:
    """Yield the schemas that a sound schema applies to values by itself.

    ``whole``: also those that count for nothing, beside a ``$ref`` of an old draft and without an ``if``.
    """
    if draft < _LATE and "$ref" in schema and not whole:
        return
    for key in sorted(_APPLICATORS & schema.keys()):
        if whole or _counts(schema, key, draft):
            yield from _children(key, schema[key])


_SINCE: Final = {
    "contains": 6, "propertyNames": 6, "if": 7, "then": 7, "else": 7, "dependentSchemas": 2019,
    "unevaluatedItems": 2019, "unevaluatedProperties": 2019, "prefixItems": 2020,
}  # fmt: skip
"""The drafts before which a keyword says nothing."""


def _counts(schema: Mapping[str, Any], key: str, draft: int) -> bool:
    """Whether a keyword applies what stands below it: by its draft, and by the keyword that it belongs to."""
    if key in ("then", "else") and schema.get("if", key == "else") is (key == "else"):
        return False
    if key == "additionalItems" and (draft >= 2020 or not isinstance(schema.get("items"), list)):
        return False
    return draft >= _SINCE.get(key, 0)


def definitions(schema: Mapping[str, Any], draft: int) -> Iterator[Child]:
    """Yield the schemas that only wait to be referred to."""
    for key in ("definitions", "$defs") if draft >= _LATE else ("definitions",):
        yield from _children(key, schema.get(key))


def _children(key: str, value: Any) -> Iterator[Child]:
    if key in _MAPS or key == "dependencies":
        yield from (((key, name), child) for name, child in (value or {}).items())
    elif isinstance(value, list):
        yield from (((key, str(i)), child) for i, child in enumerate(value))
    else:
        yield (key,), value


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list):
        return "array"
    return "object" if isinstance(value, dict) else "number"


def _typed(kind: str, then: Rule | None = None) -> Rule:
    def rule(value: Any, draft: int, path: Path) -> Failure | None:
        if _kind(value) != kind:
            return Failure(path, f"got {_kind(value)}, want {kind}")
        return then(value, draft, path) if then else None

    return rule


def _formatted(name: str) -> Rule:
    def rule(value: str, _draft: int, path: Path) -> Failure | None:
        fault = schemaformat.fault(name, value)
        return Failure(path, f"{quoted(value)} is not valid {name}: {fault}") if fault else None

    return rule


def _patterned(pattern: str) -> Rule:
    def rule(value: str, _draft: int, path: Path) -> Failure | None:
        from pxhelm.golang import regexp

        if regexp.matches(regexp.compile_pattern(pattern), value):
            return None
        return Failure(path, f"{quoted(value)} does not match pattern {quoted(pattern)}")

    return rule


def _all(*rules: Rule) -> Rule:
    """Hold a value to several rules that complain for themselves."""

    def rule(value: Any, draft: int, path: Path) -> Failure | None:
        return grouped(path, [f for one in rules if (f := one(value, draft, path))])

    return rule


def _any(*rules: Rule) -> Rule:
    def rule(value: Any, draft: int, path: Path) -> Failure | None:
        faults = [one(value, draft, path) for one in rules]
        return None if None in faults else Failure(path, "'anyOf' failed", tuple(f for f in faults if f))

    return rule


def _referred(fault: Failure | None, path: Path) -> Failure | None:
    """Return a fault as seen from where the metaschema refers to its rule."""
    if fault is None:
        return None
    return Failure(path, "validation failed", fault.causes if is_group(fault) else (fault,), reference=True)


def _ref(rule: Rule) -> Rule:
    return lambda value, draft, path: _referred(rule(value, draft, path), path)


def _items(rule: Rule, least: int = 0, *, unique: bool = False) -> Rule:
    def each(value: list[Any], draft: int, path: Path) -> Failure | None:
        faults = []
        if len(value) < least:
            faults.append(Failure(path, f"minItems: got {len(value)}, want {least}"))
        if unique and (twins := _twins(value)):
            faults.append(Failure(path, f"items at {twins[0]} and {twins[1]} are equal"))
        faults += [f for i, item in enumerate(value) if (f := rule(item, draft, (*path, str(i))))]
        return grouped(path, faults)

    return _typed("array", each)


def _twins(value: list[Any]) -> tuple[int, int] | None:
    for later, item in enumerate(value):
        if item in value[:later]:
            return value.index(item), later
    return None


def _entries(rule: Rule, names: str = "") -> Rule:
    """Hold every value of a map to a rule, and its names to a format."""

    def each(value: dict[str, Any], draft: int, path: Path) -> Failure | None:
        faults = [f for name in sorted(value) if (f := rule(value[name], draft, (*path, name)))]
        if names and draft > 6:
            wrong = ((name, f) for name in sorted(value) if (f := _formatted(names)(name, draft, ())))
            faults += [Failure(path, f"invalid propertyName {quoted(name)}", (f,)) for name, f in wrong]
        return grouped(path, faults)

    return _typed("object", each)


def _minimum(value: float, _draft: int, path: Path) -> Failure | None:
    if not float(value).is_integer():
        return Failure(path, "got number, want integer")
    return Failure(path, f"minimum: got {number(value)}, want 0") if value < 0 else None


def _positive(value: float, draft: int, path: Path) -> Failure | None:
    if value > 0:
        return None
    if draft == 4 and value < 0:
        faults = [Failure(path, f"{word}: got {number(value)}, want 0") for word in ("minimum", "exclusiveMinimum")]
        return grouped(path, faults)
    return Failure(path, f"exclusiveMinimum: got {number(value)}, want 0")


def _counted(value: Any, draft: int, path: Path) -> Failure | None:
    if _kind(value) != "number":
        return Failure(path, f"got {_kind(value)}, want integer")
    return _minimum(value, draft, path)


def _counted_from_zero(value: Any, draft: int, path: Path) -> Failure | None:
    fault = _ref(_counted)(value, draft, path)
    if fault is None or draft >= _LATE:
        return fault
    return Failure(path, "'allOf' failed", (fault,))


def _named_type(value: Any, _draft: int, path: Path) -> Failure | None:
    if isinstance(value, str) and value in _TYPES:
        return None
    return Failure(path, f"value must be one of {', '.join(map(quoted, _TYPES))}")


def _anything(_value: Any, _draft: int, _path: Path) -> Failure | None:
    return None


_TEXT: Final = _typed("string")
_FLAG: Final = _typed("boolean")
_NUMBER: Final = _typed("number")
_URI: Final = _typed("string", _formatted("uri"))
_REFERENCE: Final = _typed("string", _formatted("uri-reference"))
_ID: Final = "^[^#]*#?$"
_SCHEMA: Final = _ref(shape_fault)
_SCHEMA_ARRAY: Final = _ref(_items(_SCHEMA, 1))
_NAMES: Final = _ref(_items(_TEXT, unique=True))
_NAMED: Final = _entries(_SCHEMA)
_ITEMS: Final = _any(_SCHEMA, _SCHEMA_ARRAY)

_SCHEMAS: Final = dict.fromkeys(
    (
        *("additionalItems", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else"),
        *("unevaluatedItems", "unevaluatedProperties"),
    ),
    _SCHEMA,
)
_LISTS: Final = dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _SCHEMA_ARRAY)
_MAPS: Final = dict.fromkeys(
    ("properties", "patternProperties", "definitions", "$defs", "dependentSchemas"), _NAMED
) | {"patternProperties": _entries(_SCHEMA, "regex")}
_LIMITS: Final[Mapping[str, Rule]] = {
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties"), _ref(_counted)),
    **dict.fromkeys(("minLength", "minItems", "minProperties"), _ref(_counted_from_zero)),
    **dict.fromkeys(("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"), _NUMBER),
    "multipleOf": _typed("number", _positive),
    "pattern": _typed("string", _formatted("regex")),
    "uniqueItems": _FLAG,
    "required": _NAMES,
    "type": _any(_ref(_named_type), _items(_ref(_named_type), 1, unique=True)),
}
_DEPENDENCIES: Final = _entries(_any(_SCHEMA, _NAMES))


def _of(rules: Mapping[str, Rule], *without: str) -> dict[str, Rule]:
    return {name: rule for name, rule in rules.items() if name not in without}


_NEW_IN_7: Final = ("if", "then", "else")
_NEW_IN_6: Final = ("contains", "propertyNames", *_NEW_IN_7)
_NEW_IN_2019: Final = ("unevaluatedItems", "unevaluatedProperties", "prefixItems", "$defs", "dependentSchemas")

_DRAFT_7: Final[Mapping[str, Rule]] = {
    **_of(_SCHEMAS | _LISTS | _MAPS, *_NEW_IN_2019),
    **_LIMITS,
    **dict.fromkeys(("title", "description", "format", "$comment", "contentMediaType", "contentEncoding"), _TEXT),
    **dict.fromkeys(("readOnly", "writeOnly"), _FLAG),
    **dict.fromkeys(("$id", "$ref"), _REFERENCE),
    "$schema": _URI,
    "examples": _items(_anything),
    "enum": _items(_anything, 1, unique=True),
    "items": _ITEMS,
    "dependencies": _DEPENDENCIES,
}
_DRAFT_6: Final = _of(
    _DRAFT_7, "examples", "$comment", "contentMediaType", "contentEncoding", "readOnly", "writeOnly", *_NEW_IN_7
)
_OR_FLAG: Final = _any(_FLAG, _SCHEMA)
_DRAFT_4: Final[Mapping[str, Rule]] = {
    **_of(_DRAFT_6, "$id", *_NEW_IN_6),
    **dict.fromkeys(("id", "$ref"), _TEXT),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), _FLAG),
    **dict.fromkeys(("additionalItems", "additionalProperties"), _OR_FLAG),
    "required": _ref(_items(_TEXT, 1, unique=True)),
    "dependencies": _entries(_any(_SCHEMA, _ref(_items(_TEXT, 1, unique=True)))),
}

_VOCABULARY: Final = _entries(_FLAG, "uri")
_CORE_2019: Final[Mapping[str, Rule]] = {
    "$id": _typed("string", _all(_formatted("uri-reference"), _patterned(_ID))),
    "$schema": _URI,
    "$anchor": _typed("string", _patterned("^[A-Za-z][-A-Za-z0-9.:_]*$")),
    **dict.fromkeys(("$ref", "$recursiveRef"), _REFERENCE),
    "$recursiveAnchor": _FLAG,
    "$vocabulary": _VOCABULARY,
    "$comment": _TEXT,
    "$defs": _NAMED,
}
_ANCHOR: Final = _ref(_typed("string", _patterned("^[A-Za-z_][-A-Za-z0-9._]*$")))


def _id(value: Any, draft: int, path: Path) -> Failure | None:
    """``$id`` of 2020-12: the pattern stands beside a reference."""
    faults = [_ref(_REFERENCE)(value, draft, path)]
    if isinstance(value, str):
        faults.append(_patterned(_ID)(value, draft, path))
    return grouped(path, [f for f in faults if f])


_CORE_2020: Final[Mapping[str, Rule]] = {
    "$id": _id,
    "$schema": _ref(_URI),
    **dict.fromkeys(("$anchor", "$dynamicAnchor"), _ANCHOR),
    **dict.fromkeys(("$ref", "$dynamicRef"), _ref(_REFERENCE)),
    "$vocabulary": _VOCABULARY,
    "$comment": _TEXT,
    "$defs": _NAMED,
}
_UNEVALUATED: Final = {name: _SCHEMAS[name] for name in ("unevaluatedItems", "unevaluatedProperties")}
_APPLICATOR_2019: Final[Mapping[str, Rule]] = {
    **_of(_SCHEMAS | _LISTS | _MAPS, "prefixItems", "$defs", "definitions"),
    "items": _ITEMS,
}
_APPLICATOR_2020: Final[Mapping[str, Rule]] = {
    **_of(_SCHEMAS | _LISTS | _MAPS, "additionalItems", "$defs", "definitions", *_UNEVALUATED),
    "items": _SCHEMA,
}
_VALIDATION: Final[Mapping[str, Rule]] = {
    **_LIMITS,
    **dict.fromkeys(("maxContains", "minContains"), _ref(_counted)),
    "enum": _items(_anything),
    "dependentRequired": _entries(_NAMES),
}
_META_DATA: Final[Mapping[str, Rule]] = {
    **dict.fromkeys(("title", "description"), _TEXT),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly"), _FLAG),
    "examples": _items(_anything),
}
_FORMAT: Final[Mapping[str, Rule]] = {"format": _TEXT}
_CONTENT: Final[Mapping[str, Rule]] = {
    **dict.fromkeys(("contentMediaType", "contentEncoding"), _TEXT),
    "contentSchema": _SCHEMA,
}
_KEPT: Final[Mapping[str, Rule]] = {"definitions": _NAMED, "dependencies": _DEPENDENCIES}

_APPLICATORS: Final = (_SCHEMAS | _LISTS | _MAPS).keys() - {"definitions", "$defs"} | {"dependencies", "items"}

_DRAFTS: Final[Mapping[int, tuple[Mapping[str, Rule], tuple[Mapping[str, Rule], ...]]]] = {
    4: (_DRAFT_4, ()),
    6: (_DRAFT_6, ()),
    7: (_DRAFT_7, ()),
    2019: (_KEPT, (_CORE_2019, _APPLICATOR_2019, _VALIDATION, _META_DATA, _FORMAT, _CONTENT)),
    2020: (
        {**_KEPT, "$recursiveAnchor": _ANCHOR, "$recursiveRef": _ref(_REFERENCE)},
        (_CORE_2020, _APPLICATOR_2020, _UNEVALUATED, _VALIDATION, _META_DATA, _FORMAT, _CONTENT),
    ),
}
"""The metaschema's own rules and those of its vocabularies, by draft."""
