"""Whether a cluster can be worked with: address, trust, token, rights. Changes nothing.

The privileges are those that the API schema asks of the calls pxhelm makes (install to uninstall of every kind).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap

from pxhelm.actions.services import Services
from pxhelm.proxmox.request import Request, call


@dataclass(frozen=True, slots=True)
class Right:
    """A privilege and what pxhelm does with it."""

    privilege: str
    use: str
    since: int = 0
    """First major version that knows it."""
    until: int = 99
    """Last major version that knows it."""


RIGHTS = (
    Right("VM.Allocate", "create and remove guests"),
    Right("VM.Audit", "see guests"),
    Right("VM.Backup", "back guests up and restore them"),
    Right("VM.Clone", "clone templates"),
    Right("VM.Config.CDROM", "eject and insert media"),
    Right("VM.Config.CPU", "change processors"),
    Right("VM.Config.Cloudinit", "set cloud-init data"),
    Right("VM.Config.Disk", "add, resize and move disks"),
    Right("VM.Config.HWType", "change emulated hardware"),
    Right("VM.Config.Memory", "change memory"),
    Right("VM.Config.Network", "change network devices"),
    Right("VM.Config.Options", "change name, tags and other options"),
    Right("VM.GuestAgent.Audit", "see addresses and whether a guest is ready", since=9),
    Right("VM.GuestAgent.FileRead", "copy files out of guests", since=9),
    Right("VM.GuestAgent.FileWrite", "copy files into guests", since=9),
    Right("VM.GuestAgent.Unrestricted", "run commands in guests", since=9),
    Right("VM.Migrate", "move guests to another node"),
    Right("VM.Monitor", "ask and command the agent in a guest", until=8),
    Right("VM.PowerMgmt", "start and stop guests"),
    Right("VM.Snapshot", "take and remove snapshots"),
    Right("VM.Snapshot.Rollback", "go back to a snapshot"),
    Right("Datastore.Allocate", "manage storages, remove backups"),
    Right("Datastore.AllocateSpace", "allocate disks"),
    Right("Datastore.AllocateTemplate", "fetch and upload images"),
    Right("Datastore.Audit", "see storages"),
    Right("Mapping.Use", "give guests mapped devices", since=8),
    Right("Pool.Allocate", "manage pools"),
    Right("Pool.Audit", "see pools"),
    Right("SDN.Use", "attach guests to bridges", since=8),
    Right("Sys.Audit", "see nodes and tasks"),
    Right("Sys.Modify", "set start-up order, fetch images by URL"),
)
"""The role: what guests, their storages and pools take. Other kinds take more, and a plan says what it lacks."""
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
        missing=tuple(
            right.privilege for right in rights(str(version.get("version", ""))) if right.privilege not in held
        ),
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


def rights(version: str = "9") -> tuple[Right, ...]:
    """Return the rights that the role needs on a version such as ``8.4.1``; on the newest for one that says nothing."""
    number = version.partition(".")[0]
    major = int(number) if number.isdigit() else 9
    return tuple(right for right in RIGHTS if right.since <= major <= right.until)


def explained(missing: tuple[str, ...]) -> tuple[str, ...]:
    """Return a line for each privilege that says what it is for."""
    uses = {right.privilege: right.use for right in RIGHTS}
    width = max((len(name) for name in missing), default=0)
    return tuple(f"{name:{width}}  {uses.get(name, '')}".rstrip() for name in missing)


def _role(version: str) -> str:
    """Return the command that makes the role, over several lines, as a shell takes it."""
    names = " ".join(right.privilege for right in rights(version))
    lines = wrap(names, 84, break_on_hyphens=False)
    return f'pveum role add {ROLE} --privs "\\\n    ' + " \\\n    ".join(lines) + '"'


def role_commands(user: str, missing: tuple[str, ...], version: str = "9") -> tuple[str, ...]:
    """Return the commands that give the user (or token, ``user!id``) a minimal role, to be run on a node as root."""
    owner, _, token = user.partition("!")
    commands = [_role(version)]
    if owner != "root@pam":
        commands.append(f"pveum acl modify / --users {owner} --roles {ROLE}")
    if token:
        commands.append(f"pveum acl modify / --tokens '{user}' --roles {ROLE}")
    return tuple(commands) if missing else ()


def token_commands(user: str = "pxhelm@pve", token: str = "cli") -> tuple[str, ...]:  # noqa: S107 - the token's name
    """Return the commands that make a user and a token with a minimal role, to be run on a node as root."""
    return (
        f"pveum user add {user}",
        _role("9"),
        f"pveum acl modify / --users {user} --roles {ROLE}",
        f"pveum user token add {user} {token} --privsep 0",
    )
