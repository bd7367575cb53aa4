"""VMIDs and whose they are."""

from __future__ import annotations

from dataclasses import replace

from pxhelm.store.bindings import Binding, BindingState, Reservation, candidates, none_free
from pxhelm.store.memory.tables import Tables
from pxhelm.store.outcome import DuplicateError, StaleError


class MemoryBindings:
    """BindingStore on dictionaries."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    def reserve(self, wish: Reservation) -> Binding:
        known = self.get(wish.uid)
        if known:
            return known
        vmid = next((vmid for vmid in candidates(wish) if (wish.cluster, vmid) not in self._t.bindings), None)
        if vmid is None:
            raise none_free(wish)
        made = Binding(wish.cluster, vmid, wish.uid, wish.kind, BindingState.RESERVED, since=wish.now)
        self.adopt(made)
        return made

    def get(self, uid: str) -> Binding | None:
        active = (b for b in self._t.bindings.values() if b.uid == uid and b.state is not BindingState.QUARANTINED)
        return next(active, None)

    def at(self, cluster: str, vmid: int) -> Binding | None:
        return self._t.bindings.get((cluster, vmid))

    def list(self, cluster: str) -> tuple[Binding, ...]:
        return tuple(b for key, b in sorted(self._t.bindings.items()) if key[0] == cluster)

    def _current(self, binding: Binding) -> None:
        stored = self.at(binding.cluster, binding.vmid)
        if not stored or (stored.uid, stored.epoch) != (binding.uid, binding.epoch):
            raise StaleError(f"cannot change the binding of VMID {binding.vmid}: it was changed meanwhile")

    def move(self, binding: Binding, state: BindingState, now: float, guest_uuid: str | None = None) -> Binding:
        self._current(binding)
        moved = replace(
            binding,
            state=state,
            since=now if state is not binding.state else binding.since,
            epoch=binding.epoch + 1,
            guest_uuid=binding.guest_uuid if guest_uuid is None else guest_uuid,
        )
        self._t.bindings[binding.cluster, binding.vmid] = moved
        return moved

    def adopt(self, binding: Binding) -> None:
        taken = (binding.cluster, binding.vmid) in self._t.bindings
        if taken or (binding.state is not BindingState.QUARANTINED and self.get(binding.uid)):
            raise DuplicateError(f"cannot bind VMID {binding.vmid}: it or its object is bound already")
        self._t.bindings[binding.cluster, binding.vmid] = binding

    def drop(self, binding: Binding) -> None:
        self._current(binding)
        del self._t.bindings[binding.cluster, binding.vmid]

    def end_quarantine(self, cluster: str, before: float) -> int:
        ended = [b for b in self.list(cluster) if b.state is BindingState.QUARANTINED and b.since < before]
        for binding in ended:
            del self._t.bindings[cluster, binding.vmid]
        return len(ended)
