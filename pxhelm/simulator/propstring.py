"""Property strings, the simulator's own reading and printing of them: ``virtio=AA:…,bridge=vmbr0,firewall=1``.

Nothing of the client's codec is used here, so that a wrong encoder cannot agree with itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from pxhelm.simulator.rules import Rule

TRUE = frozenset(("1", "on", "yes", "true"))
FALSE = frozenset(("0", "off", "no", "false"))


class PropertyStringError(Exception):
    """The string cannot be split; the text is Proxmox' own."""


def split_properties(keys: Mapping[str, Rule], text: str) -> dict[str, str]:
    """Return the properties under their real names, booleans as 0 and 1; unknown keys stay."""
    found: dict[str, str] = {}
    default_used = ""
    for part in text.split(","):
        if not part.strip():
            continue
        key, equals, value = part.partition("=")
        if equals:
            if not key or not value:
                raise PropertyStringError("missing key in comma-separated list property")
            _add(keys, found, key, value)
            continue
        default = next((name for name, rule in keys.items() if rule.default_key), "")
        if default_used or default in found:
            raise PropertyStringError(f"duplicate key in comma-separated list property: {default}")
        if not default:
            raise PropertyStringError("value without key, but schema does not define a default key")
        default_used = default
        found[default] = _boolean(keys[default], part)
    return found


def _add(keys: Mapping[str, Rule], found: dict[str, str], key: str, value: str) -> None:
    if key in found:
        raise PropertyStringError(f"duplicate key in comma-separated list property: {key}")
    rule = keys.get(key)
    if rule is not None and rule.alias:
        if rule.key_alias:
            if rule.key_alias in found:
                raise PropertyStringError(f"key alias '{rule.key_alias}' is already defined")
            found[rule.key_alias] = key
        key = rule.alias
        rule = keys.get(key)
    found[key] = _boolean(rule, value) if rule is not None else value


def _boolean(rule: Rule, value: str) -> str:
    if rule.type != "boolean":
        return value
    lower = value.lower()
    return "1" if lower in TRUE else "0" if lower in FALSE else value


def print_properties(keys: Mapping[str, Rule], values: Mapping[str, str]) -> str:
    """Print as Proxmox does: key alias or default key first, then required and optional keys in alphabetical order."""
    parts: list[str] = []
    done: set[str] = set()
    for name, rule in keys.items():
        if rule.key_alias and values.get(rule.key_alias) == name and rule.alias in values:
            parts.append(f"{name}={values[rule.alias]}")
            done |= {rule.key_alias, rule.alias}
            break
    default = next((name for name, rule in keys.items() if rule.default_key), "")
    if default in values and default not in done:
        parts.append(values[default])
        done.add(default)
    names = sorted(n for n in values if n not in done)
    names.sort(key=lambda n: n not in keys or keys[n].optional)
    parts.extend(f"{name}={values[name]}" for name in names)
    return ",".join(parts)


@lru_cache(maxsize=64)
def keys_of(kind: str, name: str) -> Mapping[str, Rule]:
    """Return the keys of a guest's property string: ``keys_of("qemu", "net0")``."""
    from pxhelm.proxmox.schema import load
    from pxhelm.simulator.rules import rule_of

    endpoint = load().endpoint("POST", f"/nodes/{{node}}/{kind}")
    assert endpoint is not None
    return rule_of(endpoint.parameters[name]).keys or {}
