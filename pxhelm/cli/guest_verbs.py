"""The verbs that ``vm`` and ``container`` share, as a table: flags, what they make of them, what is asked before.

Never acts: an entry makes an operation, and ``guests`` carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli.command import completer
from pxhelm.cli.options import Decorator, all_of, flag, yes_flag
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found
    from pxhelm.actions.operate import Operation
    from pxhelm.actions.services import Services
    from pxhelm.proxmox.request import Param

Options = Mapping[str, Any]
_NONE: Decorator = all_of()


@dataclass(frozen=True, slots=True)
class Asked:
    """What an entry of the table is given."""

    services: Services
    guests: Sequence[Found]
    options: Options


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb."""

    help: str
    """``{people}`` and ``{group}`` are filled in."""
    make: Callable[[Asked], Operation]
    flags: Decorator = _NONE
    usage: str = "NAME|vmid:N ..."
    loses: str = ""
    """What is lost, as in "this would undo …": asked before; empty = nothing."""
    machines_only: bool = False
    limited: bool = True
    """Whether ``--timeout`` is the time to wait for the task; else the verb has its own."""


patience_flag = click.option(
    "--timeout", default="180s", show_default=True, metavar="duration", help="time the guest's system has to shut down"
)
limit_flag = click.option(
    "--timeout", default="0s", show_default=True, metavar="duration", help="time to wait for the task; 0s = without end"
)
_rate = click.option("--bwlimit", type=int, default=None, metavar="KiB/s", help="limit of the bandwidth")


def _power(verb: str) -> Callable[[Asked], Operation]:
    def make(asked: Asked) -> Operation:
        from pxhelm.actions.power import Verb as Power
        from pxhelm.actions.power import Wish
        from pxhelm.cli.release_flags import seconds

        options = asked.options
        return Wish(
            Power(verb),
            bool(options.get("force")),
            seconds(options["timeout"]) if verb in _PATIENT else 180.0,
            bool(options.get("to_disk")),
            str(options.get("state_storage") or ""),
        )

    return make


_PATIENT = ("stop", "shutdown", "restart")


def _given(options: Options, names: Mapping[str, str]) -> dict[str, Param]:
    """Return the parameters of the flags that were given: flag → Proxmox' name."""
    return {param: options[name] for name, param in names.items() if options.get(name)}


def _migrate(asked: Asked) -> Operation:
    from pxhelm.actions.moving import Migrate

    options, target = asked.options, asked.options["target"]
    if not target:
        raise PxhelmError("no target node is given", code=ExitCode.USAGE, hint="give --target NODE")
    machine = asked.guests[:1] and asked.guests[0].kind == "VirtualMachine"
    names = {"bwlimit": "bwlimit", "target_storage": "targetstorage" if machine else "target-storage"}
    if machine:
        names["with_local_disks"] = "with-local-disks"
    return Migrate(target, options["offline"], _given(options, names))


def _snapshot_name(asked: Asked) -> str:
    name = str(asked.options["snapshot"] or "")
    if name:
        return name
    from pxhelm.actions.saving import snapshots
    from pxhelm.cli.choice import choose

    listed = [asked.services.cluster.run(snapshots(one)) for one in asked.guests[:1]]
    names = [str(row["name"]) for rows in listed for row in rows]
    return names[choose("snapshot", names, several=False)[0]]


def _take(asked: Asked) -> Operation:
    from pxhelm.actions.saving import Snapshot

    name = asked.options["snapshot"] or f"pxhelm-{asked.services.now():%Y%m%d-%H%M%S}"
    return Snapshot(name, asked.options["description"], asked.options["ram"])


def _rollback(asked: Asked) -> Operation:
    from pxhelm.actions.saving import Rollback

    return Rollback(_snapshot_name(asked), asked.options["start"])


def _delete_snapshot(asked: Asked) -> Operation:
    from pxhelm.actions.saving import DeleteSnapshot

    return DeleteSnapshot(_snapshot_name(asked), asked.options["force"])


def _backup(asked: Asked) -> Operation:
    from pxhelm.actions.saving import Backup, backup_storage

    options = asked.options
    names = {"compress": "compress", "notes": "notes-template", "protected": "protected", "bwlimit": "bwlimit"}
    params: dict[str, Param] = {"mode": options["mode"], **_given(options, names)}
    return Backup(backup_storage(asked.services, options["storage"] or ""), params)


def _resize(asked: Asked) -> Operation:
    from pxhelm.actions.shaping import Resize

    disk, size = asked.options["disk"], asked.options["size"]
    if not (disk and size):
        raise PxhelmError(
            "disk and size are needed", code=ExitCode.USAGE, hint="such as --disk scsi0 --size +10G, or --size 50G"
        )
    return Resize(disk, size)


def _template(_asked: Asked) -> Operation:
    from pxhelm.actions.shaping import MakeTemplate

    return MakeTemplate()


_name_of_snapshot = click.option(
    "--snapshot", "--name", "snapshot", default="", metavar="NAME", help="name of the snapshot"
)

VERBS: Mapping[str, Verb] = {
    "start": Verb("Start {people}s and wait until they run.", _power("start")),
    "stop": Verb(
        """Shut {people}s down and wait until they are off.

Asks the system in the guest to shut down; --force pulls the plug.
""",
        _power("stop"),
        all_of(flag("--force", help="pull the plug"), patience_flag),
        limited=False,
    ),
    "shutdown": Verb(
        """Shut {people}s down by asking the system in them.

With --force the plug is pulled when the time is over.
""",
        _power("shutdown"),
        all_of(flag("--force", help="pull the plug when the time is over"), patience_flag),
        limited=False,
    ),
    "restart": Verb(
        """Restart {people}s, so that pending changes come into effect. What is off is started.

Asks the system in the guest to shut down; --force pulls the plug.
""",
        _power("restart"),
        all_of(flag("--force", help="pull the plug, then start"), patience_flag),
        limited=False,
    ),
    "suspend": Verb(
        """Suspend {people}s: they stand still in memory; a virtual machine also to disk.

Of containers Proxmox calls it experimental.
""",
        _power("suspend"),
        all_of(
            flag("--to-disk", help="save the memory to disk and switch off (virtual machines)"),
            click.option("--state-storage", default="", metavar="STORAGE", help="storage for the memory"),
        ),
    ),
    "resume": Verb("Let suspended {people}s go on.", _power("resume")),
    "reset": Verb(
        "Reset {people}s, as the button on a machine does: what is not written to disk is lost.",
        _power("reset"),
        machines_only=True,
    ),
    "migrate": Verb(
        """Move {people}s to another node.

\b
  pxhelm {group} migrate web --target pve2
  pxhelm {group} migrate --field-selector status.node=pve1 --target pve2 --parallel 2

What runs goes on running there; a container is restarted there.
""",
        _migrate,
        all_of(
            click.option(
                "--target",
                "--node",
                "target",
                default="",
                metavar="NODE",
                help="node to move to",
                shell_complete=completer("node"),
            ),
            flag("--offline", help="refuse to move what runs"),
            flag("--with-local-disks", help="also copy disks on storages of one node (virtual machines)"),
            click.option(
                "--target-storage",
                default="",
                metavar="STORAGE",
                help="storage for the disks there",
                shell_complete=completer("storage"),
            ),
            _rate,
        ),
    ),
    "snapshot": Verb(
        """Take a snapshot of {people}s.

\b
  pxhelm {group} snapshot web db --snapshot before-upgrade
  pxhelm {group} snapshot -l app=shop          the name tells the time
""",
        _take,
        all_of(
            _name_of_snapshot,
            click.option("--description", default="", metavar="string", help="what it is for"),
            flag("--ram", help="with the memory of a running virtual machine"),
        ),
    ),
    "rollback-snapshot": Verb(
        """Take {people}s back to a snapshot. What they wrote since is lost, so it asks first.

\b
  pxhelm {group} rollback-snapshot web --snapshot before-upgrade --yes
""",
        _rollback,
        all_of(_name_of_snapshot, flag("--start", help="start it afterwards"), yes_flag),
        loses="undo everything since the snapshot in",
    ),
    "delete-snapshot": Verb(
        "Delete a snapshot of {people}s; they stay as they are.",
        _delete_snapshot,
        all_of(_name_of_snapshot, flag("--force", help="also when the storage fails to remove it"), yes_flag),
        loses="delete a snapshot of",
    ),
    "backup": Verb(
        """Back {people}s up.

\b
  pxhelm {group} backup web --storage nas
  pxhelm {group} backup --all --storage pbs --notes 'before the move'
""",
        _backup,
        all_of(
            click.option("--storage", default="", metavar="STORAGE", help="where to [default: the only one there is]"),
            click.option(
                "--mode",
                type=click.Choice(("snapshot", "suspend", "stop")),
                default="snapshot",
                show_default=True,
                help="what happens to a running guest",
            ),
            click.option(
                "--compress",
                type=click.Choice(("0", "gzip", "lzo", "zstd")),
                default="zstd",
                show_default=True,
                help="how the archive is packed; 0 = not",
            ),
            click.option(
                "--notes", default="", metavar="string", help="notes, with Proxmox' {{guestname}}, {{node}} …"
            ),
            flag("--protected", help="never removed by pruning"),
            _rate,
        ),
    ),
    "resize": Verb(
        """Grow a disk of {people}s; disks never shrink.

\b
  pxhelm {group} resize web --disk scsi0 --size +10G
""",
        _resize,
        all_of(
            click.option("--disk", default="", metavar="SLOT", help="such as scsi0, rootfs, mp0"),
            click.option("--size", default="", metavar="SIZE", help="new size, or +SIZE to grow by"),
        ),
    ),
    "template": Verb(
        "Make templates of {people}s. There is no way back, so it asks first.",
        _template,
        yes_flag,
        loses="make a template, for good, of",
    ),
}
