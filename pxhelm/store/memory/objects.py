"""Objects and the leaves that managers own of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pxhelm.store.memory.tables import Tables
from pxhelm.store.objects import ObjectKey, ObjectQuery, OwnedLeaf, StoredObject
from pxhelm.store.outcome import DuplicateError


class MemoryObjects:
    """ObjectStore on dictionaries."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    def put(self, item: StoredObject) -> None:
        if any(o.key == item.key and o.uid != item.uid for o in self._t.objects.values()):
            raise DuplicateError(f"cannot store {item.key}: another object has this name")
        self._t.objects[item.uid] = item

    def get(self, key: ObjectKey) -> StoredObject | None:
        return next((o for o in self._t.objects.values() if o.key == key), None)

    def by_uid(self, uid: str) -> StoredObject | None:
        return self._t.objects.get(uid)

    def list(self, query: ObjectQuery) -> tuple[StoredObject, ...]:
        found = [
            o
            for o in self._t.objects.values()
            if o.key.cluster == query.cluster
            and query.namespace in (None, o.key.namespace)
            and query.release in (None, o.release)
            and query.kind in (None, o.key.kind)
        ]
        return tuple(sorted(found, key=lambda o: (o.key.kind, o.key.namespace, o.key.name)))

    def delete(self, uid: str) -> None:
        self._t.objects.pop(uid, None)
        for key in [key for key in self._t.leaves if key[0] == uid]:
            del self._t.leaves[key]
        for told in [told for told in self._t.conditions if told[0] == uid]:
            del self._t.conditions[told]

    def owned(self, uid: str) -> tuple[OwnedLeaf, ...]:
        return tuple(leaf for key, leaf in sorted(self._t.leaves.items()) if key[0] == uid)

    def set_owned(self, uid: str, manager: str, leaves: Mapping[str, Any]) -> None:
        for key in [key for key in self._t.leaves if key[:2] == (uid, manager)]:
            del self._t.leaves[key]
        for path, base in leaves.items():
            self._t.leaves[uid, manager, path] = OwnedLeaf(uid, manager, path, base)
