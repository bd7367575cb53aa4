"""Whether a cluster can be worked with: address, trust, token, rights. Changes nothing.

The privileges are those that the API schema asks of the calls pxhelm makes (install to uninstall of every kind).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pxhelm.actions.services import Services
from pxhelm.proxmox.request import Request, call

PRIVILEGES: Mapping[str, str] = {
    "VM.Allocate": "create and remove guests",
    "VM.Audit": "see guests",
    "VM.Clone": "clone templates",
    "VM.Config.CDROM": "eject and insert media",
    "VM.Config.CPU": "change processors",
    "VM.Config.Cloudinit": "set cloud-init data",
    "VM.Config.Disk": "add, resize and move disks",
    "VM.Config.HWType": "change emulated hardware",
    "VM.Config.Memory": "change memory",
    "VM.Config.Network": "change network devices",
    "VM.Config.Options": "change name, tags and other options",
    "VM.Migrate": "move guests to another node",
    "VM.PowerMgmt": "start and stop guests",
    "Datastore.Allocate": "manage storages",
    "Datastore.AllocateSpace": "allocate disks",
    "Datastore.Audit": "see storages",
    "Pool.Allocate": "manage pools",
    "Pool.Audit": "see pools",
    "SDN.Use": "attach guests to bridges",
    "Sys.Audit": "see nodes and tasks",
    "Sys.Modify": "set start-up order",
}
ROLE = "PXHelm"


@dataclass(frozen=True, slots=True)
class Connection:
    """What a cluster answered."""

    version: str
    cluster: str
    """Name of the cluster; empty for a single node."""
    nodes: Mapping[str, bool]
    """Node → online."""
    quorate: bool
    user: str
    missing: tuple[str, ...]
    """Privileges that are held nowhere."""


def test_connection(services: Services, user: str) -> Connection:
    """Ask for version, nodes and permissions; ApiError says what is wrong when one cannot be had."""
    version = services.cluster.run(call(Request("GET", "/version")))
    assert isinstance(version, dict)
    permissions = services.cluster.run(call(Request("GET", "/access/permissions")))
    held = {name for path in permissions.values() for name in path} if isinstance(permissions, dict) else set()
    rows = _members(services)
    cluster: dict[str, object] = next((row for row in rows if row.get("type") == "cluster"), {})
    return Connection(
        version=str(version.get("version", "")),
        cluster=str(cluster.get("name", "")),
        nodes={str(row["name"]): bool(row.get("online")) for row in rows if row.get("type") == "node"},
        quorate=bool(cluster.get("quorate", True)),
        user=user,
        missing=tuple(name for name in PRIVILEGES if name not in held),
    )


def _members(services: Services) -> list[dict[str, object]]:
    """Return the rows of ``/cluster/status``; none when the right to see them is one of the missing."""
    from pxhelm.proxmox.errors import ApiError, ErrorClass

    try:
        status = services.cluster.run(call(Request("GET", "/cluster/status")))
    except ApiError as error:
        if error.cls is not ErrorClass.DENIED:
            raise
        return []
    return status if isinstance(status, list) else []


def role_commands(user: str, missing: tuple[str, ...]) -> tuple[str, ...]:
    """Return the commands that give the user (or token, ``user!id``) a minimal role, to be run on a node as root."""
    owner, _, token = user.partition("!")
    commands = [f'pveum role add {ROLE} --privs "{" ".join(PRIVILEGES)}"']
    if owner != "root@pam":
        commands.append(f"pveum acl modify / --users {owner} --roles {ROLE}")
    if token:
        commands.append(f"pveum acl modify / --tokens '{user}' --roles {ROLE}")
    return tuple(commands) if missing else ()


def token_commands(user: str = "pxhelm@pve", token: str = "cli") -> tuple[str, ...]:  # noqa: S107 - the token's name
    """Return the commands that make a user and a token with a minimal role, to be run on a node as root."""
    return (
        f"pveum user add {user}",
        f'pveum role add {ROLE} --privs "{" ".join(PRIVILEGES)}"',
        f"pveum acl modify / --users {user} --roles {ROLE}",
        f"pveum user token add {user} {token} --privsep 0",
    )
