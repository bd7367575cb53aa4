"""Checks the parameters of a request as Proxmox does: all mistakes at once, in its words.

Pure: rules and values in, errors or typed values out. Integers and booleans come out as ``int``, all else as text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

from pxhelm.proxmox.schema import Endpoint, ParamSpec
from pxhelm.simulator.errors import MISSING, UNDEFINED
from pxhelm.simulator.formats import check_format
from pxhelm.simulator.propstring import FALSE, TRUE, PropertyStringError, split_properties
from pxhelm.simulator.rules import Rule, perl, rule_of

_INTEGER = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_RULES: dict[int, tuple[Mapping[str, ParamSpec], dict[str, Rule]]] = {}
_BOOT_DEVICE = re.compile(r"(?:ide[0-3]|scsi([12]?\d|30)|virtio(\d|1[0-5])|sata[0-5]|net\d+|usb\d+|hostpci\d+)")

_OWN_WORDS = "/nodes/{node}/network"
"""Paths whose handlers say themselves which parameter needs which."""

Errors = MutableMapping[str, str]


def rules_of(endpoint: Endpoint) -> dict[str, Rule]:
    """Return the rules of an endpoint's parameters, indexed ones under their plain names once they were used."""
    told = endpoint.parameters  # of one version; kept, so that its id cannot come to mean another one
    found = _RULES.get(id(told))
    if found is None:
        found = _RULES[id(told)] = (told, {n: rule_of(told[n]) for n in told if "[n]" not in n})
    return found[1]


def _rule(endpoint: Endpoint, rules: dict[str, Rule], name: str) -> Rule | None:
    found = rules.get(name)
    if found is None:
        try:
            found = rules[name] = rule_of(endpoint.parameters[name])
        except KeyError:
            return None
    return found


def check_parameters(endpoint: Endpoint, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the typed values and what is wrong, by parameter."""
    errors: dict[str, str] = {}
    values: dict[str, Any] = {}
    rules = rules_of(endpoint)
    for name, raw in given.items():
        if raw is None:
            continue
        rule = _rule(endpoint, rules, name)
        if rule is None or not _applies(rule, given):
            if not endpoint.additional:
                errors[name] = UNDEFINED
            continue
        if rule.requires and given.get(rule.requires) is None and not endpoint.path.startswith(_OWN_WORDS):
            errors[rule.requires] = f"missing property - '{name}' requires this property"
        values[name] = check_value(rule, raw, name, errors)
    for name, rule in rules.items():
        if not rule.optional and name not in values and name not in errors and _applies(rule, given):
            place = f"oneOf[{given[rule.type_property]}].{name}" if rule.instance_types else name
            errors[place] = MISSING
    return values, errors


def _applies(rule: Rule, given: Mapping[str, Any]) -> bool:
    return not rule.instance_types or given.get(rule.type_property) in rule.instance_types


def check_value(rule: Rule, raw: Any, path: str, errors: Errors) -> Any:
    """Check one value and return it typed; complaints go to ``errors`` under ``path``."""
    if rule.type == "array":
        return _check_array(rule, raw, path, errors)
    if isinstance(raw, list) and rule.format.endswith("-list") and rule.type == "string":
        raw = ",".join(str(part) for part in raw)
    if isinstance(raw, (dict, list)):
        errors[path] = f"type check ('{rule.type}') failed - got {'HASH' if isinstance(raw, dict) else 'ARRAY'}"
        return None
    text = "1" if raw is True else "0" if raw is False else f"{raw:g}" if isinstance(raw, float) else str(raw)
    value = _typed(rule, text, path, errors)
    if path not in errors:
        complaint = _complaint(rule, text, path)
        if complaint:
            errors[path] = complaint
    return value


def _check_array(rule: Rule, raw: Any, path: str, errors: Errors) -> list[Any]:
    entries = raw if isinstance(raw, list) else [raw]
    if rule.items is None:
        return entries
    found: list[Any] = []
    for number, entry in enumerate(entries):
        inner: dict[str, str] = {}
        found.append(check_value(rule.items, entry, f"{path}[{number}]", inner))
        errors.update(inner)
    return found


def _typed(rule: Rule, text: str, path: str, errors: Errors) -> Any:
    if rule.type == "boolean":
        if text not in ("0", "1"):
            errors[path] = f"type check ('boolean') failed - got '{text}'"
            return None
        return int(text)
    if rule.type == "integer":
        if not _INTEGER.fullmatch(text):
            errors[path] = f"type check ('integer') failed - got '{text}'"
            return None
        return text if text.startswith("+") or rule.format else int(text)
    if rule.type == "number" and not _NUMBER.fullmatch(text):
        errors[path] = f"type check ('number') failed - got '{text}'"
    return text


def _complaint(rule: Rule, text: str, path: str) -> str | None:
    if rule.keys is not None:
        return property_complaint(rule.keys, text, path)
    if rule.format:
        bad = _boot_devices(text) if rule.format == "pve-qm-bootdev-list" else check_format(rule.format, text)
        if bad:
            return f"invalid format - {bad}\n"
    if rule.pattern and not perl(rule.pattern).fullmatch(text):
        return "value does not match the regex pattern"
    return _limits(rule, text)


def _limits(rule: Rule, text: str) -> str | None:
    if rule.max_length is not None and len(text) > rule.max_length:
        return f"value may only be {rule.max_length} characters long"
    if rule.min_length is not None and len(text) < rule.min_length:
        return f"value must be at least {rule.min_length} characters long"
    if rule.type in ("integer", "number"):
        number = float(text)
        if rule.maximum is not None and number > rule.maximum:
            return (
                f"value must have a maximum value of {rule.maximum:g}"
                if rule.maximum % 1
                else f"value must have a maximum value of {int(rule.maximum)}"
            )
        if rule.minimum is not None and number < rule.minimum:
            return f"value must have a minimum value of {int(rule.minimum) if not rule.minimum % 1 else rule.minimum}"
    if rule.enum and text not in rule.enum:
        return f"value '{text}' does not have a value in the enumeration '{', '.join(rule.enum)}'"
    return None


def property_complaint(keys: Mapping[str, Rule], text: str, path: str) -> str | None:
    """Return what is wrong with a property string, as the text under ``errors``."""
    try:
        found = split_properties(keys, text)
    except PropertyStringError as error:
        return f"invalid format - {error}\n"
    errors: dict[str, str] = {}
    for key, raw in found.items():
        rule = keys.get(key)
        place = f"{path}.{key}" if path else key
        if rule is None:
            errors[place] = UNDEFINED
            continue
        if rule.requires and rule.requires not in found:
            errors[f"{path}.{rule.requires}"] = f"missing property - '{place}' requires this property"
        check_value(rule, raw, place, errors)
    for key, rule in keys.items():
        if not rule.optional and not rule.alias and key not in found:
            errors[f"{path}.{key}" if path else key] = MISSING
    cpu = next(
        (bad for k, r in keys.items() if r.format == "pve-cpu-type" and k in found and (bad := _cpu(found[k]))), None
    )
    if cpu and not errors:
        return f"invalid format - {cpu}\n"
    if errors:
        return "invalid format - format error\n" + "".join(f"{place}: {bad}\n" for place, bad in errors.items())
    return None


def _cpu(value: str) -> str | None:
    from pxhelm.simulator.formats import check_cpu_type

    return check_cpu_type(value)


def _boot_devices(text: str) -> str | None:
    parts = [p for p in re.split(r"[;,\s]+", text) if p]
    return next((f"invalid boot device '{p}'" for p in parts if not _BOOT_DEVICE.fullmatch(p)), None)


__all__ = ["FALSE", "TRUE", "check_parameters", "check_value", "property_complaint", "rules_of"]
