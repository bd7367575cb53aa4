"""What the names in references mean: objects of the plan first, then what the store has of others (kinds.md 2.4).

What neither knows stays as it is written: Proxmox' own id, or a mistake that the plan of the object finds. Reads only.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from pxhelm.apply.memory import address_of
from pxhelm.apply.ports import Ports
from pxhelm.plan.leaf import as_leaf
from pxhelm.plan.remembered import REMEMBERED
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Reference, Resource
from pxhelm.resource.references import resolve_names
from pxhelm.store.objects import ObjectQuery, StoredObject


class Names:
    """Names as one plan understands them."""

    def __init__(self, ports: Ports, wanted: Mapping[ObjectKey, Resource]) -> None:
        self.ports = ports
        self.wanted = wanted

    def resolved(self) -> dict[ObjectKey, Resource]:
        """Return all that is wanted, with references to managed objects as Proxmox' ids."""
        return {key: self.meant(resource) for key, resource in self.wanted.items()}

    def meant(self, resource: Resource) -> Resource:
        """Return one resource so."""

        def lookup(reference: Reference) -> str | None:
            for kind in reference.kinds:
                for namespace in dict.fromkeys((reference.namespace, "")):
                    key = ObjectKey(kind, namespace, reference.name)
                    if key != resource.key and (key in self.wanted or key in self._stored):
                        return self._id(key)
            return None

        return resolve_names(self.ports.kind_of(resource.key.kind), resource, lookup)

    def _id(self, key: ObjectKey) -> str | None:
        kind = self.ports.kind_of(key.kind)
        if kind.guest or kind.store_only:
            return None
        if key in self.wanted:
            return kind.identifier(self.wanted[key])
        owned = self.ports.store.objects.owned(self._stored[key].uid)
        applied = {leaf.path: as_leaf(leaf.base) for leaf in owned if leaf.path not in REMEMBERED}
        return kind.identifier(Resource(key, applied)) if applied else None

    @cached_property
    def _stored(self) -> Mapping[ObjectKey, StoredObject]:
        found = self.ports.store.objects.list(ObjectQuery(self.ports.cluster_name))
        return {address_of(each): each for each in found}
