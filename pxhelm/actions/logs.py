"""Which task a log is of: by its UPID, or the latest one of a guest. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from pxhelm.actions.inspect import Found
from pxhelm.actions.services import Services
from pxhelm.errors import PxhelmError
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.proxmox.task import Upid

_LATEST = 50


def task_of(services: Services, guest: Found, *, kind: str = "", before: int = 0) -> Upid:
    """Return the latest task of a guest, of one type if that is asked for; ``before`` skips that many."""
    node = str(guest.row.get("node") or "")
    rows = services.cluster.run(_tasks(node, guest.vmid)) if node else []
    upids = [Upid.parse(text) for row in rows if Upid.matches(text := str(row.get("upid")))]
    fit = [upid for upid in upids if not kind or kind in upid.type]
    fit.sort(key=lambda upid: (-upid.starttime, -upid.pstart))
    if len(fit) <= before:
        types = sorted({upid.type for upid in upids})
        raise PxhelmError(
            f"no {'earlier ' if before else ''}task of {guest.name} is known on node {node}",
            hint=f"types of its tasks: {', '.join(types)}" if types else "`pxhelm get tasks` shows those of all",
        )
    return fit[before]


def _tasks(node: str, vmid: int) -> ApiGen[list[Mapping[str, object]]]:
    params: dict[str, Param] = {"vmid": vmid, "source": "all", "limit": _LATEST}
    data = yield from call(Request("GET", f"/nodes/{node}/tasks", params, node=node))
    return [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []
