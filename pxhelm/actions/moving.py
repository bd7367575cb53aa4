"""Move guests to another node, and copy them.

A copy is nobody's: it is made outside of any manifest, under a VMID of Proxmox' choice, without our marker.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from pxhelm.actions.inspect import Found
from pxhelm.actions.operate import Call, Means, address_of
from pxhelm.actions.services import Services
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Param, Request, Wait, call
from pxhelm.proxmox.task import TaskError
from pxhelm.resource.identity import split_description

_HA_POLL = 2.0


@dataclass(frozen=True, slots=True)
class Migrate:
    """Move a guest: an ``Operation``."""

    target: str
    """Node to move to."""
    offline: bool = False
    """Do not keep a running guest running; of a container: do not restart it there."""
    params: Mapping[str, Param] = field(default_factory=dict)
    """Further parameters of Proxmox: ``targetstorage``, ``with-local-disks``, ``bwlimit`` …"""
    verb: str = "migrate"

    @property
    def done(self) -> str:
        """The participle, with the place."""
        return f"migrated to {self.target}"

    def run(self, means: Means) -> ApiGen[str]:
        """Move it; what is there already stays."""
        if means.node == self.target:
            return f"already on {self.target}"
        params: dict[str, Param] = {"target": self.target, **self.params}
        if means.guest.row.get("status") == "running" and not self.offline:
            params["restart" if means.guest.kind == "Container" else "online"] = True
        yield from means.write(Call("/migrate", params))
        if means.upid is not None and means.upid.only_requests:
            yield from self._arrived(means)
        return self.done

    def _arrived(self, means: Means) -> ApiGen[None]:
        """Wait until the HA manager has done what it was asked for."""
        waited, patience = 0.0, means.limit or 600.0
        while waited < patience:
            rows = yield from call(Request("GET", "/cluster/resources", {"type": "vm"}))
            here = [r for r in rows if r.get("vmid") == means.guest.vmid] if isinstance(rows, list) else []
            if any(row.get("node") == self.target for row in here):
                return
            yield Wait(_HA_POLL)
            waited += _HA_POLL
        raise PxhelmError(
            f"the HA manager was asked, but {address_of(means.guest)} is not on {self.target} after {patience:g} s",
            hint="see what it does with `ha-manager status` on a node",
        )

    def explain(self, error: PxhelmError, _guest: Found, /) -> PxhelmError:
        """Say what helps with disks that only one node has."""
        told = error.result.log if isinstance(error, TaskError) else ()
        if any("local" in line and ("disk" in line or "storage" in line) for line in (*told, error.message)):
            error.hint = error.hint or "--with-local-disks copies disks that lie on storages of one node"
        return error


@dataclass(frozen=True, slots=True)
class Clone:
    """Copy a guest: an ``Operation``."""

    name: str
    vmid: int
    params: Mapping[str, Param] = field(default_factory=dict)
    """``full``, ``target``, ``storage``, ``snapname``, ``pool``, ``bwlimit``."""
    verb: str = "clone"

    @property
    def done(self) -> str:
        """The participle, with the copy's name."""
        return f"cloned to {self.name} (vmid:{self.vmid})"

    def run(self, means: Means) -> ApiGen[str]:
        """Copy it; a marker of ours is left out of the copy's description."""
        container = means.guest.kind == "Container"
        params: dict[str, Param] = {"newid": self.vmid, "hostname" if container else "name": self.name, **self.params}
        config = yield from call(Request("GET", f"{means.path}/config", node=means.node))
        text = str(config.get("description") or "") if isinstance(config, Mapping) else ""
        described, marker = split_description(text)
        if marker is not None:
            # an empty text counts as none, and then the marker would be copied
            params["description"] = described or f"copy of {means.guest.name}"
        yield from means.write(Call("/clone", params))
        return self.done

    def explain(self, error: PxhelmError, _guest: Found, /) -> PxhelmError:
        """Say what helps when the VMID was taken meanwhile."""
        if isinstance(error, ApiError) and error.cls is ErrorClass.TAKEN:
            error.hint = "somebody else took that VMID just now; try again"
        return error


def free_vmids(services: Services, count: int) -> list[int]:
    """Return VMIDs that neither the cluster nor the store has taken, from the one that Proxmox proposes on."""
    first = services.cluster.run(call(Request("GET", "/cluster/nextid")))
    rows = services.cluster.run(call(Request("GET", "/cluster/resources", {"type": "vm"})))
    taken: set[int] = {b.vmid for b in services.store.bindings.list(services.place.cluster)}
    taken |= {int(row["vmid"]) for row in rows if "vmid" in row} if isinstance(rows, list) else set()
    return _free(int(str(first)), count, taken)


def _free(first: int, count: int, taken: Container[int]) -> list[int]:
    found: list[int] = []
    vmid = first
    while len(found) < count:
        if vmid not in taken:
            found.append(vmid)
        vmid += 1
    return found


def check_new_name(name: str, found: list[Found]) -> None:
    """Refuse a name that a guest has already: Proxmox would not."""
    same = [one for one in found if one.name == name or one.row.get("name") == name]
    if same:
        raise PxhelmError(
            f"cannot clone to {name}: guest {same[0].vmid} has that name",
            code=ExitCode.CONFLICT,
            hint="choose another name",
        )
