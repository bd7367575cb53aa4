"""A kind's fields as kubectl's ``explain`` shows them, with what Proxmox makes of each.

Never states a fact of its own: all of it is in the table of the kind and in the API schema.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from pxhelm.resource.explain import Explained
from pxhelm.resource.kind import Kind
from pxhelm.resource.parse import API_VERSION
from pxhelm.resource.table import STAR

ENVELOPE = ("apiVersion", "kind", "metadata", "metadata.name", "metadata.namespace", "metadata.labels",
            "metadata.annotations", "status")  # fmt: skip
_ENVELOPE_TEXTS = {
    "apiVersion": ("text", f"always {API_VERSION}"),
    "kind": ("text", "the kind's name"),
    "metadata": ("Object", "name, namespace, labels and annotations"),
    "metadata.name": ("text", "what the object is called; unique among its kind in its namespace"),
    "metadata.namespace": ("text", "a notion of pxhelm's; Proxmox never sees it"),
    "metadata.labels": ("map of text", "what selectors select by; Proxmox never sees them"),
    "metadata.annotations": ("map of text", "those of pxhelm.io/ steer pxhelm"),
    "status": ("Object", "what is live; ignored in a manifest. See `pxhelm get KIND NAME -o yaml`"),
}
_WIDTH = 100


def _doc(kind: Kind) -> str:
    for module in sorted(name for name in sys.modules if name.startswith("pxhelm.kinds.")):
        found = sys.modules[module]
        if any(value is kind for value in vars(found).values()):
            return (found.__doc__ or "").strip().replace("``", "`")
    return ""


def _head(kind: Kind) -> list[str]:
    return [f"KIND:       {kind.name}", f"VERSION:    {API_VERSION}", ""]


def envelope_text(kind: Kind, path: str) -> str:
    """Return the explanation of a field that every kind has."""
    type_, text = _ENVELOPE_TEXTS[path]
    lines = [*_head(kind), f"FIELD: {path} <{type_}>", "", "DESCRIPTION:", f"    {text}", ""]
    below = [name for name in ENVELOPE if name.startswith(f"{path}.")]
    if below:
        lines += ["FIELDS:", *(f"  {name.rpartition('.')[2]}\t<{_ENVELOPE_TEXTS[name][0]}>" for name in below)]
    return "\n".join(lines).rstrip() + "\n"


def explain_text(kind: Kind, path: str, fields: Sequence[Explained], *, recursive: bool) -> str:
    """Return the explanation of a kind, a group of fields, or one field."""
    wanted = [part for part in path.split(".") if part]
    leaf = next((each for each in fields if len(each.path.split(".")) == len(wanted)), None) if wanted else None
    below = [each for each in fields if len(each.path.split(".")) > len(wanted)]
    lines = _head(kind)
    if wanted:
        lines += [f"FIELD: {wanted[-1]} <{_type(leaf) if leaf else _group_type(kind, wanted)}>", ""]
    lines += ["DESCRIPTION:"]
    lines += _wrapped((leaf.help or leaf.accepts) if leaf else _described(kind, wanted), "    ")
    if leaf:
        lines += [f"    {line}" for line in _facts(leaf)]
    if not wanted:
        lines += ["", *_names(kind)]
    lines.append("")
    if leaf and leaf.parts:
        lines += ["FIELDS:", *(line for part in leaf.parts for line in _one(part, part.path))]
    if below:
        lines.append("FIELDS:")
        lines += _tree(below, len(wanted), "  ") if recursive else _children(kind, below, len(wanted))
    return "\n".join(lines).rstrip() + "\n"


def _names(kind: Kind) -> Iterator[str]:
    yield f"    Called {', '.join((kind.plural, *kind.short))}; {'namespaced' if kind.namespaced else 'of the whole cluster'}."


def _described(kind: Kind, wanted: Sequence[str]) -> str:
    if not wanted:
        return _doc(kind)
    slots = kind.slots.get(wanted[0])
    if slots and len(wanted) == 1:
        return f"Devices by slot: {_slots(slots)}. `absent: true` in one removes it, `extra` takes sub-options."
    return f"Fields of {'.'.join(wanted)}."


def _slots(slots: Sequence[str]) -> str:
    stems: dict[str, list[str]] = {}
    for slot in slots:
        stems.setdefault(slot.rstrip("0123456789"), []).append(slot)
    return ", ".join(names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}" for names in stems.values())


def _group_type(kind: Kind, wanted: Sequence[str]) -> str:
    return "map of slots" if len(wanted) == 1 and wanted[0] in kind.slots else "Object"


def _type(each: Explained) -> str:
    return {"line": "text", "note": "text", "int": "integer", "bool": "boolean", "ref": "reference"}.get(
        each.type, each.type
    )


def _facts(each: Explained) -> Iterator[str]:
    yield f"Accepts:  {each.accepts}"
    if each.default is not None:
        yield f"Default:  {_shown(each.default)}"
    yield f"Effect:   {each.effect}"
    yield f"Proxmox:  {each.proxmox or '- (pxhelm alone)'}"
    for note in each.notes:
        yield f"Note:     {note}"


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _wrapped(text: str, indent: str) -> list[str]:
    paragraphs = text.split("\n\n") or [""]
    found: list[str] = []
    for paragraph in paragraphs:
        found += textwrap.wrap(" ".join(paragraph.split()), _WIDTH, initial_indent=indent, subsequent_indent=indent)
    return found or [f"{indent}<empty>"]


def _children(kind: Kind, fields: Sequence[Explained], depth: int) -> Iterator[str]:
    """Return one entry for each field directly below; a group says which fields it has."""
    groups: dict[str, list[Explained]] = {}
    for each in fields:
        groups.setdefault(each.path.split(".")[depth], []).append(each)
    if depth == 1 and set(groups) == {STAR}:
        groups = {}
        for each in fields:
            groups.setdefault(each.path.split(".")[depth + 1] if each.path.count(".") > depth else STAR, []).append(
                each
            )
        depth += 1
    for name, members in sorted(groups.items()):
        leaf = next((each for each in members if each.path.count(".") == depth), None)
        inner = sorted({each.path.split(".")[depth + 1] for each in members if each.path.count(".") > depth})
        shown = "<KEY>" if name == STAR else name
        first = members[0].path.split(".")[0]
        kind_of = "map of slots" if first in kind.slots and not depth else "Object"
        if leaf and not inner:
            yield from _one(leaf, shown)
            continue
        yield f"  {shown}\t<{kind_of}>"
        names = [each for each in inner if each != STAR] or sorted({e.path.split(".")[-1] for e in members} - {STAR})
        yield from _wrapped(", ".join(names) or "any key", "    ")
        yield ""


def _one(leaf: Explained, name: str) -> Iterator[str]:
    """Return the entry of one field: its type, its words, and what Proxmox makes of it."""
    yield f"  {name}\t<{_type(leaf)}>"
    if leaf.help and leaf.accepts.startswith("one of "):
        yield f"  enum: {leaf.accepts.removeprefix('one of ')}"
    told = [leaf.help or leaf.accepts]
    told += [f"default {_shown(leaf.default)}"] if leaf.default is not None else []
    told += [f"effect {leaf.effect}", f"Proxmox {leaf.proxmox}" if leaf.proxmox else "pxhelm alone"]
    yield from _wrapped("; ".join(told), "    ")
    yield ""


def _tree(fields: Sequence[Explained], depth: int, indent: str) -> Iterator[str]:
    groups: dict[str, list[Explained]] = {}
    for each in fields:
        groups.setdefault(each.path.split(".")[depth], []).append(each)
    for name, members in sorted(groups.items()):
        leaf = next((each for each in members if each.path.count(".") == depth), None)
        below = [each for each in members if each.path.count(".") > depth]
        yield f"{indent}{'<KEY>' if name == STAR else name}\t<{'Object' if below or leaf is None else _type(leaf)}>"
        yield from _tree(below, depth + 1, f"{indent}  ")


def explain_document(kind: Kind, path: str, fields: Sequence[Explained]) -> dict[str, Any]:
    """Return the explanation for programs."""
    return {
        "kind": kind.name,
        "apiVersion": API_VERSION,
        "plural": kind.plural,
        "shortNames": list(kind.short),
        "namespaced": kind.namespaced,
        "path": f"spec.{path}".rstrip("."),
        "description": _doc(kind),
        "fields": [
            {
                "path": f"spec.{each.path}",
                "type": _type(each),
                "accepts": each.accepts,
                "default": each.default,
                "effect": each.effect,
                "proxmox": each.proxmox,
                "description": each.help,
                "notes": list(each.notes),
            }
            for each in fields
        ],
    }


def suggestion(kind: Kind, path: str) -> str:
    """Return what may have been meant."""
    known = {
        ".".join(each.path.split(".")[:length]) for each in kind.fields for length in range(1, each.path.count(".") + 2)
    }
    near = get_close_matches(path, known, 1, 0.6)
    if near:
        return f"did you mean {near[0]}?"
    tops = sorted({each.path.split(".")[0] for each in kind.fields})
    return f"fields of {kind.name}: {', '.join(tops)}"
