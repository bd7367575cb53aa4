"""Of ``vm`` and ``container``: what lists and deletes snapshots and backups, and what makes guests of them: restore, clone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import all_of, flag, output_flag, yes_flag
from pxhelm.cli.progress import showing
from pxhelm.cli.targets import GuestKind, chosen_flags, manner_of, named, show_done, targets, wait_flags
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found
    from pxhelm.actions.services import Services

_RESTORE = """Restore {people}s from backups.

\b
  pxhelm {group} restore web --backup latest --yes        over itself: what it is now is lost
  pxhelm {group} restore --backup VOLID --vmid 120        as a new guest
"""
_CLONE = """Copy a {people}; the copies belong to no manifest.

\b
  pxhelm {group} clone web web-test
  pxhelm {group} clone debian-12 node-1 node-2 node-3 --linked --target pve2
"""
_selecting = all_of(chosen_flags)
_copy_flags = all_of(
    flag("--linked", help="share the template's disks instead of copying them"),
    click.option("--target", "--node", "target", default="", metavar="NODE", help="node for the copies"),
    click.option("--storage", default="", metavar="STORAGE", help="storage for full copies"),
    click.option("--snapshot", default="", metavar="NAME", help="copy this snapshot"),
    click.option("--pool", default="", metavar="POOL", help="pool for the copies"),
    click.option("--vmid", type=int, default=None, metavar="N", help="VMID of the copy [default: a free one]"),
    click.option("--parallel", type=click.IntRange(1), default=None, metavar="N", help="copies at once"),
    output_flag("text", "json", "yaml", default="text"),
    wait_flags,
)


def add_saved(group: cli.Group, about: GuestKind) -> None:
    """Add ``clone``, ``restore``, ``snapshots``, ``backups`` and ``delete-backup``."""
    words = {"people": about.people, "group": about.group}

    @group.command("clone", usage="SOURCE NAME ...", arguments=(2, None), help=_CLONE.format(**words))
    @_copy_flags
    def clone(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
        return _clone(session, about, arguments, options)

    @group.command("restore", usage="[NAME|vmid:N ...]", arguments=(0, None), help=_RESTORE.format(**words))
    @click.option("--backup", "--archive", "backup", default="", metavar="VOLID|latest", help="backup to restore")
    @click.option("--vmid", type=int, default=None, metavar="N", help="make a new guest with this VMID")
    @click.option("--node", default="", metavar="NODE", help="node for a new guest [default: where the backup is]")
    @click.option("--storage", default="", metavar="STORAGE", help="storage for the disks [default: as they were]")
    @flag("--unique", help="a new guest gets MAC addresses and a UUID of its own")
    @flag("--start", help="start it afterwards")
    @flag("--live-restore", help="start it at once, and restore while it runs (virtual machines)")
    @yes_flag
    @_selecting
    @wait_flags
    def restore(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
        return _restore(session, about, arguments, options)

    @group.command(
        "snapshots", usage="NAME|vmid:N ...", arguments=(0, None), help=f"List the snapshots of {about.people}s."
    )
    @_selecting
    def list_snapshots(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
        return _snapshots(session, about, arguments, options)

    @group.command(
        "backups",
        usage="[NAME|vmid:N ...]",
        arguments=(0, None),
        help=f"List the backups of {about.people}s, latest first.",
    )
    @output_flag("text", "json", "yaml", default="text")
    def list_backups(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
        return _backups(session, about, arguments, options)

    @group.command("delete-backup", usage="VOLID ...", arguments=(1, None), help="Delete backups.")
    @yes_flag
    @output_flag("text", "json", "yaml", default="text")
    def delete_backup(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
        return _delete_backup(session, arguments, options)


def _clone(session: cli.Session, about: GuestKind, arguments: tuple[str, ...], options: dict[str, Any]) -> int:
    from pxhelm.actions.inspect import Query, find
    from pxhelm.actions.moving import Clone, check_new_name, free_vmids
    from pxhelm.actions.operate import carry_out_each
    from pxhelm.app import open_services

    source, *copies = arguments
    if options["vmid"] and len(copies) > 1:
        raise PxhelmError("--vmid goes with one copy", code=ExitCode.USAGE)
    params: dict[str, Any] = {} if options["linked"] else {"full": True}
    params |= {
        param: options[name]
        for name, param in (("target", "target"), ("storage", "storage"), ("snapshot", "snapname"), ("pool", "pool"))
        if options[name]
    }
    with showing(table=True) as listen, open_services(session.flags, listen) as services:
        (guest,) = named(services, about, (source,))
        everything = find(services, Query((about.kind,), all_namespaces=True))
        for copy in copies:
            check_new_name(copy, everything)
        vmids = [options["vmid"]] if options["vmid"] else free_vmids(services, len(copies))
        wanted = [(guest, Clone(name, vmid, params)) for name, vmid in zip(copies, vmids, strict=True)]
        done = carry_out_each(services, wanted, manner_of(options))
    return show_done(about, done, options["output"])


def _restore(session: cli.Session, about: GuestKind, arguments: tuple[str, ...], options: dict[str, Any]) -> int:
    from pxhelm.actions.operate import carry_out
    from pxhelm.actions.saving import Restore, backups_of, latest_or
    from pxhelm.app import open_services
    from pxhelm.cli.choice import choose, confirm

    params = {name: options[name] for name in ("storage", "unique", "start") if options[name]}
    if options["live_restore"]:
        params["live-restore"] = True
    with showing(table=True) as listen, open_services(session.flags, listen) as services:
        if options["vmid"]:
            return _restore_new(services, about, options, Restore(lambda _guest: options["backup"], params))
        guests = targets(services, about, arguments, options)
        rows = backups_of(services, guests)
        wanted = options["backup"]
        if not wanted and guests:
            volids = [str(row["volid"]) for row in rows]
            wanted = volids[choose("backup", volids, several=False)[0]] if len(guests) == 1 else ""
        if not wanted:
            raise PxhelmError("no backup is named", code=ExitCode.USAGE, hint="give --backup latest, or --backup VOLID")
        find = latest_or(wanted, rows)
        listed = ", ".join(f"{about.group}/{one.name} (vmid:{one.vmid})" for one in guests)
        for guest in guests:
            find(guest)
        loses = "overwrite with a backup"
        confirm(f"{loses} {listed}?", f"cannot go on: this would {loses} {listed}", yes=options["yes"])
        done = carry_out(services, guests, Restore(find, params), manner_of(options))
    return show_done(about, done, options["output"])


def _restore_new(services: Services, about: GuestKind, options: dict[str, Any], wish: Any) -> int:
    from pxhelm.actions.inspect import Found, Query, find
    from pxhelm.actions.operate import Means
    from pxhelm.actions.saving import backups_of, restore_call
    from pxhelm.proxmox.request import ApiGen

    volid, vmid = options["backup"], options["vmid"]
    if not volid or volid == "latest":
        raise PxhelmError("no backup is named", code=ExitCode.USAGE, hint="give --backup VOLID; `pxhelm get backups`")
    everyone = find(services, Query(("VirtualMachine", "Container"), all_namespaces=True))
    if any(one.vmid == vmid for one in everyone):
        raise PxhelmError(
            f"cannot restore to VMID {vmid}: a guest has it",
            code=ExitCode.CONFLICT,
            hint=f"choose another, or restore over it: pxhelm {about.group} restore vmid:{vmid} --backup {volid}",
        )
    row = next((row for row in backups_of(services) if row["volid"] == volid), None)
    if row is None:
        raise PxhelmError(f"there is no backup {volid}", hint="see `pxhelm get backups`")
    node = options["node"] or str(row["node"])
    guest = Found(about.kind, f"vmid:{vmid}", row={"vmid": vmid, "node": node})

    def operation() -> ApiGen[None]:
        means = Means(guest, lambda: iter(()), lambda _line: None)  # type: ignore[arg-type,return-value]  # nothing to prove
        yield from means.finish((yield from restore_call(about.kind, node, vmid, volid, wish)))

    services.cluster.run(operation())
    click.echo(f"{about.group}/vmid:{vmid} restored from {volid}")
    return ExitCode.OK


def _snapshots(session: cli.Session, about: GuestKind, arguments: tuple[str, ...], options: dict[str, Any]) -> int:
    from pxhelm.actions.saving import snapshots
    from pxhelm.app import open_services
    from pxhelm.cli.views.live import moment
    from pxhelm.cli.views.table import plain_table

    with showing() as listen, open_services(session.flags, listen) as services:
        guests = targets(services, about, arguments, options)
        answers = services.cluster.run_all([snapshots(one) for one in guests])
    rows = []
    for guest, found in zip(guests, answers, strict=True):
        if isinstance(found, Exception):
            raise found
        rows += [{"guest": guest.name, "vmid": guest.vmid, **row} for row in found]
    if _printed(rows, options["output"]):
        return ExitCode.OK
    cells = [
        (
            str(row["guest"]),
            str(row["name"]),
            moment(row.get("snaptime")) or "-",
            "True" if row.get("vmstate") else "False",
            str(row.get("parent") or "-"),
            str(row.get("description") or "").strip().replace("\n", " ") or "-",
        )
        for row in rows
    ]
    click.echo(plain_table(("GUEST", "SNAPSHOT", "TAKEN", "RAM", "PARENT", "DESCRIPTION"), cells), nl=False)
    return ExitCode.OK


def _printed(rows: Sequence[object], output: str) -> bool:
    from pxhelm.cli.views.document import FORMATS

    if output in FORMATS:
        click.echo(FORMATS[output]({"items": list(rows)}), nl=False)
        return True
    if not rows:
        click.echo("No resources found", err=True)
    return not rows


def _backups(session: cli.Session, about: GuestKind, arguments: tuple[str, ...], options: dict[str, Any]) -> int:
    from pxhelm.actions.inspect import Query, find
    from pxhelm.actions.saving import backups_of
    from pxhelm.app import open_services
    from pxhelm.cli.views.live import moment
    from pxhelm.cli.views.table import plain_table
    from pxhelm.resource.columns import gib

    with showing() as listen, open_services(session.flags, listen) as services:
        guests: list[Found] = named(services, about, arguments) if arguments else []
        known = guests or find(services, Query((about.kind,), all_namespaces=True))
        names = {one.vmid: one.name for one in known}
        letters = "lxc" if about.kind == "Container" else "qemu"
        found = [
            row
            for row in backups_of(services, guests)
            if guests or str(row.get("subtype") or "") in (letters, "") or int(row.get("vmid") or 0) in names
        ]
    if _printed(found, options["output"]):
        return ExitCode.OK
    cells = [
        (names.get(int(r.get("vmid") or 0), "-"), str(r["volid"]), moment(r.get("ctime")), gib(r.get("size")) or "-")
        for r in found
    ]
    click.echo(plain_table(("GUEST", "BACKUP", "TAKEN", "SIZE"), cells), nl=False)
    return ExitCode.OK


def _delete_backup(session: cli.Session, arguments: tuple[str, ...], options: dict[str, Any]) -> int:
    from pxhelm.actions.saving import backups_of, delete_backup
    from pxhelm.app import open_services
    from pxhelm.cli.choice import confirm

    with showing() as listen, open_services(session.flags, listen) as services:
        known = {str(row["volid"]): row for row in backups_of(services)}
        for volid in arguments:
            if volid not in known:
                raise PxhelmError(f"there is no backup {volid}", hint="see `pxhelm get backups`")
        listed = ", ".join(arguments)
        confirm(f"delete {listed}?", f"cannot go on: this would delete {listed}", yes=options["yes"])
        for volid in arguments:
            services.cluster.run(delete_backup(known[volid]))
            if options["output"] == "text":
                click.echo(f"{volid} deleted")
    if options["output"] != "text":
        from pxhelm.cli.views.document import FORMATS

        click.echo(FORMATS[options["output"]]([{"volid": volid, "deleted": True} for volid in arguments]), nl=False)
    return ExitCode.OK
