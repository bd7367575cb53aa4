"""JSON schema, drafts 4 to 2020-12, checked as santhosh-tekuri/jsonschema v6 checks it.

Its own walk rather than a library's: Helm prints that library's tree of causes to the letter, and for values of a chart
this costs less than loading a native module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

from pxhelm.values import schemaformat
from pxhelm.values.schemadocument import MAX_DEPTH, ROOT, Document, SchemaError
from pxhelm.values.schemaerror import (
    Failure,
    count,
    grouped,
    is_group,
    number,
    quoted,
    quoted_list,
    shown,
)

_TYPES: Final = ("null", "boolean", "number", "integer", "string", "array", "object")
_SUBSCHEMA_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")

Path = tuple[str, ...]


class Validator:
    """A schema document and the memory of one validation."""

    def __init__(self, schema: Any, match: Callable[[str, str], bool]) -> None:
        """Keep a decoded schema; ``match(pattern, text)`` searches with Go's regular expressions."""
        self.document = Document(schema)
        self.match = match
        self.draft = self.document.draft
        self.depth = 0

    def check(self, value: Any) -> Failure | None:
        """Return what is wrong with a value, None when nothing is.

        Raises:
            SchemaError: for a reference that leads nowhere.
        """
        return self.validate(self.document.root, value, (), _Seen())

    def validate(self, schema: Any, value: Any, path: Path, seen: _Seen) -> Failure | None:
        """Check one value against one schema; ``seen.left`` loses what was evaluated."""
        if schema is True or schema == {}:
            return None
        if schema is False:
            return Failure(path, "false schema")
        if not isinstance(schema, dict):
            return None
        if seen.has(schema):
            return Failure(path, f'both /$ref and  resolve to "{ROOT}#" causing reference cycle')
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise SchemaError(f"schema leads deeper than {MAX_DEPTH} levels into the values")
        try:
            return self._validate(schema, value, path, seen.inside(schema))
        finally:
            self.depth -= 1

    def _validate(self, schema: Mapping[str, Any], value: Any, path: Path, seen: _Seen) -> Failure | None:
        errors: list[Failure] = []
        ref = schema.get("$ref")
        if isinstance(ref, str) and self.draft < 2019:
            return self._reference(ref, value, path, seen)
        early = self._scalar_keywords(schema, value, path)
        if early is not None:
            return early
        if isinstance(ref, str):
            _add(errors, self._reference(ref, value, path, seen))
        if isinstance(value, dict):
            self._object(schema, value, path, seen, errors)
        elif isinstance(value, list):
            self._array(schema, value, path, seen, errors)
        elif isinstance(value, str):
            self._string(schema, value, path, errors)
        elif not isinstance(value, bool) and value is not None:
            _number(schema, value, path, errors)
        if self.draft >= 2019:
            for key in ("$recursiveRef", "$dynamicRef"):
                if isinstance(schema.get(key), str):
                    _add(errors, self._reference(schema[key], value, path, seen))
        self._conditions(schema, value, path, seen, errors)
        if self.draft >= 2019:
            self._unevaluated(schema, value, path, seen, errors)
        return grouped(path, errors)

    def _scalar_keywords(self, schema: Mapping[str, Any], value: Any, path: Path) -> Failure | None:
        """Check the keywords after whose failure nothing else is looked at."""
        wanted = schema.get("type")
        if wanted is not None:
            types = {wanted} if isinstance(wanted, str) else set(wanted)
            actual = type_of(value)
            integral = "integer" in types and actual == "number" and float(value).is_integer()
            if actual not in types and not integral:
                want = " or ".join(t for t in _TYPES if t in types)
                return Failure(path, f"got {actual}, want {want}")
        if self.draft >= 6 and "const" in schema and not same(value, schema["const"]):
            const = schema["const"]
            text = "'const' failed" if isinstance(const, dict | list) else f"value must be {shown(const)}"
            return Failure(path, text)
        if isinstance(schema.get("enum"), list) and not any(same(value, item) for item in schema["enum"]):
            return Failure(path, _enum_text(schema["enum"]))
        if self.draft < 2019 and isinstance(schema.get("format"), str) and isinstance(value, str):
            fault = schemaformat.fault(schema["format"], value)
            if fault:
                return Failure(path, f"{quoted(value)} is not valid {schema['format']}: {fault}")
        return None

    def _reference(self, ref: str, value: Any, path: Path, seen: _Seen) -> Failure | None:
        failure = self.validate(self.document.resolve(ref), value, path, seen)
        if failure is None:
            return None
        return Failure(path, "validation failed", failure.causes if is_group(failure) else (failure,), reference=True)

    def _object(
        self, schema: Mapping[str, Any], value: dict[str, Any], path: Path, seen: _Seen, errors: list[Failure]
    ) -> None:
        least, most = schema.get("minProperties"), schema.get("maxProperties")
        if least is not None and len(value) < least:
            errors.append(Failure(path, f"minProperties: got {count(len(value))}, want {count(int(least))}"))
        if most is not None and len(value) > most:
            errors.append(Failure(path, f"maxProperties: got {count(len(value))}, want {count(int(most))}"))
        missing = [name for name in schema.get("required", ()) if name not in value]
        if missing and isinstance(schema["required"], list):
            noun = "property" if len(missing) == 1 else "properties"
            errors.append(Failure(path, f"missing {noun} {quoted_list(missing)}"))
        self._dependents(schema, value, path, seen, errors)
        self._properties(schema, value, path, seen, errors)
        names = schema.get("propertyNames")
        if names is not None and self.draft >= 6:
            for name in sorted(value):
                failure = self.validate(names, name, (), _Seen())
                if failure is not None:
                    causes = failure.causes if is_group(failure) else (failure,)
                    errors.append(Failure(path, f"invalid propertyName {quoted(name)}", causes))

    def _dependents(
        self, schema: Mapping[str, Any], value: dict[str, Any], path: Path, seen: _Seen, errors: list[Failure]
    ) -> None:
        required = schema.get("dependentRequired", {}) if self.draft >= 2019 else {}
        schemas = schema.get("dependentSchemas", {}) if self.draft >= 2019 else {}
        for name, wanted in (*schema.get("dependencies", {}).items(), *schemas.items(), *required.items()):
            if name not in value:
                continue
            if not isinstance(wanted, list):
                _add(errors, self._self(wanted, value, path, seen))
                continue
            missing = [key for key in wanted if key not in value]
            if missing:
                errors.append(Failure(path, f"properties {quoted_list(missing)} required, if {quoted(name)} exists"))

    def _properties(
        self, schema: Mapping[str, Any], value: dict[str, Any], path: Path, seen: _Seen, errors: list[Failure]
    ) -> None:
        properties = schema.get("properties", {})
        patterns = schema.get("patternProperties", {})
        additional = schema.get("additionalProperties")
        refused = []
        for name in sorted(value):
            evaluated = name in properties
            if evaluated:
                _add(errors, self.validate(properties[name], value[name], (*path, name), _Seen()))
            for pattern, sub in patterns.items():
                if self.match(pattern, name):
                    evaluated = True
                    _add(errors, self.validate(sub, value[name], (*path, name), _Seen()))
            if not evaluated and additional is not None:
                evaluated = True
                if additional is False:
                    refused.append(name)
                elif additional is not True:
                    _add(errors, self.validate(additional, value[name], (*path, name), _Seen()))
            if evaluated:
                seen.evaluated(name)
        if refused:
            errors.append(Failure(path, f"additional properties {quoted_list(refused)} not allowed"))

    def _array(
        self, schema: Mapping[str, Any], value: list[Any], path: Path, seen: _Seen, errors: list[Failure]
    ) -> None:
        least, most = schema.get("minItems"), schema.get("maxItems")
        if least is not None and len(value) < least:
            errors.append(Failure(path, f"minItems: got {count(len(value))}, want {count(int(least))}"))
        if most is not None and len(value) > most:
            errors.append(Failure(path, f"maxItems: got {count(len(value))}, want {count(int(most))}"))
        if schema.get("uniqueItems") is True:
            twins = _twins(value)
            if twins:
                errors.append(Failure(path, f"items at {count(twins[0])} and {count(twins[1])} are equal"))
        items = schema.get("items")
        first = items if isinstance(items, list) else schema.get("prefixItems", []) if self.draft >= 2020 else []
        rest = schema.get("additionalItems") if isinstance(items, list) else items
        for i, item in enumerate(value[: len(first)]):
            _add(errors, self.validate(first[i], item, (*path, str(i)), _Seen()))
            seen.evaluated(i)
        left = len(value) - len(first)
        if rest is False and isinstance(items, list):
            if left > 0:
                errors.append(Failure(path, f"last {count(left)} additionalItem(s) not allowed"))
        elif rest is not None:
            for i in range(len(first), len(value)):
                _add(errors, self.validate(rest, value[i], (*path, str(i)), _Seen()))
                seen.evaluated(i)
        if "contains" in schema and self.draft >= 6:
            self._contains(schema, value, path, seen, errors)

    def _contains(
        self, schema: Mapping[str, Any], value: list[Any], path: Path, seen: _Seen, errors: list[Failure]
    ) -> None:
        causes = []
        matched = []
        for i, item in enumerate(value):
            failure = self.validate(schema["contains"], item, (*path, str(i)), _Seen())
            if failure is not None:
                causes.append(failure)
                continue
            matched.append(i)
            if self.draft >= 2020:
                seen.evaluated(i)
        least = schema.get("minContains") if self.draft >= 2019 else None
        most = schema.get("maxContains") if self.draft >= 2019 else None
        where = " ".join(map(str, matched))
        if least is not None and len(matched) < least:
            got = f"but matched {count(len(matched))} items at {where}" if matched else "but none matched"
            errors.append(
                Failure(path, f"min {count(int(least))} items required to match contains schema, {got}", tuple(causes))
            )
        elif least is None and not matched:
            errors.append(Failure(path, "no items match contains schema", tuple(causes)))
        if most is not None and len(matched) > most:
            text = f"max {count(int(most))} items required to match contains schema, but matched {count(len(matched))} items at {where}"
            errors.append(Failure(path, text))

    def _string(self, schema: Mapping[str, Any], value: str, path: Path, errors: list[Failure]) -> None:
        least, most, pattern = schema.get("minLength"), schema.get("maxLength"), schema.get("pattern")
        if least is not None and len(value) < least:
            errors.append(Failure(path, f"minLength: got {count(len(value))}, want {count(int(least))}"))
        if most is not None and len(value) > most:
            errors.append(Failure(path, f"maxLength: got {count(len(value))}, want {count(int(most))}"))
        if isinstance(pattern, str) and not self.match(pattern, value):
            errors.append(Failure(path, f"{quoted(value)} does not match pattern {quoted(pattern)}"))

    def _self(self, schema: Any, value: Any, path: Path, seen: _Seen) -> Failure | None:
        """Check the same value against a subschema; what that evaluates counts here only when it holds."""
        twin = seen.copy()
        failure = self.validate(schema, value, path, twin)
        if failure is None:
            seen.take(twin)
        return failure

    def _conditions(
        self, schema: Mapping[str, Any], value: Any, path: Path, seen: _Seen, errors: list[Failure]
    ) -> None:
        if "not" in schema and self._self(schema["not"], value, path, seen) is None:
            errors.append(Failure(path, "'not' failed"))
        causes = [f for sub in schema.get("allOf", ()) if (f := self._self(sub, value, path, seen))]
        if causes:
            errors.append(Failure(path, "'allOf' failed", tuple(causes)))
        if schema.get("anyOf"):
            failures = [self._self(sub, value, path, seen) for sub in schema["anyOf"]]
            if None not in failures:
                errors.append(Failure(path, "'anyOf' failed", tuple(f for f in failures if f)))
        if schema.get("oneOf"):
            self._one_of(schema["oneOf"], value, path, seen, errors)
        if "if" in schema and self.draft >= 7:
            branch = "then" if self._self(schema["if"], value, path, seen) is None else "else"
            if branch in schema:
                _add(errors, self._self(schema[branch], value, path, seen))

    def _one_of(self, schemas: list[Any], value: Any, path: Path, seen: _Seen, errors: list[Failure]) -> None:
        matched = -1
        causes = []
        for i, sub in enumerate(schemas):
            failure = self._self(sub, value, path, seen)
            if failure is not None:
                causes.append(failure)
            elif matched == -1:
                matched = i
            else:
                errors.append(Failure(path, f"'oneOf' failed, subschemas {count(matched)}, {count(i)} matched"))
                return
        if matched == -1:
            errors.append(Failure(path, "'oneOf' failed, none matched", tuple(causes)))

    def _unevaluated(
        self, schema: Mapping[str, Any], value: Any, path: Path, seen: _Seen, errors: list[Failure]
    ) -> None:
        if isinstance(value, dict) and "unevaluatedProperties" in schema:
            for name in sorted(set(value) - seen.done):
                _add(errors, self.validate(schema["unevaluatedProperties"], value[name], (*path, name), _Seen()))
            seen.done.update(value)
        if isinstance(value, list) and "unevaluatedItems" in schema:
            for i in sorted(set(range(len(value))) - seen.done):
                _add(errors, self.validate(schema["unevaluatedItems"], value[i], (*path, str(i)), _Seen()))
            seen.done.update(range(len(value)))


class _Seen:
    """What happened to one value: the schemas it is being checked against, and the parts already evaluated."""

    __slots__ = ("chain", "done")

    def __init__(self, chain: tuple[int, ...] = (), done: set[Any] | None = None) -> None:
        self.chain = chain
        self.done: set[Any] = set() if done is None else done

    def has(self, schema: Mapping[str, Any]) -> bool:
        return id(schema) in self.chain

    def inside(self, schema: Mapping[str, Any]) -> _Seen:
        return _Seen((*self.chain, id(schema)), self.done)

    def evaluated(self, part: str | int) -> None:
        self.done.add(part)

    def copy(self) -> _Seen:
        return _Seen(self.chain)

    def take(self, other: _Seen) -> None:
        self.done |= other.done


def type_of(value: Any) -> str:
    """Return the JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list):
        return "array"
    return "object" if isinstance(value, dict) else "number"


def same(a: Any, b: Any) -> bool:
    """Tell whether two JSON values are equal; 1 and 1.0 are, 1 and true are not."""
    kind = type_of(a)
    if kind != type_of(b):
        return False
    if kind == "object":
        return len(a) == len(b) and all(key in b and same(a[key], b[key]) for key in a)
    if kind == "array":
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


def _twins(values: list[Any]) -> tuple[int, int] | None:
    for i in range(1, len(values)):
        for j in range(i):
            if same(values[i], values[j]):
                return j, i
    return None


def _enum_text(items: list[Any]) -> str:
    if any(isinstance(item, dict | list) for item in items):
        return "'enum' failed"
    return f"value must be {'one of ' if len(items) != 1 else ''}{', '.join(map(shown, items))}"


def _number(schema: Mapping[str, Any], value: float, path: Path, errors: list[Failure]) -> None:
    def complain(keyword: str, limit: float) -> None:
        errors.append(Failure(path, f"{keyword}: got {number(value)}, want {number(limit)}"))

    for keyword, exclusive, sign in (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1)):
        limit, strict = schema.get(keyword), schema.get(exclusive)
        if strict is True and limit is not None:
            # Draft 4: a flag beside the limit.
            limit, strict = None, limit
        if limit is not None and (value - limit) * sign < 0:
            complain(keyword, limit)
        if strict is not None and not isinstance(strict, bool) and (value - strict) * sign <= 0:
            complain(exclusive, strict)
    step = schema.get("multipleOf")
    if step and (Fraction(str(value)) / Fraction(getattr(step, "text", str(step)))).denominator != 1:
        complain("multipleOf", step)


def _add(errors: list[Failure], failure: Failure | None) -> None:
    if failure is not None:
        errors.append(failure)
