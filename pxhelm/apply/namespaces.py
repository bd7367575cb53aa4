"""What namespaces say about their guests: VMIDs, nodes, pool, and values for what a new guest leaves open (kinds.md 2.9).

A value for creation is taken once: afterwards what was applied counts, so changing a namespace moves no disk. Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from pxhelm.apply.ports import Ports
from pxhelm.errors import PxhelmError
from pxhelm.plan.leaf import as_leaf
from pxhelm.resource.model import Leaves, Resource, Value
from pxhelm.resource.references import GUESTS, bare
from pxhelm.store.objects import ObjectQuery

KIND = "Namespace"
_DRIFT = "pxhelm.io/drift-policy"
_VOLUMES = ("disks", "mounts", "rootfs", "efiDisk", "tpm")
_ALWAYS = ("pool", "power.window")
"""What a namespace says as long as it says it, not only when a guest is made."""
_OTHERWISE = ("storage", "volume", "hostPath", "cdrom", "importFrom", "absent", "slot")
"""Leaves by which a device says itself where it is; a disk that is imported still needs a storage."""


@dataclass(frozen=True, slots=True)
class Namespaces:
    """The namespaces that are declared, by name."""

    leaves: Mapping[str, Leaves]
    drift_policy: str = ""
    """Of objects that say nothing of it and whose namespace does not: the context's."""

    @classmethod
    def of(cls, ports: Ports, wanted: Iterable[Resource]) -> Namespaces:
        """Return what the plan and the store say; PxhelmError when two ranges of VMIDs overlap."""
        found: dict[str, Leaves] = {}
        for o in ports.store.objects.list(ObjectQuery(ports.cluster_name, kind=KIND)):
            found[o.key.name] = {leaf.path: as_leaf(leaf.base) for leaf in ports.store.objects.owned(o.uid)}
        found |= {r.key.name: r.leaves for r in wanted if r.key.kind == KIND}
        namespaces = cls(found, ports.drift_policy)
        namespaces.check()
        return namespaces

    @property
    def ranges(self) -> dict[str, tuple[int, int]]:
        """Return the ranges of VMIDs by namespace."""
        texts = {name: str(leaves["vmidRange"]) for name, leaves in self.leaves.items() if "vmidRange" in leaves}
        return {name: (int(low), int(high)) for name, text in texts.items() for low, _, high in [text.partition("-")]}

    def check(self) -> None:
        """Raise PxhelmError when two ranges overlap."""
        ordered = sorted((low, high, name) for name, (low, high) in self.ranges.items())
        for (_, end, one), (start, _, two) in pairwise(ordered):
            if start <= end:
                raise PxhelmError(
                    f"cannot use the namespaces {one} and {two}: their ranges of VMIDs overlap at {start}",
                    hint="give each a vmidRange of its own",
                )

    def completed(self, resource: Resource, applied: Leaves, *, new: bool) -> Resource:
        """Return a resource with what its namespace says where it says nothing itself."""
        own = self.leaves.get(resource.key.namespace, {})
        policy = own.get("driftPolicy") or self.drift_policy
        if policy:
            resource = replace(resource, annotations={_DRIFT: str(policy), **resource.annotations})
        if resource.key.kind not in GUESTS or not own:
            return resource
        more: dict[str, Value] = {}
        allowed = own.get("allowedNodes")
        nodes = resource.leaves.get("placement.nodes")
        if isinstance(allowed, tuple):
            self._check_nodes(resource, nodes, allowed)
            _open(more, resource, "placement.nodes", allowed if nodes is None else None)
        if own.get("pool"):
            more["pool"] = bare(str(own["pool"])) if "pool" not in resource.leaves else resource.leaves["pool"]
        if resource.leaves.get("power.restart") == "Window":
            _open(more, resource, "power.window", own.get("restartWindow"))
        for path in _missing_storages(resource.leaves):
            _open(more, resource, path, own.get("defaults.storage"))
        for path in _missing_bridges(resource.leaves):
            _open(more, resource, path, own.get("defaults.bridge"))
        kept = {
            path: value if path in _ALWAYS else applied.get(path, value)
            for path, value in more.items()
            if new or path in applied or path in _ALWAYS
        }
        return replace(resource, leaves={**resource.leaves, **kept}) if kept else resource

    def _check_nodes(self, resource: Resource, nodes: Value, allowed: tuple[object, ...]) -> None:
        outside = [str(node) for node in nodes if node not in allowed] if isinstance(nodes, tuple) else []
        if outside:
            raise PxhelmError(
                f"cannot place {resource.key.address} on {outside[0]}: its namespace allows {', '.join(map(str, allowed))}",
                where=resource.locate("placement.nodes") if resource.locate else None,
            )


def _open(more: dict[str, Value], resource: Resource, path: str, value: Value) -> None:
    if value is not None and path not in resource.leaves:
        more[path] = value


def _missing_storages(leaves: Leaves) -> list[str]:
    """Return the storage leaves of new volumes that have a size and no place."""
    found = []
    for path in leaves:
        device, _, name = path.rpartition(".")
        if name == "size" and device.split(".")[0] in _VOLUMES:
            placed = any(f"{device}.{other}" in leaves for other in _OTHERWISE if other != "importFrom")
            if not placed:
                found.append(f"{device}.storage")
    return found


def _missing_bridges(leaves: Leaves) -> list[str]:
    devices = dict.fromkeys(".".join(p.split(".")[:2]) for p in leaves if p.startswith("networks."))
    return [f"{device}.bridge" for device in devices if f"{device}.bridge" not in leaves]
