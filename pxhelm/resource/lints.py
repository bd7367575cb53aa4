"""What is allowed in manifests and better written otherwise, told by ``lint`` alone: what objects lack beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pxhelm.errors import PxhelmError
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Resource
from pxhelm.resource.references import GUESTS

_RULE = "HARule"
_SELECTOR = "guests.selector."


def unmanaged(resources: Sequence[Resource]) -> Iterator[PxhelmError]:
    """Yield the guests of HA rules that say no ``ha``: Proxmox takes no rule about a guest that its HA manager does not keep."""
    guests = {each.key: each for each in resources if each.key.kind in GUESTS}
    for rule in resources:
        if rule.key.kind != _RULE:
            continue
        for key in sorted(_named(rule, guests)):
            if not any(path.startswith("ha.") for path in guests[key].leaves):
                message = f"W104: {rule.key.address} is about {key.address}, which has no ha: Proxmox refuses the rule"
                yield PxhelmError(message, where=guests[key].where, hint="write ha: true in the guest")


def _named(rule: Resource, guests: dict[ObjectKey, Resource]) -> set[ObjectKey]:
    """Return those of the guests that a rule names, or selects by their labels."""
    found = {
        ObjectKey(kind, each.namespace, each.name)
        for each in rule.references
        if each.path.startswith("guests.names")
        for kind in each.kinds
    }
    wanted = {p.removeprefix(_SELECTOR): v for p, v in rule.leaves.items() if p.startswith(_SELECTOR)}
    near = (g for g in guests.values() if wanted and g.key.namespace == rule.key.namespace)
    selected = {g.key for g in near if all(g.labels.get(label) == value for label, value in wanted.items())}
    return (found & guests.keys()) | selected
