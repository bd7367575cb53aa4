"""Snapshots and backups of guests: take, list, go back to, delete.

What would destroy the present state of a guest is marked ``destroys``; whether somebody agreed is asked elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from pxhelm.actions.inspect import Found
from pxhelm.actions.operate import Call, Means, address_of
from pxhelm.actions.services import Services
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.proxmox.task import Upid, finish

Row = Mapping[str, Any]


class _Plain:
    """An operation whose failures need no explanation."""

    def explain(self, error: PxhelmError, _guest: Found, /) -> PxhelmError:
        """Return the failure as it is."""
        return error


@dataclass(frozen=True)
class Snapshot(_Plain):
    """Take a snapshot."""

    name: str
    description: str = ""
    ram: bool = False
    """With the memory of a running machine."""
    verb: str = "snapshot"

    @property
    def done(self) -> str:
        """The participle, with the snapshot's name."""
        return f"snapshot {self.name} taken"

    def run(self, means: Means) -> ApiGen[str]:
        """Take it."""
        params: dict[str, Param] = {"snapname": self.name}
        if self.description:
            params["description"] = self.description
        if self.ram and means.guest.kind == "VirtualMachine":
            params["vmstate"] = True
        yield from means.write(Call("/snapshot", params))
        return self.done


@dataclass(frozen=True)
class Rollback(_Plain):
    """Go back to a snapshot; what the guest wrote since is lost."""

    name: str
    start: bool = False
    verb: str = "rollback"

    @property
    def done(self) -> str:
        """The participle, with the snapshot's name."""
        return f"rolled back to {self.name}"

    def run(self, means: Means) -> ApiGen[str]:
        """Go back; PxhelmError names the snapshots when there is no such one."""
        yield from _must_have(means, self.name)
        params: dict[str, Param] = {"start": True} if self.start else {}
        yield from means.write(Call(f"/snapshot/{quote(self.name, safe='')}/rollback", params))
        return self.done


@dataclass(frozen=True)
class DeleteSnapshot(_Plain):
    """Delete a snapshot; the guest stays as it is."""

    name: str
    force: bool = False
    """Also when the storage cannot remove it."""
    verb: str = "delete-snapshot"

    @property
    def done(self) -> str:
        """The participle, with the snapshot's name."""
        return f"snapshot {self.name} deleted"

    def run(self, means: Means) -> ApiGen[str]:
        """Delete it; PxhelmError names the snapshots when there is no such one."""
        yield from _must_have(means, self.name)
        params: dict[str, Param] = {"force": True} if self.force else {}
        yield from means.write(Call(f"/snapshot/{quote(self.name, safe='')}", params, "DELETE"))
        return self.done


def _must_have(means: Means, name: str) -> ApiGen[None]:
    rows = yield from snapshots(means.guest)
    names = [str(row["name"]) for row in rows]
    if name not in names:
        raise PxhelmError(
            f"{address_of(means.guest)} has no snapshot {name}",
            hint=f"its snapshots: {', '.join(names)}" if names else "it has no snapshots",
        )


def snapshots(guest: Found) -> ApiGen[list[Row]]:
    """Return a guest's snapshots, oldest first; the running state, which Proxmox lists too, is none."""
    kind = "lxc" if guest.kind == "Container" else "qemu"
    path = f"/nodes/{guest.row['node']}/{kind}/{guest.vmid}/snapshot"
    data = yield from call(Request("GET", path, node=str(guest.row["node"])))
    rows = [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []
    return sorted((r for r in rows if r.get("name") != "current"), key=lambda r: int(r.get("snaptime") or 0))


@dataclass(frozen=True)
class Backup(_Plain):
    """Take a backup."""

    storage: str
    params: Mapping[str, Param] = field(default_factory=dict)
    """``mode``, ``compress``, ``notes-template``, ``protected``, ``bwlimit``."""
    verb: str = "backup"

    @property
    def done(self) -> str:
        """The participle, with the place."""
        return f"backed up to {self.storage}"

    def run(self, means: Means) -> ApiGen[str]:
        """Take it."""
        yield from means.proof()
        params: dict[str, Param] = {"vmid": str(means.guest.vmid), "storage": self.storage, **self.params}
        answer = yield from call(Request("POST", f"/nodes/{means.node}/vzdump", params, node=means.node))
        yield from means.finish(answer)
        return self.done


def backup_storage(services: Services, wanted: str) -> str:
    """Return the storage for backups: the wanted one, or the only one there is; PxhelmError lists several."""
    rows = services.cluster.run(call(Request("GET", "/cluster/resources", {"type": "storage"})))
    listed = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    fit = sorted({str(r["storage"]) for r in listed if "backup" in str(r.get("content") or "").split(",")})
    if wanted and (wanted in fit or not fit):
        return wanted
    shown = f"storages for backups: {', '.join(fit)}" if fit else "no storage here takes backups"
    if wanted:
        raise PxhelmError(f"cannot back up to {wanted}: it takes no backups", code=ExitCode.USAGE, hint=shown)
    if len(fit) != 1:
        raise PxhelmError("cannot tell where to back up to: give --storage", code=ExitCode.USAGE, hint=shown)
    return fit[0]


@dataclass(frozen=True)
class Restore(_Plain):
    """Make a guest what a backup says; over an existing one, what it is now is lost."""

    archive_of: Callable[[Found], str]
    """Volume of the backup for a guest; PxhelmError when there is none."""
    params: Mapping[str, Param] = field(default_factory=dict)
    """``storage``, ``unique``, ``start``, ``bwlimit``, ``live-restore``, ``pool``."""
    verb: str = "restore"

    @property
    def done(self) -> str:
        """The participle."""
        return "restored"

    def run(self, means: Means) -> ApiGen[str]:
        """Restore it over itself; it has to be stopped."""
        archive = self.archive_of(means.guest)
        if means.guest.row.get("status") == "running":
            raise PxhelmError(
                f"cannot restore {address_of(means.guest)}: it is running", code=ExitCode.REFUSED, hint="stop it first"
            )
        yield from means.proof()
        yield from means.finish(
            (yield from restore_call(means.guest.kind, means.node, means.guest.vmid, archive, self))
        )
        return f"restored from {archive}"


def restore_call(kind: str, node: str, vmid: int, archive: str, wish: Restore) -> ApiGen[object]:
    """Send the call that makes a guest from a backup."""
    params: dict[str, Param] = {"vmid": vmid, "force": True, **wish.params}
    if kind == "Container":
        params |= {"ostemplate": archive, "restore": True}
        params.pop("live-restore", None)
        return (yield from call(Request("POST", f"/nodes/{node}/lxc", params, node=node)))
    return (yield from call(Request("POST", f"/nodes/{node}/qemu", {**params, "archive": archive}, node=node)))


def backups_of(services: Services, guests: Sequence[Found] = ()) -> list[Row]:
    """Return the backups of some guests, or of all, latest first, each with ``volid``."""
    from pxhelm.actions.live import backups

    vmids = {one.vmid for one in guests}
    rows = [row for _, _, row in backups(services)]
    return [row for row in rows if not vmids or int(row.get("vmid") or 0) in vmids]


def latest_or(volid: str, rows: Sequence[Row]) -> Callable[[Found], str]:
    """Return what finds the backup of a guest: the latest, or the one of this name."""

    def find(guest: Found) -> str:
        own = [str(row["volid"]) for row in rows if int(row.get("vmid") or 0) == guest.vmid]
        if volid == "latest" and own:
            return own[0]
        if volid in own:
            return volid
        what = "no backup" if volid == "latest" else f"no backup {volid}"
        shown = f"its backups: {', '.join(own[:5])}" if own else "see `pxhelm get backups`"
        raise PxhelmError(f"{address_of(guest)} has {what}", hint=shown)

    return find


def delete_backup(row: Row) -> ApiGen[None]:
    """Delete a backup; a protected one refuses. Waits for the task that it becomes."""
    path = f"/nodes/{row['node']}/storage/{row['storage']}/content/{quote(str(row['volid']), safe='')}"
    answer = yield from call(Request("DELETE", path, node=str(row["node"])))
    if Upid.matches(answer):
        yield from finish(str(answer))
