"""What neither list nor configuration says of an object, and Proxmox tells when asked (kinds.md 11).

Of a backup job the guests that it takes, of what is staged before it runs whether changes of it wait. Reads only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pxhelm.actions.inspect import Found, id_of
from pxhelm.actions.services import Services
from pxhelm.kinds import KINDS
from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource.domain import DOMAINS, NETWORK_CHANGES, PENDING
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Target

BACKUP = "BackupJob"


def with_answers(services: Services, found: Sequence[Found]) -> list[Found]:
    """Return the same with ``told`` of what can be asked of them; what does not answer stays without."""
    asking = {n: _question(one) for n, one in enumerate(found) if one.row and _asks(one)}
    answers = services.cluster.run_all(list(asking.values())) if asking else []
    told = list(found)
    for n, answer in zip(asking, answers, strict=True):
        if not isinstance(answer, Exception):
            told[n] = replace(told[n], told=answer)
    return told


def _asks(one: Found) -> bool:
    return one.kind == BACKUP or (one.kind in KINDS and bool(KINDS[one.kind].domain))


def _question(one: Found) -> ApiGen[Mapping[str, Any]]:
    return _included(id_of(one)) if one.kind == BACKUP else _staged(one)


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
        return {"pendingChanges": name in waiting or name.rpartition("/")[2] in waiting}
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
