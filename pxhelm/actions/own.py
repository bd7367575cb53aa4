"""What the store alone tells of our objects: their manifests, of a Job what was done, of a namespace what is in it.

Changes nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pxhelm.store.journal import DONE_STATES, OPEN_STATES, Op, OpState, Step
from pxhelm.store.objects import StoredObject
from pxhelm.store.port import Store

JOB, NAMESPACE, GROUP = "Job", "Namespace", "SecurityGroup"
Stored = Mapping[str, Sequence[StoredObject]]
"""All objects of the cluster, by kind."""


def manifest_in(stored: StoredObject) -> Mapping[str, Any]:
    """Return the manifest that was applied last, as a document."""
    from pxhelm.apply.memory import Manifest
    from pxhelm.golang.yaml import load

    text = Manifest.load(stored.manifest).text if stored.manifest else ""
    body = load(text) if text else None
    return body if isinstance(body, dict) else {}


def annotations_in(stored: StoredObject) -> Mapping[str, str]:
    """Return the annotations that were applied last."""
    from pxhelm.apply.memory import Manifest

    return Manifest.load(stored.manifest).annotations


def guests_in(stored: Stored, namespace: str) -> int:
    """Return how many guests of ours a namespace holds."""
    guests = (*stored.get("VirtualMachine", ()), *stored.get("Container", ()))
    return sum(one.key.namespace == namespace for one in guests)


def taken_in(store: Store, stored: Stored) -> Counter[str]:
    """Return how many firewalls of guests and virtual networks of ours take each security group in."""
    found: Counter[str] = Counter()
    for kind in ("VirtualMachine", "Container", "SDNVNet", "Firewall"):
        for one in stored.get(kind, ()):
            owned = {leaf.path: leaf.base for leaf in store.objects.owned(one.uid)}
            if not {"target.cluster", "target.node"} & owned.keys():  # the cluster's list tells of those
                found.update({str(base) for path, base in owned.items() if _GROUP.search(path)})
    return found


_GROUP = re.compile(r"(?:^|\.)rules\.[^.]+\.group$")


def namespaces(stored: Stored) -> dict[str, Mapping[str, Any]]:
    """Return a row for each namespace that is in use and that nobody declared."""
    declared = {one.key.name for one in stored.get(NAMESPACE, ())}
    used = {one.key.namespace for found in stored.values() for one in found if one.key.namespace} | {"default"}
    return {name: {"guests": guests_in(stored, name)} for name in sorted(used - declared)}


def ran(store: Store, uid: str, owned: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row for ``get``: ``action``, ``completed`` (True, False, Unknown), ``finished``, ``seconds``."""
    from pxhelm.kinds.job import action_of

    op, step = _latest(store, uid)
    leaves = owned or dict.fromkeys(step.pre.get("leaves", ()) if step is not None else ())
    row: dict[str, Any] = {"action": action_of(leaves), "completed": _completed(op, step)}
    if step is not None and step.sent_at and step.done_at:
        row |= {"finished": step.done_at, "seconds": max(1.0, step.done_at - step.sent_at)}
    return row


def printed(store: Store, uid: str) -> tuple[str, ...]:
    """Return the last lines that a job's command printed, or why it failed."""
    _, step = _latest(store, uid)
    result = step.result if step is not None else {}
    return (*result.get("log", ()), *([str(result["error"])] if result.get("error") else ()))


def task_of_job(store: Store, uid: str) -> str:
    """Return the UPID of the task that a job started; empty when it started none."""
    _, step = _latest(store, uid)
    return step.upid if step is not None else ""


def _latest(store: Store, uid: str) -> tuple[Op | None, Step | None]:
    op = next(reversed(store.journal.ops(uid)), None)
    steps = store.journal.steps(op.op_id) if op is not None else ()
    return op, steps[-1] if steps else None


def _completed(op: Op | None, step: Step | None) -> str:
    if op is None or step is None:
        return "False"
    if op.state is OpState.OPEN and step.state in OPEN_STATES:
        return "Unknown"
    return str(step.state in DONE_STATES)
