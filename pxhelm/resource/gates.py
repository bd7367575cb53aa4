"""What stands between a wish and the cluster: fields that its version lacks, and those that only real root may set."""

from __future__ import annotations

from collections.abc import Iterable

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.schema import supports
from pxhelm.resource.encode import STEERING
from pxhelm.resource.kind import Kind, LeafChange, Op
from pxhelm.resource.model import Leaves, Resource
from pxhelm.resource.table import NEWEST, key_in, spec_of, table_of

_VIRTUAL = ("socket", "spice")
"""Values of ports that reach no device of the host; everybody may set them."""


_OF_MOVES = {"placement.withConntrackState": "with-conntrack-state"}
"""What only a migration is told, and not every version's."""


def lacking(kind: Kind, paths: Iterable[str], version: str) -> tuple[str, ...]:
    """Return the leaves that this version of Proxmox has no parameter for."""
    table = table_of(kind.fields, kind.slots)
    found = []
    for path in paths:
        if path in _OF_MOVES and not supports(version, "/nodes/x/qemu/100/migrate", _OF_MOVES[path]):
            found.append(path)
        place = table.place(path)
        if place is None or not place.param or (kind.guest and place.param in STEERING) or path.startswith("config."):
            continue
        spec, newest = spec_of(kind.api, version, place.param), spec_of(kind.api, NEWEST, place.param)
        if spec is None:
            if newest is not None:
                found.append(path)
            continue
        if not place.key or newest is None or key_in(kind.api, version, place) in spec.properties:
            continue
        key = newest.properties.get(place.key)
        plain_before = not spec.properties and key is not None and key.default_key
        if not plain_before:
            found.append(path)
    return tuple(found)


def version_problem(kind: Kind, leaves: Leaves, version: str) -> str:
    """Return why the leaves cannot be written to this version; empty when they can."""
    paths = lacking(kind, leaves, version)
    if not paths:
        return ""
    return f"Proxmox VE {version} does not have {', '.join(paths)}"


def check_version(kind: Kind, resource: Resource, version: str) -> tuple[PxhelmError, ...]:
    """Return a mistake with its place for each leaf that the version lacks, for ``lint`` and plans."""
    return tuple(
        PxhelmError(
            f"cannot use {path}: Proxmox VE {version} does not have it",
            where=resource.locate(path) if resource.locate else None,
        )
        for path in lacking(kind, resource.leaves, version)
    )


def root_only(kind: Kind, changes: Iterable[LeafChange], leaves: Leaves) -> tuple[str, ...]:
    """Return the changed leaves that only a real root@pam ticket may set; tokens and other users are refused.

    ``leaves`` is the guest as it is wanted: of a container that is privileged it is every feature (kinds.md 5).
    """
    table = table_of(kind.fields, kind.slots)
    privileged = kind.name == "Container" and leaves.get("unprivileged") is False
    return tuple(
        change.path
        for change in changes
        if change.op is Op.SET and change.after not in _VIRTUAL and change.after is not False
        and (place := table.place(change.path)) is not None
        and (place.field.root_only or (privileged and change.path.startswith("features.")))
    )  # fmt: skip
