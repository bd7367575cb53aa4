"""What a plan stages: the objects of each domain, and what may be done with what others have staged. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pxhelm.apply.ids import natural_id
from pxhelm.apply.memory import Memory
from pxhelm.apply.planning import Planned
from pxhelm.apply.ports import Ports
from pxhelm.plan.domains import ALLOW
from pxhelm.proxmox.errors import ApiError, ErrorClass, Failure
from pxhelm.proxmox.request import Request
from pxhelm.resource.domain import DOMAINS, NETWORK_CHANGES, SDN_CHANGES, place_of
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Leaves, Resource

KEEP = "keep-network"
"""The option that leaves a new network as it is, whatever comes of it."""


@dataclass(frozen=True, slots=True)
class Staged:
    """An interface that a plan changes on a node."""

    iface: str
    leaves: Leaves


@dataclass(frozen=True, slots=True)
class Staging:
    """What one plan stages."""

    members: Mapping[ObjectKey, Mapping[ObjectKey, str]] = field(default_factory=dict)
    """What ends a domain at a place → the objects that it applies, with their ids in Proxmox."""
    networks: Mapping[str, tuple[Staged, ...]] = field(default_factory=dict)
    """Node → the interfaces that are changed there."""
    with_others: bool = False
    """What others have staged may be applied with ours."""
    keep_network: bool = False

    @property
    def sdn(self) -> frozenset[str]:
        """Return the ids of all objects of the SDN."""
        return self._ids(SDN_CHANGES.name)

    def of_node(self, node: str) -> frozenset[str]:
        """Return the interfaces of a node, changed or not."""
        return self._ids(NETWORK_CHANGES.name, node)

    def endings(self, kind: str, place: str = "cluster") -> Iterator[ObjectKey]:
        """Yield what ends a domain at a place."""
        yield from (key for key in self.members if key.kind == kind and place_of(key) == place)

    def _ids(self, kind: str, place: str = "cluster") -> frozenset[str]:
        return frozenset(each for ending in self.endings(kind, place) for each in self.members[ending].values())


def staging_of(
    ports: Ports, planned: Planned, resources: Mapping[ObjectKey, Resource], memories: Mapping[ObjectKey, Memory]
) -> Staging:
    """Return what a plan stages; the resources are those of the plan, with their names resolved where that was done."""
    plan = planned.plan
    writes = {o.key for o in plan.objects if o.steps}
    members: dict[ObjectKey, Mapping[ObjectKey, str]] = {}
    networks: dict[str, tuple[Staged, ...]] = {}
    for ending in (o.key for o in plan.objects if o.key.kind in DOMAINS):
        below = plan.order.needs.get(ending, ())
        keys = [key for key in below if key in memories and key.kind not in DOMAINS]
        ids = {key: natural_id(ports.kind_of(key.kind), resources.get(key), memories[key]) for key in keys}
        members[ending] = ids
        if ending.kind == NETWORK_CHANGES.name:
            node = place_of(ending)
            leaves = {key: resources[key].leaves if key in resources else {} for key in keys if key in writes}
            found = tuple(Staged(ids[key], wanted) for key, wanted in leaves.items())
            networks[node] = (*networks.get(node, ()), *found)
    options = planned.request.options
    return Staging(members, networks, bool(options.get(ALLOW)), bool(options.get(KEEP)))


def others_staged(request: Request, others: Sequence[str]) -> ApiError:
    """Return the refusal of a write that would be applied together with what others have staged."""
    told = f"others have staged changes of {', '.join(others)}"
    hint = f"apply or revert those first, or apply them together with yours with --{ALLOW}"
    return ApiError(Failure(request.method, request.path, message=told), cls=ErrorClass.PROTECTED, hint=hint)
