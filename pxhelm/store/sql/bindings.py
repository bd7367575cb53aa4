"""Bindings in SQL. The unique keys of the table, not this code, are what forbids a VMID twice."""

# ruff: noqa: S608  only column lists of this module are put into the text; values are always placeholders

from __future__ import annotations

from dataclasses import replace

from pxhelm.store.bindings import Binding, BindingState, Reservation, candidates, none_free
from pxhelm.store.outcome import StaleError
from pxhelm.store.sql.connection import Connection, Row, one

_COLUMNS = "cluster, vmid, uid, kind, state, guest_uuid, epoch, since"
_SELECT = f"SELECT {_COLUMNS} FROM bindings"


def _binding(row: Row) -> Binding:
    return Binding(row[0], row[1], row[2], row[3], BindingState(row[4]), row[5], row[6], row[7])


class SqlBindings:
    """BindingStore over a connection."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def reserve(self, wish: Reservation) -> Binding:
        """Reserve the first free VMID for the object, in one transaction; its binding if it has one already."""
        with self._db.transaction():
            known = self.get(wish.uid)
            if known:
                return known
            used = {row[0] for row in self._db.rows("SELECT vmid FROM bindings WHERE cluster = ?", (wish.cluster,))}
            vmid = next((vmid for vmid in candidates(wish) if vmid not in used), None)
            if vmid is None:
                raise none_free(wish)
            made = Binding(wish.cluster, vmid, wish.uid, wish.kind, BindingState.RESERVED, since=wish.now)
            self.adopt(made)
            return made

    def get(self, uid: str) -> Binding | None:
        """Return the object's reserved, bound or releasing binding."""
        row = one(self._db.rows(f"{_SELECT} WHERE uid = ? AND state <> 'quarantined'", (uid,)))
        return _binding(row) if row else None

    def at(self, cluster: str, vmid: int) -> Binding | None:
        """Return the binding of a VMID in whatever state."""
        row = one(self._db.rows(f"{_SELECT} WHERE cluster = ? AND vmid = ?", (cluster, vmid)))
        return _binding(row) if row else None

    def list(self, cluster: str) -> tuple[Binding, ...]:
        """Return all bindings of the cluster by VMID."""
        return tuple(map(_binding, self._db.rows(f"{_SELECT} WHERE cluster = ? ORDER BY vmid", (cluster,))))

    def move(self, binding: Binding, state: BindingState, now: float, guest_uuid: str | None = None) -> Binding:
        """Change the state (and the guest's UUID when given); StaleError when the stored epoch is another."""
        moved = replace(
            binding,
            state=state,
            since=now if state is not binding.state else binding.since,
            epoch=binding.epoch + 1,
            guest_uuid=binding.guest_uuid if guest_uuid is None else guest_uuid,
        )
        touched = self._db.run(
            "UPDATE bindings SET state = ?, guest_uuid = ?, epoch = ?, since = ?"
            " WHERE cluster = ? AND vmid = ? AND uid = ? AND epoch = ?",
            (
                moved.state.value,
                moved.guest_uuid,
                moved.epoch,
                moved.since,
                binding.cluster,
                binding.vmid,
                binding.uid,
                binding.epoch,
            ),
        )
        if not touched:
            raise StaleError(f"cannot change the binding of VMID {binding.vmid}: it was changed meanwhile")
        return moved

    def adopt(self, binding: Binding) -> None:
        """Insert a binding; DuplicateError when object or VMID has one."""
        self._db.run(
            f"INSERT INTO bindings ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                binding.cluster,
                binding.vmid,
                binding.uid,
                binding.kind,
                binding.state.value,
                binding.guest_uuid,
                binding.epoch,
                binding.since,
            ),
        )

    def drop(self, binding: Binding) -> None:
        """Forget the binding; StaleError as for ``move``."""
        touched = self._db.run(
            "DELETE FROM bindings WHERE cluster = ? AND vmid = ? AND uid = ? AND epoch = ?",
            (binding.cluster, binding.vmid, binding.uid, binding.epoch),
        )
        if not touched:
            raise StaleError(f"cannot drop the binding of VMID {binding.vmid}: it was changed meanwhile")

    def end_quarantine(self, cluster: str, before: float) -> int:
        """Forget quarantined bindings older than ``before`` and return how many."""
        return self._db.run(
            "DELETE FROM bindings WHERE cluster = ? AND state = 'quarantined' AND since < ?", (cluster, before)
        )
