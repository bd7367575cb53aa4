"""What ``pxhelm explain``, the documentation pages and editors are told about a kind: all of it from its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pxhelm.resource.annotations import VALUES
from pxhelm.resource.field import Field
from pxhelm.resource.kind import Kind
from pxhelm.resource.parse import API_VERSION
from pxhelm.resource.table import STAR, Branch, table_of
from pxhelm.resource.types import TYPES, shown


@dataclass(frozen=True, slots=True)
class Explained:
    """One field, in words."""

    path: str
    type: str
    accepts: str
    default: object
    effect: str
    """Label of the effect; ``depends`` where the guest decides."""
    proxmox: str
    """Parameter it is written to; empty = pxhelm's own."""
    help: str
    notes: tuple[str, ...] = ()
    parts: tuple[Explained, ...] = ()
    """What the maps of a record hold, each with its own name as its path."""


def explain(kind: Kind, path: str = "") -> tuple[Explained, ...]:
    """Return the fields at and below a path such as ``disks`` or ``disks.scsi0``; empty when there is no such path."""
    wanted = [part for part in path.removeprefix("spec").strip(".").split(".") if part]
    return tuple(explained(kind, each) for each in kind.fields if _below(kind, each.path.split("."), wanted))


def _below(kind: Kind, names: list[str], wanted: list[str]) -> bool:
    if len(wanted) > len(names):
        return False
    for index, (name, want) in enumerate(zip(names, wanted, strict=False)):
        slot = name == STAR and (index != 1 or want in kind.slots.get(names[0], (want,)))
        if name != want and not slot:
            return False
    return True


def explained(kind: Kind, each: Field) -> Explained:
    """Return one field in words."""
    notes = (
        ("only root@pam may set it, with a password instead of a token",) * each.root_only
        + ("used at creation only; a later change is noted, never made",) * each.creation_only
        + ("cannot be read back; a change made elsewhere is not seen",) * each.write_only
    )
    if each.on_create is not None:
        notes += (f"when created without it: {shown(each.type, each.on_create)}",)
    if each.refers:
        notes += (f"refers to {' or '.join(each.refers)}",)
    accepts = f"one of {', '.join(each.choices)}" if each.choices else TYPES[each.type].accepts
    if each.parts:
        accepts = f"{accepts} with {', '.join(part.path for part in each.parts)}"
    effect = "depends" if callable(each.effect) else each.effect.label
    wire = each.wire.replace(STAR, kind_slot(kind, each)) if each.wire else ""
    wire = wire.replace("@ha.", "ha ") or each.via
    default = shown(each.type, each.default)
    parts = tuple(replace(explained(kind, part), effect=effect, proxmox=part.via or wire) for part in each.parts)
    return Explained(each.path, each.type, accepts, default, effect, wire, each.help, notes, parts)


def kind_slot(kind: Kind, each: Field) -> str:
    """Return how the parameter of a family is called in documentation: ``scsi[n]``."""
    slots = kind.slots.get(each.path.split(".", 1)[0])
    return f"{slots[0].rstrip('0123456789')}[n]" if slots else STAR


def json_schema(kind: Kind) -> Mapping[str, object]:
    """Return the JSON schema of a kind's manifests in normal form, shorthand left to the spec's own description."""
    spec = _branch_schema(kind, table_of(kind.fields, kind.slots).root, "")
    properties = spec["properties"]
    assert isinstance(properties, dict)
    properties["unset"] = {"type": "array", "items": {"type": "string"}}
    ours = {f"pxhelm.io/{name}": {"type": "string", "pattern": f"^({p.pattern})$"} for name, (p, _) in VALUES.items()}
    metadata = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "namespace": {"type": "string"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "annotations": {"type": "object", "properties": ours, "additionalProperties": {"type": "string"}},
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.name,
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": kind.name},
            "metadata": metadata,
            "spec": spec,
        },
    }


def _branch_schema(kind: Kind, branch: Branch, family: str) -> dict[str, object]:
    properties: dict[str, object] = {}
    schema: dict[str, object] = {"type": "object", "properties": properties, "additionalProperties": False}
    for name, below in branch.children.items():
        one = _leaf_schema(below.field) if below.field is not None else None
        if below.children:
            inner = _branch_schema(kind, below, name if not family else "")
            if name == STAR and isinstance(inner["properties"], dict):
                inner["properties"]["absent"] = {"type": "boolean"}
            one = inner if one is None else {"anyOf": [one, inner]}
        if name != STAR:
            properties[name] = one
        elif family in kind.slots:
            stems = dict.fromkeys(slot.rstrip("0123456789") for slot in kind.slots[family])
            schema["patternProperties"] = {f"^({'|'.join(stems)})[0-9]+$": one}
        else:
            schema["additionalProperties"] = one
    return schema


def _leaf_schema(each: Field) -> dict[str, object]:
    schema: dict[str, object] = {**TYPES[each.type].schema, **each.schema}
    if each.parts:
        known = {part.path: _leaf_schema(part) for part in each.parts}
        one = {"type": "object", "properties": known, "additionalProperties": False}
        schema = {"type": "array", "items": one} if each.type == "records" else dict(one)
    if each.choices and schema.get("type") == "string":
        schema["enum"] = list(each.choices)
    if each.help:
        schema["description"] = each.help
    if each.type in ("int", "number"):
        low, high = each.bounds
        schema |= {k: v for k, v in (("minimum", low), ("maximum", high)) if v is not None}
    return schema
