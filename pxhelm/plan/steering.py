"""What annotations make of a plan: what is only looked at, and what is saved before it is touched (kinds.md 12).

Pure. An artifact, a snapshot or a backup, carries the operation's id in its name, is made once in an operation, and is
asked for again until it is known to be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.plan.situation import Situation
from pxhelm.plan.subject import Subject
from pxhelm.plan.waiting import restart_paths
from pxhelm.proxmox.request import Param, Request
from pxhelm.resource.columns import duration
from pxhelm.resource.effect import Effect
from pxhelm.resource.effects import running
from pxhelm.resource.guest_seed import COLLECT
from pxhelm.resource.kind import LeafChange
from pxhelm.resource.model import Existence
from pxhelm.resource.step import Guard, Step, Undo
from pxhelm.resource.window import opens_in

PREFIX = "pxhelm.io/"
RETAINED = frozenset(("Image", "Storage", "Network"))
"""Kinds whose removal from a manifest leaves them in Proxmox unless told otherwise (kinds.md 12)."""
SNAPSHOT, BACKUP = "snapshot", "backup"
ARTIFACTS = (SNAPSHOT, BACKUP)
"""Verbs of steps that make something beside the object: whether they are done cannot be read from the object itself."""


def management(annotations: Mapping[str, str]) -> frozenset[str]:
    """Return what may be done with an object: ``Create``, ``Update``, ``Delete``; empty when it is only looked at."""
    said = annotations.get(f"{PREFIX}management", "*").replace(" ", "")
    return {
        "Paused": frozenset(),
        "Observe": frozenset(),
        "Observe,Update": frozenset({"Update"}),
    }.get(said, frozenset({"Create", "Update", "Delete"}))


def removal_policy(kind: str, annotations: Mapping[str, str]) -> str:
    """Return what becomes of an object of a kind that shall go (kinds.md 12)."""
    return annotations.get(f"{PREFIX}deletion-policy", "Retain" if kind in RETAINED else "Delete")


def held_back(s: Subject) -> str:
    """Return why nothing is done with an object; empty when something may be."""
    annotations = s.desired.annotations if s.desired is not None else s.known.annotations
    may = management(annotations)
    said = annotations.get(f"{PREFIX}management", "*")
    if s.desired is None:
        return "" if "Delete" in may else f"it stays in Proxmox as it is (management: {said}): pxhelm forgets it"
    if not may:
        return f"nothing of it is written (management: {said})"
    if "Create" not in may and s.live.existence is Existence.ABSENT:
        return f"it is not there, and it is not created (management: {said})"
    return ""


def safeguarded(s: Situation, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the steps with the artifact before them that an annotation asks for, unless this operation has made it.

    The image that leaves a drive then stays: the snapshot has it.
    """
    verb = _wanted_artifact(s, steps)
    if SNAPSHOT in (verb, *s.artifacts):
        steps = tuple(step for step in steps if step.verb != COLLECT)
    if not verb or verb in s.artifacts:
        return steps
    return (_snapshot(s) if verb == SNAPSHOT else _backup(s), *steps)


WINDOW = "the restart waits for its window"
"""How the note begins that says so."""


def postponed(s: Situation, changes: Iterable[LeafChange]) -> tuple[str, ...]:
    """Say that a restart waits for its window, and for how long."""
    leaves = s.desired.leaves if s.desired is not None else {}
    windows = leaves.get("power.window")
    if leaves.get("power.restart") != "Window" or not isinstance(windows, tuple) or not running(s.live):
        return ()
    waits = restart_paths(s.kind, s.ownership.bases, s.live) or any(c.effect is Effect.RESTART for c in changes)
    texts = [str(each) for each in windows]
    wait = opens_in(texts, s.now)
    if not waits or not wait:
        return ()
    return (f"{WINDOW} ({', '.join(texts)}), which opens in {duration(wait)}: apply again then",)


def _wanted_artifact(s: Situation, steps: tuple[Step, ...]) -> str:
    if not steps or not s.kind.guest or s.created or s.live.existence is not Existence.PRESENT:
        return ""
    if s.desired is None:
        backup = s.annotations.get(f"{PREFIX}deletion-policy") == "BackupThenDelete"
        return BACKUP if backup and not s.options.get("retain") else ""
    asked = s.desired.annotations.get(f"{PREFIX}snapshot-before") == "true"
    disruptive = any(step.effect >= Effect.RESTART for step in steps)
    return SNAPSHOT if asked and disruptive else ""


def _snapshot(s: Situation) -> Step:
    name = f"px{s.op.replace('-', '')[:8]}"
    kind = "lxc" if s.kind.name == "Container" else "qemu"
    params: dict[str, Param] = {"snapname": name, "description": f"before a change by pxhelm ({s.op})"}
    path = f"/nodes/{s.live.node}/{kind}/{s.live.vmid}/snapshot"
    request = Request("POST", path, params, node=s.live.node)
    why = f"{PREFIX}snapshot-before"
    return Step(SNAPSHOT, request, Guard.IDENTITY, (), Effect.ONLINE, why=why, detail={"name": name})


def _backup(s: Situation) -> Step:
    storage = _backup_storage(s)
    params: dict[str, Param] = {
        "vmid": str(s.live.vmid),
        "storage": storage,
        "mode": "stop" if s.live.power == "running" else "snapshot",
        "compress": "zstd",
        "remove": False,
        "notes-template": f"{s.target.key.address}, deleted by pxhelm ({s.op})",
    }
    request = Request("POST", f"/nodes/{s.live.node}/vzdump", params, node=s.live.node)
    why = f"{PREFIX}deletion-policy: BackupThenDelete"
    undo = Undo.REVERSIBLE
    return Step(BACKUP, request, Guard.IDENTITY, (), Effect.ONLINE, undo, why=why, detail={"to": storage})


def _backup_storage(s: Situation) -> str:
    """Return a storage of the guest's node that takes backups; a shared one first, since nodes get lost."""
    found = [
        (not row.get("shared"), name)
        for (node, name), row in s.surroundings.storages.items()
        if node == s.live.node
        and "backup" in str(row.get("content", "")).split(",")
        and row.get("status") == "available"
    ]
    if not found:
        raise PxhelmError(
            f"cannot back up {s.target.key.address} before it is deleted: node {s.live.node} has no storage for backups",
            code=ExitCode.REFUSED,
            hint="allow content backup on a storage, or apply the manifest with another deletion-policy first",
        )
    return min(found)[1]
