"""What neither list nor configuration says of an object, and Proxmox tells when asked (kinds.md 11).

Of a backup job the guests that it takes, of what is staged before it runs whether changes of it wait, of a guest how large the
volumes are that it does not use, and what its agent says. Reads only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pxhelm.actions.inside import has_agent, inside
from pxhelm.actions.inspect import Found, id_of
from pxhelm.actions.services import Services
from pxhelm.kinds import KINDS
from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource.domain import DOMAINS, NETWORK_CHANGES, PENDING
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Target

BACKUP = "BackupJob"
GUESTS = ("VirtualMachine", "Container")
_SIZES = "sizes"


def with_answers(services: Services, found: Sequence[Found]) -> list[Found]:
    """Return the same with ``told`` of what can be asked of them; what does not answer stays without."""
    asking = {n: _question(one) for n, one in enumerate(found) if one.row and _asks(one)}
    answers = services.cluster.run_all(list(asking.values())) if asking else []
    told = list(found)
    for n, answer in zip(asking, answers, strict=True):
        if isinstance(answer, Mapping):
            told[n] = _with(told[n], dict(answer))
    return told


def _with(one: Found, answer: dict[str, Any]) -> Found:
    sizes = answer.pop(_SIZES, {})
    closer = replace(one.closer, sizes=sizes) if one.closer is not None and sizes else one.closer
    return replace(one, closer=closer, told=answer)


def _asks(one: Found) -> bool:
    return (
        one.kind == BACKUP
        or bool(_unused(one))
        or has_agent(one)
        or (one.kind in KINDS and bool(KINDS[one.kind].domain))
    )


def _question(one: Found) -> ApiGen[Mapping[str, Any]]:
    if one.kind in GUESTS:
        return _of_guest(one)
    return _included(id_of(one)) if one.kind == BACKUP else _staged(one)


def _of_guest(one: Found) -> ApiGen[Mapping[str, Any]]:
    told = yield from inside(one)
    unused = _unused(one)
    return {**told, **((yield from _sizes(one, unused)) if unused else {})}


def _unused(one: Found) -> list[str]:
    """Return the volumes that a guest has and does not use."""
    raw = one.closer.live.raw if one.closer is not None and one.kind in GUESTS else {}
    return sorted(text for key, text in raw.items() if key.startswith("unused"))


def _sizes(one: Found, unused: Sequence[str]) -> ApiGen[Mapping[str, Any]]:
    """Return the bytes of unused volumes: a configuration does not say them, storages do."""
    node = str(one.row.get("node") or "")
    found: dict[str, int] = {}
    for storage in dict.fromkeys(volume.partition(":")[0] for volume in unused):
        request = Request("GET", f"/nodes/{node}/storage/{storage}/content", {"vmid": one.vmid}, node=node)
        rows = yield from call(request)
        for row in rows if isinstance(rows, list) else ():
            found[str(row.get("volid"))] = int(row.get("size") or 0)
    return {_SIZES: {volume: found[volume] for volume in unused if volume in found}}


def _included(job: str) -> ApiGen[Mapping[str, Any]]:
    """Return the guests that a job takes now, whatever way it chooses them."""
    data = yield from call(Request("GET", f"/cluster/backup/{job}/included_volumes"))
    rows = data.get("children") if isinstance(data, Mapping) else None
    guests = [{"vmid": row.get("id"), "name": row.get("name")} for row in rows or () if isinstance(row, Mapping)]
    return {"guests": guests}


def _staged(one: Found) -> ApiGen[Mapping[str, Any]]:
    """Return whether changes of an object are staged and not applied yet, by node where each has its own."""
    name, domain = id_of(one), DOMAINS[KINDS[one.kind].domain]
    if domain is not NETWORK_CHANGES:
        waiting = yield from _pending(domain.name, "cluster")
        return {"pendingChanges": name in waiting}
    nodes = [node for node in str(one.row.get("nodes") or "").split(",") if node]
    changed: list[str] = []
    for node in nodes:
        waiting = yield from _pending(domain.name, node)
        changed += [node] if name in waiting else []
    return {"pendingChanges": bool(changed), **({"pendingOn": changed} if changed else {})}


def _pending(domain: str, place: str) -> ApiGen[tuple[object, ...]]:
    live = yield from DOMAINS[domain].observe(Target(ObjectKey(domain, "", place), ""))
    found = live.intended.get(PENDING)
    return found if isinstance(found, tuple) else ()
