"""A backup of guests by the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.proxmox.request import ApiGen
from pxhelm.resource import natural
from pxhelm.resource.columns import moment, text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Change, Column, Kind
from pxhelm.resource.model import ABSENT, Leaves, Live, Target
from pxhelm.resource.preflight import unfit_storage, unknown_node
from pxhelm.resource.references import NOBODY
from pxhelm.resource.words import worded

_GUESTS = ("VirtualMachine", "Container")
_KEEP = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
_WORDS = """
storage                    where backups go
guests.names               guests by name
guests.pool                all guests of a pool
guests.all                 all guests
guests.exclude             all but these
mode                       whether and how a guest runs on meanwhile
compress                   how backups are compressed
protected                  nobody, and no pruning, removes the backups
repeatMissed               run as soon as possible what was missed
fleecing.enabled           a slow storage does not slow the machine down
fleecing.storage           where the machine's writes wait meanwhile
performance.maxWorkers     threads that read a machine's disks
performance.pbsEntriesMax  entries that are kept in memory for a backup server
bandwidth                  upper limit of a backup
ionice                     priority of its input and output; 8 is idle
excludePaths               files and folders that are left out of containers
stdExcludes                leave temporary files and logs out
notificationMode           the notification system, or mails as of old
mailTo                     who gets a mail, as of old
mailNotification           when a mail is sent, as of old
pbsChangeDetectionMode     how changed files are found for a backup server
script                     hook script of the node
tmpDir                     folder for temporary files
dumpDir                    folder in place of a storage
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "id", effect=Effect.REPLACE, same=same_id),
    Field("schedule", "schedule", "schedule", kept=True, help="calendar event, such as mon..fri 02:00"),
    Field("enabled", "bool", "enabled", default=True),
    Field("storage", "ref", "storage", refers=("Storage",)),
    Field("guests.names", "refs", "vmid", form="vmids", refers=_GUESTS),
    Field("guests.selector.*", "line", help="labels; looked at again for every plan"),
    Field("guests.pool", "ref", "pool", refers=("Pool",)),
    Field("guests.all", "bool", "all", default=False),
    Field("guests.exclude", "refs", "exclude", form="vmids", refers=_GUESTS),
    Field("mode", "line", "mode", choices=("snapshot", "suspend", "stop"), default="snapshot"),
    Field("compress", "line", "compress", choices=("0", "1", "gzip", "lzo", "zstd"), default="0"),
    Field("node", "line", "node", help="only guests on this node"),
    *(Field(f"pruneBackups.keep{k.capitalize()}", "int", f"prune-backups.keep-{k}", bounds=(0, None)) for k in _KEEP),
    Field("pruneBackups.keepAll", "bool", "prune-backups.keep-all"),
    Field("notesTemplate", "line", "notes-template", help="such as {{guestname}}"),
    Field("protected", "bool", "protected", default=False),
    Field("repeatMissed", "bool", "repeat-missed", default=False),
    Field("fleecing.enabled", "bool", "fleecing.enabled", default=False),
    Field("fleecing.storage", "ref", "fleecing.storage", refers=("Storage",)),
    Field("performance.maxWorkers", "int", "performance.max-workers", default=16),
    Field("performance.pbsEntriesMax", "int", "performance.pbs-entries-max", default=1048576),
    Field("bandwidth", "rate", "bwlimit", form="kibps", default=0),
    Field("zstd", "int", "zstd", default=1, help="threads"),
    Field("pigz", "int", "pigz", default=0, help="use pigz with that many threads"),
    Field("ionice", "int", "ionice", default=7, bounds=(0, 8)),
    Field("lockWait", "int", "lockwait", default=180, help="minutes to wait for the global lock"),
    Field("stopWait", "int", "stopwait", default=10, help="minutes to wait until a guest is stopped"),
    Field("excludePaths", "list", "exclude-path", form="array"),
    Field("stdExcludes", "bool", "stdexcludes", default=True),
    Field(
        "notificationMode",
        "line",
        "notification-mode",
        choices=("auto", "legacy-sendmail", "notification-system"),
        default="auto",
    ),
    Field("mailTo", "set", "mailto", form="commas"),
    Field("mailNotification", "line", "mailnotification", choices=("always", "failure"), default="always"),
    Field("pbsChangeDetectionMode", "line", "pbs-change-detection-mode", choices=("legacy", "data", "metadata")),
    Field("script", "line", "script", root_only=True),
    Field("tmpDir", "line", "tmpdir", root_only=True),
    Field("dumpDir", "line", "dumpdir", root_only=True),
    Field("remove", "bool", "remove", default=True, help="prune old backups"),
    Field("comment", "line", "comment", effect=Effect.METADATA, marks=True),
)
HOME = natural.Home("/cluster/backup", "id", needs={"": ("schedule",)})


def _chosen(leaves: Leaves) -> list[str]:
    ways = {
        "guests.all": bool(leaves.get("guests.all")),
        "guests.pool": bool(leaves.get("guests.pool")),
        "guests.names or guests.selector": any(p.startswith(("guests.names", "guests.selector.")) for p in leaves),
    }
    return [way for way, given in ways.items() if given]


def refuse(change: Change) -> str:
    """Return why the job cannot be had: it must say in one way which guests it means."""
    if change.desired is not None:
        chosen = _chosen(change.desired.leaves)
        if len(chosen) != 1:
            what = f"it has {' and '.join(chosen)}" if chosen else "it has none of them"
            return f"a backup job wants one of guests.all, guests.pool, guests.names or guests.selector: {what}"
        if change.desired.leaves.get("guests.names") == ():
            return NOBODY
        if "guests.exclude" in change.desired.leaves and chosen != ["guests.all"]:
            return "guests.exclude goes with guests.all"
    return natural.refuse(BACKUP_JOB, HOME, change) or _elsewhere(change)


def _elsewhere(change: Change) -> str:
    """Return what the cluster lacks of the places that the job names."""
    if change.desired is None:
        return ""
    around, leaves = change.surroundings, change.desired.leaves
    problems = [unknown_node(around, [leaves["node"]])] if "node" in leaves else []
    for path, content in (("storage", "backup"), ("fleecing.storage", "images")):
        problems += [unfit_storage(around, leaves[path], content)] if path in leaves else []
    return next(filter(None, problems), "")


def observe(target: Target) -> ApiGen[Live]:
    """Read one job; one that was made before there was ``schedule`` says its days and time as one."""
    name = natural.id_of(target)
    data = yield from natural.read(HOME, name)
    return ABSENT if data is None else natural.live_of(BACKUP_JOB, HOME, name, _scheduled(data))


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return the rows of all jobs."""
    rows = yield from natural.listing(HOME)
    return {name: _scheduled(row) for name, row in rows.items()}


def _scheduled(row: Mapping[str, object]) -> Mapping[str, object]:
    days = str(row.get("dow") or _EVERY_DAY)
    when = " ".join((*([days] if days != _EVERY_DAY else []), str(row.get("starttime") or "")))
    more = {key: value for key, value in row.items() if key not in ("dow", "starttime")}
    return {"schedule": when, **more} if row.get("starttime") else more


_EVERY_DAY = "mon,tue,wed,thu,fri,sat,sun"


def _guests(row: Mapping[str, object]) -> str:
    if row.get("all"):
        return f"all but {row['exclude']}" if row.get("exclude") else "all"
    return f"pool {row['pool']}" if row.get("pool") else str(row.get("vmid") or "")


_DEFINED = Kind(
    name="BackupJob",
    plural="backupjobs",
    short=("bj",),
    namespaced=True,
    guest=False,
    rank=70,
    fields=worded(_FIELDS, _WORDS),
    columns=(
        Column("SCHEDULE", text("schedule")),
        Column("STORAGE", text("storage")),
        Column("GUESTS", _guests),
        Column("NEXT", moment("next-run")),
    ),
)
BACKUP_JOB = replace(natural.natural(_DEFINED, HOME), refuse=refuse, observe=observe, listing=listing)
