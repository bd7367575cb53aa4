"""References between objects: how they are written, what they name, and how a name becomes Proxmox' id.

Looked up in order: same release, same namespace, whole inventory, live cluster (kinds.md 2.4). Never looks anything up
itself: the plan does, with the ``Reference``s that a resource carries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from pxhelm.resource.field import Field
from pxhelm.resource.kind import Kind, Surroundings
from pxhelm.resource.model import Reference, Resource, SecretSource, Value
from pxhelm.resource.pointers import read_by
from pxhelm.resource.table import table_of
from pxhelm.resource.types import pairs
from pxhelm.secret import Secret


def bare(text: str) -> str:
    """Return a reference's name without ``id:`` and without the kind in front; a VMID stays ``vmid:101``."""
    if text.startswith("id:"):
        return text[3:]
    head, slash, rest = text.partition("/")
    return rest if slash and head[:1].isupper() and ":" not in head else text


def reference_to(path: str, each: Field, text: str, namespace: str) -> Reference:
    """Return what a leaf refers to; texts with a colon are volumes or ids and name nothing managed."""
    if text.startswith(_ELSEWHERE) and "IPSet" in each.refers:
        vnet = _OF_VNET.fullmatch(text)
        return Reference(path, ("SDNVNet",) if vnet else (), "", vnet[1] if vnet else text)
    sign, text = signed(text) if "FirewallAlias" in each.refers else ("", text)
    if sign.startswith("+") and "IPSet" in each.refers:
        return Reference(path, ("IPSet",), "", text)
    head, slash, rest = text.rpartition("/")
    if not slash or ":" in text:
        return Reference(path, each.refers, namespace, text)
    if head in each.refers:
        return Reference(path, (head,), namespace, rest)
    kind, inner_slash, inner = head.partition("/")
    if inner_slash and kind in each.refers:
        return Reference(path, (kind,), inner, rest)
    return Reference(path, each.refers, head, rest)


def resolve_names(kind: Kind, resource: Resource, lookup: Callable[[Reference], str | None]) -> Resource:
    """Return the resource with names of managed objects replaced by their Proxmox ids; unknown names stay.

    ``lookup`` gives the id of a managed object (a pool's, a volume's), None for what is not managed.
    """
    found: dict[str, Value] = {}
    for path, value in resource.leaves.items():
        place = table_of(kind.fields, kind.slots).place(path)
        if place is None or not place.field.refers or not isinstance(value, (str, tuple)):
            continue
        texts = value if isinstance(value, tuple) else (value,)
        ids = tuple(_id_of(place.field, path, str(text), resource.key.namespace, lookup) for text in texts)
        found[path] = ids if isinstance(value, tuple) else ids[0]
    return replace(resource, leaves={**resource.leaves, **found}) if found else resource


def _id_of(each: Field, path: str, text: str, namespace: str, lookup: Callable[[Reference], str | None]) -> str:
    if text.startswith(_ELSEWHERE) and "IPSet" in each.refers:
        return text
    found = lookup(reference_to(path, each, text, namespace))
    sign = signed(text)[0] if "FirewallAlias" in each.refers else ""
    return f"{sign}{found}" if found else text


def signed(text: str) -> tuple[str, str]:
    """Return what Proxmox' firewall writes before the name of a set or an alias (``+``, ``+dc/``, ``dc/``), and the name."""
    found = _SIGN.match(text)
    return (found[0], text[found.end() :]) if found else ("", text)


def reveal(resource: Resource, resolve: Callable[[SecretSource], str]) -> Resource:
    """Return the resource with its secrets read by ``resolve`` (an edge); only just before they are written."""
    found = {p: Secret(read_by(v, resolve)) for p, v in resource.leaves.items() if isinstance(v, SecretSource)}
    return replace(resource, leaves={**resource.leaves, **found}) if found else resource


_SIGN = re.compile(r"\+(?:dc/)?|dc/")
_ELSEWHERE = ("+guest/", "guest/", "+sdn/")
"""How a rule names sets and aliases that are no objects of their own: a guest's, and those of virtual networks."""
_OF_VNET = re.compile(r"\+sdn/(\w+)-(?:all|gateway|no-gateway|dhcp)")

NOBODY = "no guest carries the labels of guests.selector"
"""Why an object that selects guests cannot be had, of which Proxmox wants to know one."""
GUESTS = {"VirtualMachine": "qemu", "Container": "lxc"}
"""Kinds of guests, and how Proxmox calls them."""


def with_guests(kind: Kind, resource: Resource, around: Surroundings) -> Resource:
    """Return a resource whose references to guests are ``vmid:101``; those that name none or several stay as they are.

    Managed guests of the same namespace first (of any, for kinds without one), then the live cluster (kinds.md 2.4).
    """
    found: dict[str, Value] = {}
    for path, value in resource.leaves.items():
        place = table_of(kind.fields, kind.slots).place(path)
        if place is not None and place.field.type == "record" and isinstance(value, tuple):
            found[path] = _in_record(value, place.field, resource.key.namespace, around)
            continue
        if place is None or not set(place.field.refers) & set(GUESTS) or not isinstance(value, (str, tuple)):
            continue
        texts = value if isinstance(value, tuple) else (value,)
        names = [_by_vmid(str(text), place.field, resource.key.namespace, around) for text in texts]
        found[path] = tuple(sorted(set(names))) if isinstance(value, tuple) else names[0]
    return replace(resource, leaves={**resource.leaves, **found}) if found else resource


def _in_record(record: tuple[object, ...], each: Field, namespace: str, around: Surroundings) -> Value:
    """Return a record whose parts that name guests are ``vmid:101``."""
    guests = {part.path: part for part in each.parts if set(part.refers) & set(GUESTS)}
    return tuple(
        (name, _by_vmid(str(value), guests[name], namespace, around) if name in guests else value)
        for name, value in pairs(record).items()
    )


def unresolved(kind: Kind, resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield the leaves with references to guests that ``with_guests`` could not find, and what they say."""
    for path, value in resource.leaves.items():
        place = table_of(kind.fields, kind.slots).place(path)
        if place is None or not isinstance(value, (str, tuple)):
            continue
        if place.field.type == "record":
            named = [part.path for part in place.field.parts if _names_guests(part)]
            texts = [str(text) for name, text in pairs(value).items() if name in named]
        else:
            texts = [str(text) for text in (value if isinstance(value, tuple) else (value,))]
            texts = texts if _names_guests(place.field) else []
        yield from ((path, text) for text in texts if not text.startswith("vmid:"))


def _names_guests(each: Field) -> bool:
    """Whether a reference is to a guest and to nothing else."""
    return bool(each.refers) and set(each.refers) <= set(GUESTS)


def guest_type(vmid: int, around: Surroundings) -> str:
    """Return ``qemu`` or ``lxc``; empty when nobody knows the guest."""
    row = around.guests.get(vmid)
    if row is not None:
        return str(row.get("type", ""))
    return next((GUESTS[key.kind] for key, found in around.bound.items() if found == vmid), "")


def _by_vmid(text: str, each: Field, namespace: str, around: Surroundings) -> str:
    if text.startswith("vmid:"):
        return text
    reference = reference_to("", each, text, namespace)
    kinds = [name for name in reference.kinds if name in GUESTS]
    managed = {
        vmid
        for key, vmid in around.bound.items()
        if key.kind in kinds and key.name == reference.name and reference.namespace in ("", key.namespace)
    }
    if len(managed) == 1:
        return f"vmid:{managed.pop()}"
    types = {GUESTS[name] for name in kinds}
    live = [v for v, row in around.guests.items() if row.get("name") == reference.name and row.get("type") in types]
    return f"vmid:{live[0]}" if len(live) == 1 and not managed else text
