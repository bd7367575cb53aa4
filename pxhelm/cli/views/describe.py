"""One object in full, in readable sections as ``kubectl describe`` has them.

Never asks for anything: all of it was gathered before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pxhelm.actions.conditions import conditions
from pxhelm.actions.describe import Description
from pxhelm.actions.inspect import tags_of
from pxhelm.cli.views.closer import past_status, spelled
from pxhelm.cli.views.live import moment
from pxhelm.cli.views.objects import document, phase
from pxhelm.cli.views.terminal import harmless
from pxhelm.kinds import KINDS
from pxhelm.plan.leaf import shown
from pxhelm.resource.columns import duration, gib
from pxhelm.store.journal import Op, Step

_LABEL = 14


def describe_text(about: Description, now: float) -> str:
    """Return the description, with a trailing newline."""
    lines = [*_head(about)]
    for title, section in (
        ("Binding", _binding(about, now)),
        ("Status", _status(about)),
        ("Spec", _spec(about)),
        ("Configuration", _configuration(about)),
        ("Drift", _drift(about, now)),
        ("Pending", _pending(about)),
        ("Conditions", _conditions(about, now)),
        ("Provenance", _provenance(about)),
        ("Operations", _operations(about, now)),
        ("Events", (f"{e.type}  {e.reason}  {_ago(e.last_at, now)} (x{e.count})  {e.message}" for e in about.events)),
    ):
        body = list(section)
        if body:
            lines += [f"{title}:", *(f"  {line}" for line in body)]
    return harmless("\n".join(lines)) + "\n"


def describe_document(about: Description) -> dict[str, Any]:
    """Return the description for programs: the object's document with what describe adds."""
    found = document(about.found)
    found["status"] = {"drift": [], "pending": [], **found["status"]}
    if about.live:
        found["live"] = {path: _plain(value) for path, value in sorted(about.live.intended.items())}
        found["status"]["digest"] = about.live.digest
    found["operations"] = [
        {
            "id": op.op_id,
            "kind": op.kind,
            "state": str(op.state),
            "steps": [{"verb": s.kind, "path": s.path, "state": str(s.state), "upid": s.upid} for s in steps],
        }
        for op, steps in about.operations
    ]
    return found


def _row(label: str, value: object) -> str:
    return f"{label + ':':<{_LABEL}}{value}"


def _head(about: Description) -> Iterator[str]:
    found = about.found
    yield _row("Name", found.name)
    if found.kind in KINDS and KINDS[found.kind].namespaced:
        yield _row("Namespace", found.namespace or "- (not managed by pxhelm)")
    yield _row("Kind", found.kind)
    if found.stored is None:
        return
    yield _row("UID", found.stored.uid)
    yield _row("Release", found.stored.release or "-")
    yield _row("Managed by", ", ".join(about.managers) or "-")
    labels = [f"{key}={value}" for key, value in sorted(found.stored.labels.items())]
    for number, label in enumerate(labels or ["<none>"]):
        yield _row("Labels", label) if number == 0 else " " * _LABEL + label


def _binding(about: Description, now: float) -> Iterator[str]:
    binding = about.found.binding
    if binding is None:
        return
    yield _row("VMID", binding.vmid)
    yield _row("State", f"{binding.state}, since {_ago(binding.since, now)}")
    if binding.guest_uuid:
        yield _row("UUID", binding.guest_uuid)


def _replicas(row: Mapping[str, Any]) -> str:
    """Return how many members a set has, as ``kubectl describe`` says it; empty for what is no set."""
    if "availableReplicas" not in row:
        return ""
    return f"{row['replicas']} desired | {row['updatedReplicas']} updated | {row['availableReplicas']} available"


def _status(about: Description) -> Iterator[str]:
    found = about.found
    row = found.row
    if found.kind not in KINDS:
        yield from (_row(key, value) for key, value in row.items() if value not in ("", None))
        return
    if about.problem:
        yield _row("Live", f"unknown: {about.problem}")
    if not KINDS[found.kind].guest:
        values = {
            "Type": row.get("plugintype"),
            "Nodes": ", ".join(row.get("where") or ()),
            "Guests": row.get("guests"),
            "Replicas": _replicas(row),
            "Next run": moment(row.get("next-run")),
            "Last run": moment(row.get("last-run")),
            "Backs up": ", ".join(f"{each['name']} ({each['vmid']})" for each in found.told.get("guests", ())),
            "Pending": "changes wait to be applied" if found.told.get("pendingChanges") else "",
        }
        values |= {"Size": gib(row.get("maxdisk")), "Used": gib(row.get("disk"))}
        yield from (_row(key, value) for key, value in values.items() if value not in ("", None))
        return
    yield _row("Phase", phase(found))
    if not found.binding and found.vmid:
        yield _row("VMID", found.vmid)
    values = {
        "Node": row.get("node"),
        "Power": row.get("status"),
        "Uptime": duration(row.get("uptime")),
        "Lock": row.get("lock"),
        "CPUs": row.get("maxcpu"),
        "Memory": gib(row.get("maxmem")),
        "Disk": gib(row.get("maxdisk")),
        "Pool": row.get("pool"),
        "Tags": ", ".join(tags_of(row)),
        "HA": row.get("hastate"),
        "Addresses": ", ".join(row.get("addresses") or ()),
        "Template": "yes" if found.template else "",
    }
    yield from (_row(key, value) for key, value in values.items() if value)


def _spec(about: Description) -> Iterator[str]:
    yield from _leaves(about.found.kind, about.found.owned)


def _drift(about: Description, now_at: float) -> Iterator[str]:
    for one in about.drift:
        before, now = (_spelt(about.found.kind, one.path, value) for value in (one.base, one.live))
        since = f", since {_ago(one.since, now_at)}" if one.since else ""
        by = f" by {one.actor}" if one.actor else ""
        yield f"{one.path}: {before} was applied, {now} is live{since}{by}"


def _pending(about: Description) -> Iterator[str]:
    for one in about.pending:
        before, after = (_spelt(about.found.kind, one.path, value) for value in (one.current, one.after_restart))
        yield f"{one.path}: {before} -> {after} after a restart"


def _configuration(about: Description) -> Iterator[str]:
    """What is live and not of the spec: all of it for somebody else's guest."""
    if about.live is None:
        return
    mine = about.found.owned
    yield from _leaves(about.found.kind, {p: v for p, v in about.live.intended.items() if p not in mine})


def _leaves(kind: str, leaves: Mapping[str, object]) -> Iterable[str]:
    width = min(max((len(path) for path in leaves), default=0), 40)
    return [f"{path:<{width}}  {_spelt(kind, path, value)}" for path, value in sorted(leaves.items())]


def _conditions(about: Description, now: float) -> Iterator[str]:
    for each in conditions(about.found, whole=True):
        since = about.found.since.get(each.type)
        age = f"for {duration(max(1, now - since))}" if since else ""
        why = ": ".join(part for part in (each.reason, each.message) if part)
        yield f"{each.type + ':':<19}" + f"{each.status:<7}  {age:<8}  {why}".rstrip()


def _provenance(about: Description) -> Iterator[str]:
    """How it came to be, what was chosen for it, and when what cannot be read back was written."""
    if about.found.past is None:
        return
    told = past_status(about.found.kind, about.found.past)
    yield from (_row(word, _listed(value)) for word, value in told.get("provenance", {}).items())
    defaults = [f"{path}={value}" for path, value in told.get("creationDefaults", {}).items()]
    if defaults:
        yield _row("defaults", ", ".join(defaults))
    yield from (_row(path, f"written at {each['appliedAt']}") for path, each in told.get("writeOnly", {}).items())


def _listed(value: object) -> str:
    return ", ".join(f"{name} {each}" for name, each in value.items()) if isinstance(value, Mapping) else str(value)


def _operations(about: Description, now: float) -> Iterator[str]:
    for op, steps in about.operations:
        yield _operation(op, now)
        for step in steps:
            yield f"  {_step(step)}"


def _operation(op: Op, now: float) -> str:
    by = f" by {op.actor}" if op.actor else ""
    return f"{op.kind} {op.state}, {_ago(op.created_at, now)}{by}"


def _step(step: Step) -> str:
    text = f"{step.seq}. {step.kind:<10} {step.state:<8} {step.method} {step.path}"
    error = step.result.get("error")
    return text + (f"\n      {step.upid}" if step.upid else "") + (f"\n      {error}" if error else "")


def _ago(moment: float, now: float) -> str:
    if not moment:
        return "never"
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ} ({duration(max(1, now - moment))} ago)"


def _plain(value: object) -> object:
    return shown(value)


def _spelt(kind: str, path: str, value: object) -> str:
    """Return a value as ``spelled`` has it, as text of one line."""
    plain = spelled(kind, path, value)
    if plain is None:
        return "(unset)"
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, list | tuple):
        return ", ".join(map(str, plain)) or "(empty)"
    return str(plain).replace("\n", "\\n")
