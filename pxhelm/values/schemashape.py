"""Whether a schema is a schema: what its metaschema would say, told as the library tells it.

Only the shape of keywords; whether references lead anywhere shows when they are followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pxhelm.values import schemaformat
from pxhelm.values.schemaerror import Failure, grouped, number, quoted

_TYPES: Final = ("array", "boolean", "integer", "null", "number", "object", "string")
_SCHEMAS: Final = frozenset(
    {"additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "additionalItems"}
    | {"unevaluatedItems", "unevaluatedProperties"}
)
_LISTS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_MAPS: Final = frozenset({"properties", "patternProperties", "definitions", "$defs", "dependentSchemas"})
_COUNTS: Final = frozenset(
    {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains"}
)
_TEXTS: Final = frozenset({"$ref", "$id", "$schema", "title", "description", "format", "$comment", "pattern"})
_FLAGS: Final = frozenset({"uniqueItems", "deprecated", "readOnly", "writeOnly"})
_NUMBERS: Final = frozenset({"minimum", "maximum", "multipleOf"})
_STRICT_ENUM: Final = 6
"""Up to this draft an ``enum`` holds at least one value, and none twice."""
_LATE: Final = 2019
"""From this draft on the metaschema is made of vocabularies, joined by allOf."""

Path = tuple[str, ...]


def shape_fault(schema: Any, draft: int, path: Path = ()) -> Failure | None:
    """Return what is wrong with a schema, None when nothing is."""
    if isinstance(schema, bool) and (draft > 4 or path):
        return None
    if not isinstance(schema, dict):
        want = "boolean or object" if draft > 4 else "object"
        want = "object or boolean" if 4 < draft < _LATE else want
        return Failure(path, f"got {_kind(schema)}, want {' or '.join(sorted(want.split(' or ')))}")
    inner: list[Failure] = []
    own: list[Failure] = []
    for key in sorted(schema):
        if key in _SCHEMAS | _LISTS | _MAPS or key == "items":
            inner += _nested(key, schema[key], draft, (*path, key))
        else:
            own += _keyword(key, schema[key], draft, (*path, key))
    if draft < _LATE:
        return grouped(path, inner + own)
    causes = tuple(f for f in (grouped(path, inner), grouped(path, own)) if f)
    return Failure(path, "'allOf' failed", causes) if causes else None


def references(schema: Any) -> Iterator[str]:
    """Yield every ``$ref`` of a sound schema that leads into the same document."""
    if not isinstance(schema, dict):
        return
    if isinstance(ref := schema.get("$ref"), str) and ref.startswith("#"):
        yield ref
    for key, value in schema.items():
        if key in _MAPS and isinstance(value, dict):
            below = list(value.values())
        elif key in _LISTS | _SCHEMAS or key == "items":
            below = value if isinstance(value, list) else [value]
        else:
            continue
        for one in below:
            # What has an id of its own is a document of its own.
            if isinstance(one, dict) and not {"$id", "id"} & one.keys():
                yield from references(one)


def _nested(key: str, value: Any, draft: int, path: Path) -> list[Failure]:
    if key in _MAPS:
        if not isinstance(value, dict):
            return [Failure(path, f"got {_kind(value)}, want object")]
        return [f for name in sorted(value) if (f := shape_fault(value[name], draft, (*path, name)))]
    if key in _LISTS or (key == "items" and isinstance(value, list)):
        if not isinstance(value, list):
            return [Failure(path, f"got {_kind(value)}, want array")]
        return [f for i, sub in enumerate(value) if (f := shape_fault(sub, draft, (*path, str(i))))]
    fault = shape_fault(value, draft, path)
    return [fault] if fault else []


def _keyword(key: str, value: Any, draft: int, path: Path) -> list[Failure]:
    if key == "type":
        return _type(value, path)
    if key in ("required", "enum"):
        if not isinstance(value, list):
            return [Failure(path, f"got {_kind(value)}, want array")]
        items = enumerate(value) if key == "required" else ()
        faults = [Failure((*path, str(i)), f"got {_kind(v)}, want string") for i, v in items if not isinstance(v, str)]
        if key == "enum" and draft <= _STRICT_ENUM and not value:
            return [Failure(path, "minItems: got 0, want 1")]
        return faults + (_twice(value, path) if key == "required" or draft <= _STRICT_ENUM else [])
    if key in _COUNTS:
        faults = _count(value, path)
        if faults and draft < _LATE and key.startswith("min"):
            # These have a default there, which the old metaschemas join by allOf.
            return [Failure(path, "'allOf' failed", tuple(faults))]
        return faults
    if key in _NUMBERS or (key in ("exclusiveMinimum", "exclusiveMaximum") and draft > 4):
        if _kind(value) != "number":
            return [Failure(path, f"got {_kind(value)}, want number")]
        if key == "multipleOf" and value <= 0:
            return [Failure(path, f"exclusiveMinimum: got {number(value)}, want 0")]
        return []
    if key in _TEXTS:
        if not isinstance(value, str):
            return [Failure(path, f"got {_kind(value)}, want string")]
        fault = schemaformat.fault("regex", value) if key == "pattern" else ""
        return [Failure(path, f"{quoted(value)} is not valid regex: {fault}")] if fault else []
    if key in ("dependencies", "dependentRequired"):
        return _dependent(value, path)
    if key in _FLAGS:
        return [] if isinstance(value, bool) else [Failure(path, f"got {_kind(value)}, want boolean")]
    return []


def _dependent(value: Any, path: Path) -> list[Failure]:
    if not isinstance(value, Mapping):
        return [Failure(path, f"got {_kind(value)}, want object")]
    if path[-1] == "dependencies":
        return []
    wrong = (name for name in sorted(value) if not isinstance(value[name], list))
    return [Failure((*path, name), f"got {_kind(value[name])}, want array") for name in wrong]


def _type(value: Any, path: Path) -> list[Failure]:
    if isinstance(value, str) and value in _TYPES:
        return []
    twice = _twice(value, path) if isinstance(value, list) else []
    if isinstance(value, list) and value and not twice and all(isinstance(v, str) and v in _TYPES for v in value):
        return []
    names = ", ".join(map(quoted, _TYPES))
    causes = [Failure(path, f"value must be one of {names}")]
    if isinstance(value, list):
        wrong = [
            Failure((*path, str(i)), f"value must be one of {names}") for i, v in enumerate(value) if v not in _TYPES
        ]
        fault = grouped(path, twice + wrong) or Failure(path, "minItems: got 0, want 1")
        causes.append(fault)
    else:
        causes.append(Failure(path, f"got {_kind(value)}, want array"))
    return [Failure(path, "'anyOf' failed", tuple(causes))]


def _twice(value: list[Any], path: Path) -> list[Failure]:
    """Return the complaint about the first item that stands in a list a second time."""
    for later, item in enumerate(value):
        if item in value[:later]:
            return [Failure(path, f"items at {value.index(item)} and {later} are equal")]
    return []


def _count(value: Any, path: Path) -> list[Failure]:
    if _kind(value) != "number" or not float(value).is_integer():
        return [Failure(path, f"got {_kind(value)}, want integer")]
    return [Failure(path, f"minimum: got {number(value)}, want 0")] if value < 0 else []


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list):
        return "array"
    return "object" if isinstance(value, dict) else "number"
