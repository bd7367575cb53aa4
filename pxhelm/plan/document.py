"""A plan as JSON (engine.md D19), and back: what ``plan --out`` writes and ``apply --plan`` obeys.

The document holds the manifests it was made from, every change and every step, and a digest over all of it. Secrets stand
in it as ``***``: steps read back are a bound for what may be sent, never sent themselves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.plan.leaf import shown
from pxhelm.plan.model import FORMAT_VERSION, Action, Blocked, Drift, ObjectPlan, Plan
from pxhelm.plan.order import Order
from pxhelm.proxmox.request import Request
from pxhelm.resource.effect import Effect
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import LeafChange, Op
from pxhelm.resource.step import Guard, Step, Undo
from pxhelm.secret import REDACTED, Secret

_ACTIONS = {Action.REPLACE: ["delete", "create"]}


@dataclass(frozen=True, slots=True)
class Saved:
    """A plan with all that is needed to apply it without the files and flags it was made from."""

    plan: Plan
    manifests: Mapping[str, str] = field(default_factory=dict)
    """Address → manifest."""
    request: Mapping[str, Any] = field(default_factory=dict)
    """What was asked for and allowed, as plain JSON."""


def to_json(saved: Saved) -> dict[str, Any]:
    """Return the plan as JSON-able data; manifests and request are needed only to apply it later."""
    plan = saved.plan
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "cluster": plan.cluster,
        "manager": plan.manager,
        "changes": [_object(o) for o in plan.objects],
        "drift": [{"address": o.key.address, **_drift(d)} for o in plan.objects for d in o.drift],
        "blocked": [_blocked(b) for b in plan.blocked],
        "warnings": list(plan.warnings),
        "summary": summary(plan),
        "request": dict(saved.request),
        "manifests": dict(saved.manifests),
    }
    if plan.awaited:
        document["awaited"] = [key.address for key in plan.awaited]
    document["digest"] = _digest(document)
    return document


def summary(plan: Plan) -> dict[str, int]:
    """Return the numbers of the footer."""
    return {
        "create": plan.count(Action.CREATE),
        "update": plan.count(Action.UPDATE),
        "restart": sum(o.effect is Effect.RESTART for o in plan.objects if o.action is Action.UPDATE),
        "replace": plan.count(Action.REPLACE),
        "delete": plan.count(Action.DELETE),
        "adopt": plan.count(Action.ADOPT),
        "unchanged": plan.count(Action.NOTHING),
        "refused": len(plan.blocked),
        "frees_bytes": sum(o.frees_bytes for o in plan.objects),
    }


def from_json(document: Mapping[str, Any]) -> Saved:
    """Return the plan that a document holds; PxhelmError when it is not one of ours or was changed."""
    version = document.get("format_version")
    if version != FORMAT_VERSION:
        raise PxhelmError(
            f"cannot read the plan: its format_version is {version!r}, this pxhelm knows {FORMAT_VERSION!r}",
            hint="make the plan again with pxhelm plan --out",
        )
    if document.get("digest") != _digest(document):
        raise PxhelmError(
            "cannot use the plan: its content does not match its digest",
            code=ExitCode.REFUSED,
            hint="a plan is not meant to be edited; make it again with pxhelm plan --out",
        )
    objects = tuple(_object_back(item) for item in document["changes"])
    blocked = tuple(
        Blocked(ObjectKey.parse(b["address"]), b["reason"], b["message"], b.get("hint", ""), b.get("place", ""))
        for b in document["blocked"]
    )
    order = Order({o.key: o.depends_on for o in objects}, {o.key: o.after for o in objects})
    awaited = tuple(ObjectKey.parse(address) for address in document.get("awaited", ()))
    warnings = tuple(document["warnings"])
    plan = Plan(document["cluster"], document["manager"], objects, blocked, warnings, order, awaited)
    return Saved(plan, dict(document["manifests"]), dict(document["request"]))


def dumps(saved: Saved) -> str:
    """Return the plan as the text of a file."""
    return json.dumps(to_json(saved), indent=2, ensure_ascii=False) + "\n"


def loads(text: str) -> Saved:
    """Read what ``dumps`` wrote; PxhelmError when it cannot be used."""
    try:
        document = json.loads(text)
    except ValueError:
        raise PxhelmError(
            "cannot read the plan: it is not JSON", hint="give a file written by pxhelm plan --out"
        ) from None
    if not isinstance(document, dict):
        raise PxhelmError("cannot read the plan: it is not a JSON object")
    try:
        return from_json(document)
    except (KeyError, TypeError, ValueError) as error:
        raise PxhelmError(f"cannot read the plan: {error!r} is wrong in it") from None


def plan_hash(item: ObjectPlan) -> str:
    """Return the fingerprint of one object's plan, as the journal records it."""
    text = json.dumps(_object(item), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def redacted(params: Mapping[str, object]) -> dict[str, object]:
    """Return a request's parameters without secrets, as journal and plan hold them."""
    return {name: _plain(value) for name, value in params.items()}


def _plain(value: object) -> object:
    if isinstance(value, Secret):
        return REDACTED
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _digest(document: Mapping[str, Any]) -> str:
    body = {key: value for key, value in document.items() if key != "digest"}
    return "sha256:" + hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _object(o: ObjectPlan) -> dict[str, Any]:
    way = {"way": o.way} if o.way else {}
    if o.moved_from is not None:
        way["moved_from"] = o.moved_from.address
    return {
        "address": o.key.address,
        "uid": o.uid,
        "actions": _ACTIONS.get(o.action, [o.action.value]),
        "class": o.effect.label,
        "leaves": [_leaf(c) for c in o.changes],
        "steps": [_step(s) for s in o.steps],
        "preconditions": {"generation": o.generation, "digest": o.digest, "vmid": o.vmid, "node": o.node},
        "data_destroying": o.frees_bytes > 0,
        "frees_bytes": o.frees_bytes,
        "irreversible": any(s.undo is Undo.IRREVERSIBLE for s in o.steps),
        "notes": list(o.notes),
        "drift": [_drift(d) for d in o.drift],
        "depends_on": [k.address for k in o.depends_on],
        "after": [k.address for k in o.after],
        **way,
    }


def _leaf(c: LeafChange) -> dict[str, Any]:
    found = {"path": c.path, "op": c.op.value, "before": shown(c.before), "after": shown(c.after)}
    return {**found, "class": c.effect.label, "why": c.why}


def _step(s: Step) -> dict[str, Any]:
    return {
        "verb": s.verb,
        "method": s.request.method,
        "path": s.request.path,
        "params": redacted(s.request.params),
        "guard": s.guard.value,
        "leaves": list(s.leaves),
        "class": s.effect.label,
        "undo": s.undo.value,
        "frees_bytes": s.frees_bytes,
        "why": s.why,
        "detail": dict(s.detail),
    }


def _drift(d: Drift) -> dict[str, Any]:
    return {"path": d.path, "base": shown(d.base), "live": shown(d.live)}


def _blocked(b: Blocked) -> dict[str, Any]:
    return {"address": b.key.address, "reason": b.reason, "message": b.message, "hint": b.hint, "place": b.place}


def _object_back(item: Mapping[str, Any]) -> ObjectPlan:
    pre = item["preconditions"]
    actions = item["actions"]
    action = Action.REPLACE if actions == _ACTIONS[Action.REPLACE] else Action(actions[0])
    return ObjectPlan(
        key=ObjectKey.parse(item["address"]),
        uid=item["uid"],
        action=action,
        changes=tuple(_leaf_back(c) for c in item["leaves"]),
        steps=tuple(_step_back(s) for s in item["steps"]),
        generation=pre["generation"],
        digest=pre["digest"],
        vmid=pre["vmid"],
        node=pre["node"],
        drift=tuple(Drift(d["path"], d["base"], d["live"]) for d in item["drift"]),
        notes=tuple(item["notes"]),
        depends_on=tuple(ObjectKey.parse(address) for address in item["depends_on"]),
        after=tuple(ObjectKey.parse(address) for address in item.get("after", ())),
        way=str(item.get("way", "")),
        moved_from=ObjectKey.parse(item["moved_from"]) if item.get("moved_from") else None,
    )


def _leaf_back(c: Mapping[str, Any]) -> LeafChange:
    return LeafChange(c["path"], Op(c["op"]), _value(c["before"]), _value(c["after"]), _effect(c["class"]), c["why"])


def _step_back(s: Mapping[str, Any]) -> Step:
    return Step(
        verb=s["verb"],
        request=Request(s["method"], s["path"], s["params"]),
        guard=Guard(s["guard"]),
        leaves=tuple(s["leaves"]),
        effect=_effect(s["class"]),
        undo=Undo(s["undo"]),
        frees_bytes=s["frees_bytes"],
        why=s["why"],
        detail=dict(s["detail"]),
    )


def _value(value: Any) -> Any:
    return tuple(_value(item) for item in value) if isinstance(value, list) else value


def _effect(label: str) -> Effect:
    return Effect[label.upper().replace("-", "_")]
