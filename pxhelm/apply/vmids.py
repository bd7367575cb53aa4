"""VMIDs: which one an object gets, and what becomes of one that was given up (engine.md D2.3, D2.4).

The store decides who has a VMID; the cluster, by its claim of it, whether nobody else had it. Never asks the cluster.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace

from pxhelm.apply.command import Rebind
from pxhelm.apply.memory import Memory
from pxhelm.apply.ports import Ports
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import Live, Resource
from pxhelm.store.bindings import Binding, BindingState, Reservation, VmidRange

QUARANTINE = 24 * 3600.0
"""Seconds for which the VMID of a guest that we removed is not used again."""


class Vmids:
    """Bindings, asked in the words of apply."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.store = ports.store
        self.ranges: Mapping[str, tuple[int, int]] = {}
        """VMIDs of the guests of namespaces that have a range of their own."""

    def reserve(
        self, kind: Kind, wanted: Resource, uid: str, binding: Binding | None, taken: Container[int]
    ) -> Binding:
        """Return the binding of a guest, a VMID reserved for it where it has none; call it in a transaction."""
        pinned = wanted.leaves.get("vmid")
        if isinstance(pinned, int) and binding is not None and binding.vmid != pinned:
            if binding.state is BindingState.RESERVED:
                self.store.bindings.drop(binding)
            binding = None if binding.state is BindingState.RESERVED else binding
        if binding is not None:
            return binding
        if isinstance(pinned, int):
            # Whoever names a VMID means it: that a guest of ours had it until lately is no reason to refuse.
            resting = self.store.bindings.at(self.ports.cluster_name, pinned)
            if resting is not None and resting.state is BindingState.QUARANTINED:
                self.store.bindings.drop(resting)
        limits = self.ranges.get(wanted.key.namespace, self.ports.vmid_range)
        low, high = (pinned, pinned) if isinstance(pinned, int) else limits
        wish = Reservation(
            self.ports.cluster_name,
            uid,
            kind.name,
            self.ports.now(),
            VmidRange(low, high),
            () if isinstance(pinned, int) else taken,
            start_of(self.ports.installation),
        )
        made = self.store.bindings.reserve(wish)
        # The UUID of a machine that is made from nothing is known before it exists; a clone gets another one.
        return self.store.bindings.move(made, BindingState.RESERVED, self.ports.now(), self.ports.new_id())

    def adopt(self, kind: Kind, memory: Memory, vmid: int) -> Memory:
        """Bind an object to a guest that exists, in place of what was reserved for it; call it in a transaction."""
        assert memory.stored is not None
        if memory.binding is not None and memory.binding.vmid != vmid:
            self.store.bindings.drop(memory.binding)
        if memory.binding is None or memory.binding.vmid != vmid:
            made = Binding(
                self.ports.cluster_name,
                vmid,
                memory.stored.uid,
                kind.name,
                BindingState.RESERVED,
                since=self.ports.now(),
            )
            self.store.bindings.adopt(made)
            return replace(memory, binding=made)
        return memory

    def bind(self, memory: Memory, live: Live | None) -> Memory:
        """Note that a guest was seen to be ours."""
        binding = memory.binding
        if binding is None or live is None:
            return memory
        uuid = live.uuid or binding.guest_uuid
        if binding.state is not BindingState.BOUND or uuid != binding.guest_uuid:
            binding = self.store.bindings.move(binding, BindingState.BOUND, self.ports.now(), uuid)
        return replace(memory, binding=binding, known=replace(memory.known, bound=True))

    def rebind(self, kind: Kind, wanted: Resource, memory: Memory, wish: Rebind, taken: Container[int]) -> Memory:
        """Give up the VMID and reserve another one, in one transaction."""
        with self.store.transaction():
            old = memory.binding
            if old is not None and wish.quarantine:
                self.store.bindings.move(old, BindingState.QUARANTINED, self.ports.now())
            elif old is not None:
                self.store.bindings.drop(old)
            refused = {old.vmid} if old is not None else set()
            binding = self.reserve(kind, wanted, memory.known.uid, None, _Either(taken, refused))
            return replace(memory, binding=binding, known=replace(memory.known, bound=False))

    def give_up(self, binding: Binding) -> None:
        """Let go of a VMID: one that was used rests in quarantine, one that was only reserved is free at once."""
        if binding.state is BindingState.RESERVED:
            self.store.bindings.drop(binding)
        else:
            self.store.bindings.move(binding, BindingState.QUARANTINED, self.ports.now())

    def rested(self, binding: Binding) -> bool:
        """Whether a VMID that was given up may be used again."""
        return binding.state is BindingState.QUARANTINED and binding.since < self.ports.now() - QUARANTINE

    def end_quarantine(self) -> int:
        """Let VMIDs be used again that have rested for long enough, and return how many."""
        return self.store.bindings.end_quarantine(self.ports.cluster_name, self.ports.now() - QUARANTINE)


@dataclass(frozen=True, slots=True)
class _Either:
    """VMIDs in one of two collections."""

    first: Container[int]
    second: Container[int]

    def __contains__(self, vmid: object) -> bool:
        return vmid in self.first or vmid in self.second


def start_of(installation: str) -> int:
    """Return where in the VMID range an installation begins to look, so that independent ones rarely meet."""
    return int.from_bytes(hashlib.sha256(installation.encode()).digest()[:6], "big")
