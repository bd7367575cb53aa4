"""What the journal tells of an object (kinds.md 11): how it was made, what was chosen for it, when secrets were written.

Reads the store alone, and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pxhelm.actions.inspect import Found, Past
from pxhelm.actions.services import Services
from pxhelm.apply.command import CREATING
from pxhelm.apply.memory import Manifest
from pxhelm.kinds import KINDS
from pxhelm.plan.leaf import shown
from pxhelm.plan.model import Drift
from pxhelm.resource.decode import decode
from pxhelm.resource.kind import Kind
from pxhelm.resource.table import Place, table_of
from pxhelm.store.inventory import Observation
from pxhelm.store.journal import DONE_STATES, OpState, Step, StepState
from pxhelm.store.releases import ReleaseKey

_TEMPLATE = re.compile(r"^# Source: (\S+)$", re.MULTILINE)
_CLONE = re.compile(r"/(\d+)/clone$")


def with_past(services: Services, found: Sequence[Found]) -> list[Found]:
    """Return the same with ``past`` told of what is ours."""
    ours = [one.stored is not None and one.kind in KINDS for one in found]
    return [
        replace(dated_drift(services, one), past=past_of(services, one)) if mine else one
        for one, mine in zip(found, ours, strict=True)
    ]


def past_of(services: Services, one: Found) -> Past:
    """Return what the journal and the store know of an object of ours."""
    assert one.stored is not None
    journal, kind = services.store.journal, KINDS[one.kind]
    ops = journal.ops(one.stored.uid)
    steps = [(op, step) for op in ops for step in journal.steps(op.op_id)]
    done = [(op, step) for op, step in steps if step.state in DONE_STATES]
    creation = next(((op, step) for op, step in reversed(done) if step.kind in CREATING), None)
    last = ops[-1] if ops else None
    failed = [str(s.result.get("error", "")) for op, s in steps if op is last and s.state is StepState.FAILED]
    return Past(
        {**_made(one, creation[1] if creation else None), **_asked(services, one)},
        _defaults(kind, creation[1]) if creation and kind.guest else {},
        dict(_written(kind, one, [step for _, step in done])),
        last,
        failed[-1] if failed and last is not None and last.state is OpState.FAILED else "",
        {each.type: each for each in services.store.conditions.of([one.stored.uid])},
    )


def dated_drift(services: Services, one: Found) -> Found:
    """Return a guest whose drift says since when it is recorded and who did it; what was not recorded stays as it is."""
    if one.closer is None or not one.closer.drift or not one.vmid:
        return one
    ref = f"{one.row.get('type') or 'qemu'}/{one.vmid}"
    history = services.store.inventory.history(services.place.cluster, ref)
    drift = tuple(since_when(each, history) for each in one.closer.drift)
    return replace(one, closer=replace(one.closer, drift=drift))


def since_when(drift: Drift, history: Sequence[Observation]) -> Drift:
    """Return the drift with the oldest observation, latest first, since which the leaf is as it is."""
    found = drift
    for seen in history:
        if seen.intended.get(drift.path) != shown(drift.live):
            break
        found = replace(drift, actor=seen.actor, since=seen.at)
    return found


def _made(one: Found, step: Step | None) -> dict[str, Any]:
    """Return how the object was made, by the one word of kinds.md for it."""
    if step is None:
        adopted = KINDS[one.kind].guest and one.binding is not None
        return {"adopted": {"at": one.binding.since}} if adopted and one.binding else {}
    at = {"at": step.done_at or step.sent_at or 0.0}
    source = _CLONE.search(step.path)
    if step.kind == "clone" and source:
        named = str(one.owned.get("source.clone.name") or "")
        return {"clone": {"vmid": int(source[1]), **({"name": named} if named else {}), **at}}
    for word, leaf in (("image", "source.image"), ("backup", "source.backup.volume"), ("url", "source.url")):
        if leaf in one.owned:
            return {word: {"name": one.owned[leaf], **at}}
    imported = {p.split(".")[1]: v for p, v in one.owned.items() if p.endswith(".importFrom") and p.count(".") == 2}
    return {"blank" if KINDS[one.kind].guest else "created": {**at, **({"importFrom": imported} if imported else {})}}


def _asked(services: Services, one: Found) -> dict[str, Any]:
    """Return which manifest the object is by: its file and line, or the chart's template, with release and revision."""
    assert one.stored is not None
    manifest = Manifest.load(one.stored.manifest)
    template = _TEMPLATE.search(manifest.text)
    told: dict[str, Any] = {}
    if one.stored.release:
        namespace, _, name = one.stored.release.partition("/")
        revision = services.store.releases.last(ReleaseKey(services.place.cluster, namespace, name))
        told["release"] = f"{one.stored.release}@{revision.version}" if revision else one.stored.release
        if revision and revision.chart:
            told["chart"] = revision.chart
    if template:
        told["manifest"] = {"template": template[1]}
    elif manifest.source:
        file, _, line = manifest.source.rpartition(":")
        told["manifest"] = {"file": file, "line": int(line)}
    return told


def _defaults(kind: Kind, step: Step) -> dict[str, object]:
    """Return what a blank creation was sent beside what the manifest said."""
    if step.kind != "create" or "archive" in step.params or step.params.get("restore"):
        return {}
    wanted, table = step.pre.get("leaves", ()), table_of(kind.fields, kind.slots)
    sent = decode(kind, step.params)
    places = {path: table.place(path) for path in sent if path not in wanted}
    return {path: sent[path] for path, place in places.items() if _is_default(place)}


def _is_default(place: Place | None) -> bool:
    return place is not None and place.field.on_create is not None


def _written(kind: Kind, one: Found, steps: Sequence[Step]) -> Iterator[tuple[str, float]]:
    table = table_of(kind.fields, kind.slots)
    for path in one.owned:
        place = table.place(path)
        if place is None or not place.field.write_only:
            continue
        times = [step.done_at for step in steps if path in step.pre.get("leaves", ()) and step.done_at]
        if times:
            yield path, max(times)
