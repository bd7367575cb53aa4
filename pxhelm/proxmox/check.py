"""Checks parameters against the schema before they are sent, in Proxmox' own words.

Finds what a schema can say: unknown and missing parameters, types, limits, enumerations, patterns, keys of property
strings. Formats that Proxmox checks in code are left to it: what is found here is wrong for certain, and what is not
found may still be refused. Never sends anything and never shows a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from pxhelm.proxmox import schema
from pxhelm.proxmox.request import Param
from pxhelm.proxmox.schema import Endpoint, ParamSpec, Properties
from pxhelm.proxmox.wire import LOOSE, PropertyError, Value, parse_property
from pxhelm.secret import Secret

UNKNOWN = "property is not defined in schema and the schema does not allow additional properties"
MISSING = "property is missing and it is not optional"

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?")


@dataclass(frozen=True, slots=True)
class Problem:
    """A parameter that the server would refuse."""

    name: str
    """``cores``, or ``net0.tag`` for a key of a property string."""
    text: str
    """What the server would say."""
    hint: str = ""


def check(endpoint: Endpoint, params: Mapping[str, Param], version: str = "9.2") -> list[Problem]:
    """Return everything that is wrong with the parameters of a request, all at once."""
    found: list[Problem] = []
    for name, text in endpoint.variables.items():
        found.extend(_check_text(name, endpoint.parameters[name], text) if name in endpoint.parameters else ())
    for name, value in params.items():
        spec = endpoint.parameters.get(name)
        if spec is not None:
            found.extend(_check_value(name, spec, value))
            if spec.requires and spec.requires not in params:
                found.append(Problem(spec.requires, f"missing property - '{name}' requires this property"))
        elif not endpoint.additional:
            found.append(Problem(name, UNKNOWN, _hint(endpoint, name, version)))
    for name in _needed(endpoint.parameters):
        given = name in params or f"{{{name}}}" in endpoint.path
        if not given and _applies(endpoint.parameters[name], params):
            found.append(Problem(name, MISSING))
    return found


def _needed(form: Mapping[str, ParamSpec]) -> Sequence[str]:
    if isinstance(form, Properties):
        return form.needed
    return [name for name, spec in form.items() if not (spec.optional or spec.alias or name.endswith("[n]"))]


def _applies(spec: ParamSpec, params: Mapping[str, Param]) -> bool:
    """Say whether a parameter belongs to the type that is being written; unknown types are left to the server."""
    return not spec.instance_types or params.get(spec.type_property) in spec.instance_types


def _hint(endpoint: Endpoint, name: str, version: str) -> str:
    """Say since when the parameter exists, or which name was meant."""
    known = schema.nearest(version)
    later = [v for v in schema.versions() if float(v) > float(known) and schema.supports(v, endpoint.path, name)]
    if later:
        return f"{name} needs Proxmox VE {later[0]}; the server has {version}"
    if any(schema.supports(v, endpoint.path, name) for v in schema.versions()):
        return f"{name} is gone since Proxmox VE {known}"
    stem = name.rstrip("0123456789")
    if f"{stem}[n]" in endpoint.parameters:
        return f"{stem} goes from {stem}0 to {stem}{endpoint.parameters[f'{stem}[n]'].highest}"
    near = get_close_matches(name, list(endpoint.parameters), 1)
    return f"did you mean {near[0]}?" if near else ""


def _check_value(name: str, spec: ParamSpec, value: Param) -> Iterator[Problem]:
    if isinstance(value, Secret):
        return
    if isinstance(value, bool):
        text = "1" if value else "0"
    elif isinstance(value, (str, int, float)):
        text = str(value)
    else:
        yield from _check_list(name, spec, value)
        return
    if spec.type == "array":
        yield from _check_list(name, spec, [text])
    elif spec.properties and spec.type == "string":
        yield from _check_property(name, spec.properties, text)
    else:
        yield from _check_text(name, spec, text)


def _check_list(name: str, spec: ParamSpec, values: Sequence[str | Secret]) -> Iterator[Problem]:
    if spec.type == "array" and spec.items is not None and not spec.one_of:
        for each in values:
            yield from _check_value(name, spec.items, each)
    elif spec.type == "string" and spec.format != "urlencoded":
        yield from _check_text(name, spec, ",".join(str(each) for each in values))


def _check_text(name: str, spec: ParamSpec, text: str) -> Iterator[Problem]:
    """Check a value that is not a property string; the first thing that is wrong is all that is said."""
    failed = f"type check ('{spec.type}') failed - got '{text}'"
    if spec.type == "boolean":
        if text not in ("0", "1"):
            yield Problem(name, failed)
    elif spec.type in ("integer", "number"):
        if not (_INTEGER if spec.type == "integer" else _NUMBER).fullmatch(text):
            yield Problem(name, failed)
        else:
            yield from _check_limits(name, spec, float(text))
    elif spec.type == "string":
        yield from _check_string(name, spec, text)


def _check_string(name: str, spec: ParamSpec, text: str) -> Iterator[Problem]:
    if spec.max_length is not None and len(text) > spec.max_length:
        yield Problem(name, f"value may only be {spec.max_length} characters long")
    elif spec.min_length is not None and len(text) < spec.min_length:
        yield Problem(name, f"value must be at least {spec.min_length} characters long")
    elif spec.pattern and not re.fullmatch(spec.pattern, text):
        yield Problem(name, "value does not match the regex pattern")
    elif spec.enum and text not in spec.enum:
        near = get_close_matches(text, spec.enum, 1)
        listed = ", ".join(spec.enum)
        hint = f"did you mean {near[0]}?" if near else ""
        yield Problem(name, f"value '{text}' does not have a value in the enumeration '{listed}'", hint)


def _check_limits(name: str, spec: ParamSpec, number: float) -> Iterator[Problem]:
    if spec.minimum is not None and number < spec.minimum:
        yield Problem(name, f"value must have a minimum value of {spec.minimum}")
    elif spec.maximum is not None and number > spec.maximum:
        yield Problem(name, f"value must have a maximum value of {spec.maximum}")


def _check_property(name: str, form: Mapping[str, ParamSpec], text: str) -> Iterator[Problem]:
    try:
        values = parse_property(form, text)
    except PropertyError as error:
        yield Problem(name, f"invalid format - {error.message}")
        return
    if LOOSE in values:
        yield Problem(name, "invalid format - missing key in comma-separated list property")
    for key, value in values.items():
        spec = form.get(key)
        if spec is not None:
            yield from _check_key(f"{name}.{key}", spec, value)
        elif key != LOOSE:
            near = get_close_matches(key, [k for k, s in form.items() if not s.alias], 1)
            yield Problem(f"{name}.{key}", UNKNOWN, f"did you mean {near[0]}?" if near else "")
    for key in _needed(form):
        if key not in values:
            yield Problem(f"{name}.{key}", MISSING)


def _check_key(name: str, spec: ParamSpec, value: Value) -> Iterator[Problem]:
    """Check a key of a property string, whose value was read by its type already if it fits."""
    if isinstance(value, str) and spec.type in ("boolean", "integer", "number"):
        yield Problem(name, f"type check ('{spec.type}') failed - got '{value}'")
    elif isinstance(value, str) and not spec.format:
        yield from _check_string(name, spec, value)
    elif isinstance(value, (int, float)) and spec.type in ("integer", "number"):
        yield from _check_limits(name, spec, value)
