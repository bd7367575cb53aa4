"""Take what exists under management: manifests whose plan is empty, and bindings to the guests they describe (D12).

The only write to the cluster is the marker line of a guest, and a plan that would do more is refused: an import never
changes what it describes. The field manager ``import`` owns what was found, as a base for drift; it gives way to whoever
applies the manifests (ADR 13).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pxhelm.actions.inspect import Found, find, kinds_of
from pxhelm.actions.inspect import Query as Named
from pxhelm.actions.objects import parse_text
from pxhelm.actions.services import Services
from pxhelm.apply.engine import ApplyRequest, apply_plan
from pxhelm.apply.planning import Planned, PlanRequest, plan_objects
from pxhelm.apply.ports import ports_of
from pxhelm.apply.result import ApplyResult
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.events import Warned
from pxhelm.golang.yaml import to_yaml
from pxhelm.kinds import KINDS
from pxhelm.plan.diff import IMPORT
from pxhelm.plan.observe import look_round, observe
from pxhelm.resource.export import importable, spec_of_leaves
from pxhelm.resource.guest_tag import LEAF, leaves_without
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Kind
from pxhelm.resource.label_tags import labels_in, tags_of
from pxhelm.resource.model import Existence, Leaves, Live, Target

_LONGEST = 63


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What is asked for."""

    things: tuple[tuple[str, str], ...] = ()
    """(kind, name or ``vmid:101``); a name may be empty: all of the kind."""
    pool: str = ""
    node: str = ""
    labels: Callable[[Mapping[str, str]], bool] = lambda _labels: True


@dataclass(frozen=True, slots=True)
class Imported:
    """One object taken over, or to be."""

    key: ObjectKey
    text: str
    """Its manifest."""
    found: Found


@dataclass(frozen=True, slots=True)
class Import:
    """What is taken over, planned and not yet done."""

    objects: tuple[Imported, ...]
    planned: Planned
    skipped: tuple[str, ...] = ()
    """Addresses of what is managed already."""


def prepare(services: Services, chosen: Sequence[Found], name: str = "") -> Import:
    """Read what was chosen and plan its import; writes nothing.

    Raises PxhelmError when nothing is left to import, when something cannot be read, or when the manifests would change
    more than the markers.
    """
    ours = [one for one in chosen if one.stored is not None]
    fresh = [one for one in chosen if one.stored is None]
    if not fresh:
        what = ", ".join(f"{one.kind}/{one.name}" for one in ours[:5])
        reason = f"managed already: {what}" if ours else "nothing matches"
        raise PxhelmError(
            f"cannot import: {reason}", code=ExitCode.FAILED, hint="list candidates with `pxhelm get all`"
        )
    if name and len(fresh) > 1:
        raise PxhelmError(f"cannot import {len(fresh)} objects under one name", code=ExitCode.USAGE)
    lives = _read(services, fresh)
    names = _names(services, fresh, name)
    objects = tuple(_imported(services, one, lives[_ref(one)], names[_ref(one)], lives) for one in fresh)
    resources = parse_text(services, "---\n".join(one.text for one in objects), "import")
    planned = plan_objects(ports_of(services), resources, PlanRequest(manager=IMPORT, adopt=True))
    _only_markers(planned)
    return Import(objects, planned, tuple(f"{one.kind}/{one.namespace}/{one.name}" for one in ours))


def choose(services: Services, request: ImportRequest) -> list[Found]:
    """Return what the request names; PxhelmError for what is not there."""
    found: list[Found] = []
    if request.things:
        for kind, name in request.things:
            found += find(services, Named(kinds_of(kind), (name,) if name else (), all_namespaces=True))
    else:
        found = find(services, Named(("VirtualMachine", "Container"), all_namespaces=True))
    if request.pool:
        found = [one for one in found if one.row.get("pool") == request.pool]
    if request.node:
        found = [one for one in found if one.row.get("node") == request.node]
    return [one for one in found if request.labels(one.labels)]


def carry_out(services: Services, wanted: Import, how: ApplyRequest | None = None) -> ApplyResult:
    """Bind the objects and write their markers."""
    return apply_plan(ports_of(services), wanted.planned, how)


def chart_of(name: str, wanted: Import) -> Mapping[str, bytes]:
    """Return the files of a chart that renders the imported manifests as they are."""
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\ndescription: Imported from Proxmox VE\ntype: application\n"
        "version: 0.1.0\n",
        "values.yaml": "# Nothing is templated yet: the manifests in templates/ stand as they were imported.\n{}\n",
    }
    for one in wanted.objects:
        text = one.text.replace("{{", '{{ "{{" }}')
        files[f"templates/{one.key.kind.lower()}-{one.key.name}.yaml"] = text
    return {path: text.encode() for path, text in files.items()}


def file_of(one: Imported) -> str:
    """Return the name of an imported manifest's file."""
    return f"{one.key.kind.lower()}-{one.key.name}.yaml"


def _ref(one: Found) -> str:
    return f"{one.kind}/{one.vmid or one.name}"


def _read(services: Services, fresh: Sequence[Found]) -> dict[str, Live]:
    view = services.cluster.run(look_round())
    reads = []
    for one in fresh:
        row = one.row if one.vmid else {"id": one.name}
        target = Target(ObjectKey(one.kind, "", one.name), "", str(one.row.get("node") or ""), one.vmid, row=row)
        wants = frozenset(KINDS[one.kind].beyond)
        reads.append(observe(KINDS[one.kind], replace(target, wants=wants), view))
    found: dict[str, Live] = {}
    for one, live in zip(fresh, services.cluster.run_all(reads), strict=True):
        if isinstance(live, Exception):
            raise live
        if live.existence is not Existence.PRESENT:
            raise PxhelmError(f"cannot import {one.kind} {one.name}: {live.reason or 'it is gone'}")
        found[_ref(one)] = live
    return found


def _names(services: Services, fresh: Sequence[Found], name: str) -> dict[str, str]:
    """Return a name for each object that no other of its kind in the namespace has; guests' by their VMID if need be."""
    from pxhelm.store.objects import ObjectQuery

    services.meet()
    place = services.place
    taken = {
        (o.key.kind, o.key.name)
        for o in services.store.objects.list(ObjectQuery(place.cluster))
        if o.key.namespace in ("", place.namespace)
    }
    found: dict[str, str] = {}
    for one in sorted(fresh, key=lambda each: (each.kind, each.vmid, each.name)):
        wanted = name or (_dns_name(one) if KINDS[one.kind].guest else one.name.replace("/", "-"))
        if name and (one.kind, name) in taken:
            raise PxhelmError(f"cannot import {one.name} as {name}: a {one.kind} of this name is managed already")
        if (one.kind, wanted) in taken and one.vmid:
            wanted = f"{wanted[: _LONGEST - 10]}-{one.vmid}"
        taken.add((one.kind, wanted))
        found[_ref(one)] = wanted
    return found


def _dns_name(one: Found) -> str:
    name = re.sub(r"[^a-z0-9.-]+", "-", one.name.lower())
    labels = [label.strip("-") for label in name.split(".")]
    return ".".join(label for label in labels if label)[:_LONGEST].strip("-.") or f"guest-{one.vmid}"


def _imported(services: Services, one: Found, live: Live, name: str, lives: Mapping[str, Live]) -> Imported:
    kind = KINDS[one.kind]
    namespace = services.place.namespace if kind.namespaced else ""
    leaves = _stated(kind, live, name, lives)
    metadata: dict[str, object] = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if labels := _labels(services, kind, leaves):
        metadata["labels"] = labels
        leaves = leaves_without(leaves, tags_of(services.place.label_tags, labels))
    steer = {"adopt-from": f"vmid:{one.vmid}"} if one.vmid else {"adoption-policy": "AdoptIfUnowned"}
    metadata["annotations"] = {f"pxhelm.io/{key}": value for key, value in steer.items()}
    spec = spec_of_leaves(kind, leaves)
    text = f"apiVersion: proxmox.io/v1\nkind: {kind.name}\n" + to_yaml({"metadata": metadata})
    if spec:
        parts = [to_yaml({key: value}) for key, value in spec.items()]
        text += "spec:\n" + "".join(f"  {line}\n" for part in parts for line in part.rstrip("\n").split("\n"))
    else:
        text += "spec: {}\n"
    return Imported(ObjectKey(kind.name, namespace, name), text, one)


def _labels(services: Services, kind: Kind, leaves: Leaves) -> dict[str, str]:
    """Return the labels that a guest's tags stand for, by what the context shows as tags."""
    tags = leaves.get(LEAF)
    return labels_in(services.place.label_tags, map(str, tags)) if kind.guest and isinstance(tags, tuple) else {}


def _stated(kind: Kind, live: Live, name: str, lives: Mapping[str, Live]) -> Leaves:
    leaves = dict(importable(kind, live.intended))
    for path in ("hostname", "id", "iface"):
        if str(leaves.get(path, "")).rpartition("/")[2] == name:
            del leaves[path]
    members = leaves.get("members.guests")
    if isinstance(members, tuple):
        # who is imported as well says its pool itself
        also = {f"vmid:{each.vmid}" for each in lives.values() if each.vmid}
        rest = tuple(member for member in members if member not in also)
        leaves["members.guests"] = rest
        if not rest:
            del leaves["members.guests"]
    return leaves


def _only_markers(planned: Planned) -> None:
    """Refuse a plan that would change what it describes: a manifest that does not say what is there is our mistake."""
    plan = planned.plan
    for o in plan.objects:
        if o.changes:
            listed = ", ".join(f"{c.path} ({c.before!r} -> {c.after!r})" for c in o.changes[:5])
            raise PxhelmError(
                f"cannot import {o.key.address}: its manifest would change {listed}",
                hint="please report this: an import must describe what is there",
            )


def told(services: Services, wanted: Import) -> None:
    """Say what was left out."""
    for address in wanted.skipped:
        services.listen(Warned(f"{address} is managed already: left out"))
