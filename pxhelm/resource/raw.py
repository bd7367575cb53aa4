"""Raw parameters: ``config:`` and ``extra:`` are checked by the API schema, since no field describes them."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache

from pxhelm.proxmox.schema import ParamSpec, load
from pxhelm.resource.model import Value
from pxhelm.resource.table import Table, spec_of

REFUSED = frozenset(
    ("lock", "digest", "delete", "revert", "skiplock", "force", "vmid", "node", "background_delay", "storage", "type")
)
"""Parameters that steer a request or name the object; never configuration."""


def check_config(api: str, param: str, value: Value) -> str:
    """Return what is wrong with a raw parameter; empty when the schema allows it."""
    if param in REFUSED:
        return f"config.{param} cannot be set raw"
    spec = spec_of(api, "9.2", param) or next((s for v in ("8.4", "7.4") if (s := spec_of(api, v, param))), None)
    if spec is None:
        near = get_close_matches(param, tuple(_names(api)), 1)
        return f"Proxmox has no parameter {param}" + (f"; did you mean {near[0]}?" if near else "")
    return check_value(spec, f"config.{param}", value)


def check_extra(api: str, param: str, key: str, table: Table) -> str:
    """Return what is wrong with a raw sub-option of a device."""
    twin = next((p.path for p in table.places_of(param) if p.key == key and ".extra." not in p.path), "")
    if twin:
        return f"extra.{key} is the field {twin.rpartition('.')[2]}"
    spec = spec_of(api, "9.2", param)
    if spec is None or key not in spec.properties:
        return f"{param} has no sub-option {key}"
    return ""


def check_value(spec: ParamSpec, name: str, value: object) -> str:
    """Return how a value breaks type, limits, choices or pattern of a parameter; empty when it does not.

    Formats that Proxmox checks in code are left to Proxmox.
    """
    text = ("1" if value else "0") if isinstance(value, bool) else str(value)
    if spec.enum and text not in spec.enum:
        return f"{name} must be one of {', '.join(spec.enum)}, not {text!r}"
    if spec.type in ("integer", "number"):
        try:
            number = int(text) if spec.type == "integer" else float(text)
        except ValueError:
            return f"{name} must be {'a whole number' if spec.type == 'integer' else 'a number'}, not {text!r}"
        if spec.minimum is not None and number < spec.minimum:
            return f"{name} must be at least {spec.minimum}, not {text}"
        if spec.maximum is not None and number > spec.maximum:
            return f"{name} must be at most {spec.maximum}, not {text}"
    if spec.type == "boolean" and text.lower() not in ("0", "1", "true", "false", "yes", "no", "on", "off"):
        return f"{name} must be true or false, not {text!r}"
    if spec.pattern and not _matches(spec.pattern, text):
        return f"{name} does not have the form Proxmox wants: {text!r}"
    return ""


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:  # a Perl pattern that Python cannot read: Proxmox will say
        return True


@lru_cache(maxsize=8)
def _names(api: str) -> tuple[str, ...]:
    endpoint = load("9.2").endpoint("POST", api)
    return tuple(endpoint.parameters) if endpoint is not None else ()
