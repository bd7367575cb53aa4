"""A set of guests becomes its members before anything is planned (kinds.md 10): pure expansion of manifests.

``$(ordinal)``, ``$(ordinal+10)`` and ``$(name)`` are replaced in texts, ``$$(`` stands for ``$(``, and every other ``$(…)`` is
left to shells. Never looks at a cluster or a store.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pxhelm.errors import Where
from pxhelm.golang.yaml_emit import emit
from pxhelm.manifest import Manifest, Path
from pxhelm.resource import moved
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Leaves, Reference

KIND = "GuestSet"
MOST = 1000
"""Members that a set may have."""
LABEL = "pxhelm.io/set"
"""Label of a member: the name of its set."""
_PLACE = re.compile(r"\$\$\(|\$\(ordinal(?:\+([0-9]+))?\)|\$\(name\)")
_DEPENDS_ON = "pxhelm.io/depends-on"
WAVE = "argocd.argoproj.io/sync-wave"


@dataclass(frozen=True)
class Member(Manifest):
    """The manifest of one member; its mistakes are those of the set's template."""

    of: Manifest | None = field(default=None, repr=False, compare=False)

    def where(self, path: Path = ()) -> Where:
        """Return the place in the set's manifest."""
        if self.of is None:
            return super().where(path)
        return self.of.where(("spec", "template", *path) if path[:1] == ("spec",) else ("spec", "template"))


def expanded(documents: Iterable[Manifest]) -> list[Manifest]:
    """Return the manifests with the members of every set after it."""
    found: list[Manifest] = []
    for document in documents:
        found.append(document)
        if document.kind == KIND:
            found += _members(document)
    return found


def _members(document: Manifest) -> list[Manifest]:
    spec = document.body.get("spec")
    spec = spec if isinstance(spec, Mapping) else {}
    replicas, template = spec.get("replicas"), spec.get("template")
    if isinstance(replicas, bool) or not isinstance(replicas, (int, float)) or not isinstance(template, Mapping):
        return []  # the set itself says what is wrong
    if not 0 <= replicas <= MOST:
        return []
    return [_member(document, template, ordinal) for ordinal in range(int(replicas))]


def _member(document: Manifest, template: Mapping[str, object], ordinal: int) -> Manifest:
    metadata = template.get("metadata")
    metadata = dict(metadata) if isinstance(metadata, Mapping) else {}
    annotations = _map(metadata.get("annotations"))
    for name in (_DEPENDS_ON, WAVE):
        if name in document.annotations:
            annotations.setdefault(name, document.annotations[name])
    kind = str(template.get("kind") or "VirtualMachine")
    if moved.ANNOTATION in document.annotations:
        told = moved.of_member(document.annotations[moved.ANNOTATION], kind, ordinal)
        annotations.setdefault(moved.ANNOTATION, told)
    name = f"{document.name}-{ordinal}"
    head = {**metadata, "name": name, "labels": {**_map(metadata.get("labels")), LABEL: document.name}}
    if annotations:
        head["annotations"] = annotations
    if document.namespace:
        head["namespace"] = document.namespace
    body = {
        "apiVersion": document.api_version,
        "kind": kind,
        "metadata": _filled(head, ordinal, name),
        "spec": _filled(template.get("spec") or {}, ordinal, name),
    }
    return Member(emit(body), document.file, document.line, body, (), document.template_line, of=document)


def _map(value: object) -> dict[str, object]:
    return {str(key): inner for key, inner in value.items()} if isinstance(value, Mapping) else {}


def _filled(value: object, ordinal: int, name: str) -> object:
    if isinstance(value, str):
        return _PLACE.sub(lambda found: _word(found, ordinal, name), value)
    if isinstance(value, Mapping):
        return {key: _filled(inner, ordinal, name) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, ordinal, name) for inner in value]
    return value


def _word(found: re.Match[str], ordinal: int, name: str) -> str:
    if found[0] == "$$(":
        return "$("
    return name if found[0] == "$(name)" else str(ordinal + int(found[1] or 0))


def ordinal(key: ObjectKey) -> tuple[str, int]:
    """Return name of the set and number of a member, as it is called."""
    name, _, number = key.name.rpartition("-")
    return name, int(number) if number.isdigit() else 0


def members_of(key: ObjectKey, leaves: Leaves) -> tuple[Reference, ...]:
    """Return what a set refers to: it is done when its members are."""
    replicas = leaves.get("replicas")
    kind = kind_of_members(leaves)
    count = replicas if isinstance(replicas, int) else 0
    return tuple(Reference("replicas", (kind,), key.namespace, f"{key.name}-{n}") for n in range(count))


def kind_of_members(leaves: Leaves) -> str:
    """Return the kind of a set's members."""
    template = json.loads(str(leaves.get("template", "{}")))
    return str(template.get("kind") or "VirtualMachine") if isinstance(template, dict) else "VirtualMachine"
