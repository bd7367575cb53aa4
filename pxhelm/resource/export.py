"""Leaves to a spec as a manifest says it: for ``get -o yaml``, ``normalize`` and import.

What Proxmox chose for itself (MACs, volume ids, UUIDs) is left out unless asked for; secrets are never written out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from pxhelm.resource.kind import Kind
from pxhelm.resource.model import Leaves, SecretSource, Value
from pxhelm.resource.table import table_of
from pxhelm.resource.types import shown
from pxhelm.secret import Secret

_CHOSEN = ("volume", "mac")
_OF_THE_SERVER = frozenset(("vmid", "smbios.uuid", "vmGenerationID", "placement.nodes", "power.policy"))


def importable(kind: Kind, leaves: Leaves) -> Leaves:
    """Return the leaves that an imported manifest states: not those that Proxmox chose, nor leftovers."""
    found: dict[str, Value] = {}
    for path, value in leaves.items():
        names = path.split(".")
        chosen = len(names) == 3 and names[0] in kind.slots and names[2] in _CHOSEN
        mounted = chosen and f"{names[0]}.{names[1]}.storage" not in leaves and names[2] == "volume"
        if path in _OF_THE_SERVER or (chosen and not mounted) or path == "rootfs.volume":
            continue
        if len(names) > 1 and names[1].startswith("unused"):
            continue
        found[path] = value
    return found


def spec_of_leaves(kind: Kind, leaves: Leaves) -> dict[str, object]:
    """Return the spec in normal form, in the order of the kind's table; secrets as where they are read, else left out."""
    table = table_of(kind.fields, kind.slots)
    order = {each.path: index for index, each in enumerate(kind.fields)}
    placed = [(place, value) for path, value in leaves.items() if (place := table.place(path)) is not None]
    spec: dict[str, object] = {}
    for place, value in sorted(placed, key=lambda each: order[each[0].field.path]):
        if value is None or isinstance(value, Secret):
            continue
        written = _source(value) if isinstance(value, SecretSource) else shown(place.field.type, value)
        _put(spec, _names(place.path, place.field.path), written)
    return spec


def _names(path: str, pattern: str) -> list[str]:
    """Split a path into names; a free key at its end may hold dots."""
    return path.split(".", pattern.count("."))


def _put(spec: dict[str, object], names: list[str], value: object) -> None:
    branch = spec
    for name in names[:-1]:
        below = branch.setdefault(name, {})
        assert isinstance(below, dict)
        branch = below
    branch[names[-1]] = value


def _source(value: SecretSource) -> Mapping[str, object]:
    if value.document:
        document: Mapping[str, object] = json.loads(value.document)
        return document
    if value.source == "secretRef":
        return {"valueFrom": {"secretRef": {"name": value.name, "key": value.key}}}
    return {"valueFrom": {value.source: list(value.command) if value.source == "command" else value.name}}
