"""What objects name that is nowhere: neither in the plan, nor in the store, nor in the cluster (kinds.md 2.4).

Only kinds of which the cluster lists all to everybody are looked up: users and groups are left out of a list without a word
when the token may not see them. Reads only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pxhelm.apply.memory import stored_key
from pxhelm.apply.ports import Ports
from pxhelm.proxmox.request import Request, call
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Reference, Resource

_LISTS = {
    "Role": ("/access/roles", "roleid"),
    "Realm": ("/access/domains", "realm"),
    "SecurityGroup": ("/cluster/firewall/groups", "group"),
}
"""Kind → where all are listed, and what a row calls the id."""


def missing(ports: Ports, wanted: Mapping[ObjectKey, Resource]) -> dict[ObjectKey, str]:
    """Return why objects cannot be had: something of theirs is nowhere. The cluster is asked once for each kind, if at all."""
    coming = {(key.kind, name) for key, r in wanted.items() for name in (key.name, r.called)}
    open_ = {
        key: [each for each in _named(r) if (each.kinds[0], _id(each)) not in coming and not _known(ports, each)]
        for key, r in wanted.items()
    }
    kinds = sorted({each.kinds[0] for found in open_.values() for each in found})
    there = {kind: live for kind in kinds if (live := _live(ports, kind)) is not None}
    found: dict[ObjectKey, str] = {}
    for key, references in open_.items():
        for each in references:
            live = there.get(each.kinds[0])
            if live is not None and _id(each) not in live:
                found.setdefault(key, _why(each, live))
    return found


def _named(resource: Resource) -> Iterator[Reference]:
    return (each for each in resource.references if len(each.kinds) == 1 and each.kinds[0] in _LISTS)


def _id(reference: Reference) -> str:
    return reference.name.removeprefix("id:")


def _known(ports: Ports, reference: Reference) -> bool:
    key = ObjectKey(reference.kinds[0], "", reference.name)
    return ports.store.objects.get(stored_key(ports, key)) is not None


def _live(ports: Ports, kind: str) -> frozenset[str] | None:
    """Return the ids that the cluster has; None when it does not tell."""
    path, name = _LISTS[kind]
    rows = ports.cluster.run_all([call(Request("GET", path))])[0]
    return frozenset(str(row[name]) for row in rows) if isinstance(rows, list) else None


def _why(reference: Reference, live: frozenset[str]) -> str:
    kind, name = reference.kinds[0], _id(reference)
    near = get_close_matches(name, sorted(live), 1, 0.6)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(live)) or 'none'}"
    return f"there is no {kind} {name} ({reference.path}); {hint}"
