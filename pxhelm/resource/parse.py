"""A manifest's document to a typed ``Resource``, with all its mistakes at once.

Checks the envelope, expands shorthand, flattens the spec by the kind's table. Each mistake says the file, line and
column, the field, what was found, and what is accepted. Never asks a cluster and never reads a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Protocol

from pxhelm.errors import PxhelmError, Where
from pxhelm.resource.annotations import check_annotation
from pxhelm.resource.field import Field
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Kind
from pxhelm.resource.misplaced import misplaced
from pxhelm.resource.model import Reference, Resource, SecretSource, Value
from pxhelm.resource.normal import ManifestPath, Normal, ShorthandError
from pxhelm.resource.pointers import sources_in
from pxhelm.resource.raw import check_config, check_extra
from pxhelm.resource.references import reference_to
from pxhelm.resource.table import STAR, Branch, Table, table_of
from pxhelm.resource.types import TYPES
from pxhelm.resource.unfit import whole

API_VERSION = "proxmox.io/v1"

_ENVELOPE = ("apiVersion", "kind", "metadata", "spec", "status")
_METADATA = ("name", "namespace", "labels", "annotations")
# metadata that Kubernetes' tools write and that means nothing here
_IGNORED_METADATA = frozenset(
    ("creationTimestamp", "generation", "resourceVersion", "uid", "managedFields", "selfLink")
)
_DNS_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_LABEL_KEY = re.compile(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")


class Document(Protocol):
    """What is needed of a manifest (``pxhelm.manifest.Manifest``)."""

    @property
    def text(self) -> str:
        """The document as it stands."""

    @property
    def file(self) -> str:
        """The file it came from."""

    @property
    def line(self) -> int:
        """Line of the file where it begins."""

    @property
    def body(self) -> Mapping[str, object]:
        """The decoded document."""

    def where(self, path: ManifestPath = ()) -> Where:
        """Return the place of a field."""

    def template_where(self, path: ManifestPath = ()) -> Where | None:
        """Return the template line that wrote a field; None when it was not rendered."""


@dataclass(slots=True)
class Parsed:
    """What came out of one document."""

    resource: Resource | None = None
    errors: list[PxhelmError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    lints: list[PxhelmError] = field(default_factory=list)
    """What works, but could be written better, or is hardly what was meant."""


@dataclass(slots=True)
class _Reader:
    """One document being read."""

    kind: Kind
    document: Document
    table: Table
    spec: Normal = field(default_factory=lambda: Normal({}))
    leaves: dict[str, Value] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    unset: list[str] = field(default_factory=list)
    parsed: Parsed = field(default_factory=Parsed)

    def fail(self, path: ManifestPath, message: str, hint: str = "", *, secret: bool = False) -> None:
        """Note a mistake at a path of the document; the line that holds a ``secret`` is not shown."""
        where, source = self.document.where(path), self.document.template_where(path)
        if secret:
            where = replace(where, text="")
        error = PxhelmError(message, where=where, hint=hint)
        if source is not None:
            error.where, error.rendered = replace(source, field=where.field), where
        self.parsed.errors.append(error)

    def fail_spec(self, path: ManifestPath, message: str, hint: str = "", *, secret: bool = False) -> None:
        """Note a mistake at a path of the spec's normal form."""
        self.fail(("spec", *self.spec.origin(path)), message, hint, secret=secret)


def parse_resource(kind: Kind, document: Document, default_namespace: str = "default") -> Parsed:
    """Return the resource of a document, or every mistake in it; ``kind`` is the one the document names."""
    reader = _Reader(kind, document, table_of(kind.fields, kind.slots))
    body = document.body
    for name in body:
        if name not in _ENVELOPE:
            reader.fail((name,), f"unknown field {name}", _suggest(name, _ENVELOPE))
    if body.get("status") is not None:
        reader.parsed.warnings.append(f"{kind.name}: status is ignored; pxhelm writes it")
    if body.get("apiVersion") != API_VERSION:
        reader.fail(("apiVersion",), _wrong_version(body.get("apiVersion")), f"write apiVersion: {API_VERSION}")
    key, labels, annotations = _metadata(reader, default_namespace)
    _spec(reader, body.get("spec"))
    if key is not None and not reader.parsed.errors:
        _together(reader, key)
    if reader.parsed.errors or key is None:
        return reader.parsed
    if kind.guest:
        reader.leaves.setdefault("hostname", key.name)
    reader.parsed.resource = Resource(
        key,
        reader.leaves,
        labels,
        annotations,
        tuple(reader.unset),
        tuple(reader.absent),
        (*_references(reader, key), *kind.more_references(key, reader.leaves)),
        text=document.text,
        where=Where(document.file, document.line),  # exact places cost a second reading: ``locate`` gives them
        locate=_locator(reader),
    )
    if not kind.guest:
        reader.parsed.resource = replace(reader.parsed.resource, called=kind.identifier(reader.parsed.resource))
    return reader.parsed


def _together(reader: _Reader, key: ObjectKey) -> None:
    """Note what the leaves say together that no cluster would take."""
    for each in reader.kind.check(key, reader.leaves):
        if each.lint:
            where = reader.document.where(("spec", *reader.spec.origin(tuple(each.path.split(".")))))
            reader.parsed.lints.append(PxhelmError(each.message, where=where, hint=each.hint))
        elif each.path:
            reader.fail_spec(tuple(each.path.split(".")), each.message, each.hint)
        else:
            reader.fail(("metadata", "name"), each.message, each.hint)


def _wrong_version(found: object) -> str:
    if found is None:
        return "apiVersion is missing"
    return f"apiVersion {found} is not known"


def _locator(reader: _Reader) -> Callable[[str], Where]:
    document, spec = reader.document, reader.spec

    def locate(path: str) -> Where:
        return document.where(("spec", *spec.origin(tuple(path.split(".")))))

    return locate


def _metadata(reader: _Reader, default_namespace: str) -> tuple[ObjectKey | None, dict[str, str], dict[str, str]]:
    metadata = reader.document.body.get("metadata")
    if not isinstance(metadata, Mapping):
        reader.fail(("metadata",), "metadata is missing", "write metadata: {name: NAME}")
        return None, {}, {}
    for name in metadata:
        if name not in _METADATA and name not in _IGNORED_METADATA:
            reader.fail(("metadata", name), f"unknown field {name}", _suggest(str(name), _METADATA))
    name = metadata.get("name")
    if not isinstance(name, str) or not name:
        found = "is missing" if name is None else f"must be a text, not {name!r}"
        reader.fail(
            ("metadata", "name"), f"metadata.name {found}", "put the name in quotes" if name is not None else ""
        )
        return None, {}, {}
    problem = _name_problem(reader.kind, name)
    if problem:
        reader.fail(("metadata", "name"), f"metadata.name {name!r} {problem}")
    namespace = metadata.get("namespace")
    if namespace is not None and (not isinstance(namespace, str) or not _DNS_NAME.fullmatch(namespace)):
        reader.fail(("metadata", "namespace"), f"metadata.namespace {namespace!r} is not a DNS label")
        namespace = None
    if not reader.kind.namespaced:
        if namespace is not None:
            reader.parsed.warnings.append(
                f"{reader.kind.name}/{name}: metadata.namespace is ignored, the kind has none"
            )
        namespace = ""
    labels = _texts(reader, "labels", metadata.get("labels"))
    for key, value in labels.items():
        if not _LABEL_KEY.fullmatch(key) or not LABEL_VALUE.fullmatch(value):
            reader.fail(("metadata", "labels", key), f"label {key}={value} is not of the form Kubernetes allows")
    annotations = _texts(reader, "annotations", metadata.get("annotations"))
    for key, value in annotations.items():
        wrong = check_annotation(key, value) or misplaced(reader.kind, key, value)
        if wrong:
            reader.fail(("metadata", "annotations", key), wrong[0], wrong[1])
    return (
        ObjectKey(reader.kind.name, str(default_namespace if namespace is None else namespace), name),
        labels,
        annotations,
    )


def _name_problem(kind: Kind, name: str) -> str:
    if kind.guest:
        if len(name) > 63:
            return "is longer than 63 characters"
        return "" if _DNS_NAME.fullmatch(name) else "is not a DNS name: lower case letters, digits, - and ."
    if name in (".", "..") or "/" in name or "%" in name:
        return "must not hold / or %"
    return ""


def _texts(reader: _Reader, name: str, value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        reader.fail(("metadata", name), f"metadata.{name} must be a map of texts")
        return {}
    found: dict[str, str] = {}
    for key, text in value.items():
        if text is None:
            continue
        if not isinstance(text, str):
            shown = str(text).lower() if isinstance(text, bool) else whole(text)
            reader.fail(
                ("metadata", name, key), f"metadata.{name}.{key} must be a text, not {shown}", f'write "{shown}"'
            )
            continue
        found[str(key)] = text
    return found


def _spec(reader: _Reader, spec: object) -> None:
    if spec is None:
        spec = {}
    if not isinstance(spec, Mapping):
        reader.fail(("spec",), "spec must be a map")
        return
    try:
        normal = reader.kind.normalize(spec)
    except ShorthandError as error:
        reader.fail(("spec", *error.path), str(error), error.hint)
        return
    reader.spec = normal if isinstance(normal, Normal) else Normal(normal)
    reader.parsed.lints += [PxhelmError(text, where=reader.document.where(("spec",))) for text in reader.spec.lints]
    for name, value in reader.spec.items():
        if name != "unset" and value is not None:
            _walk(reader, (name,), value, reader.table.root)
    _unset(reader, reader.spec.get("unset"))
    _check_twice(reader)
    _check_media(reader)


def _unset(reader: _Reader, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        reader.fail_spec(("unset",), "unset must be a list of field paths", "write unset: [memory.hugepages]")
        return
    for index, path in enumerate(value):
        if reader.table.place(path) is None:
            reader.fail_spec(("unset", index), f"unknown field {path}", _suggest_path(reader, path))
        elif path in reader.leaves:
            reader.fail_spec(("unset", index), f"{path} is both set and unset")
        else:
            reader.unset.append(path)


def _walk(reader: _Reader, path: ManifestPath, value: object, above: Branch) -> None:
    name = str(path[-1])
    below = above.children.get(name)
    if below is None and STAR in above.children:
        family = str(path[0])
        if len(path) == 2 and not reader.table.is_slot(family, name):
            reader.fail_spec(path, f"unknown slot {name} in {family}", _suggest_slot(reader, family, name))
            return
        below = above.children[STAR]
    if below is None:
        known = [n for n in above.children if n != STAR]
        if len(path) == 1 and reader.kind.guest:
            known += ["node", "template"]  # shorthand that has left the spec by now
        reader.fail_spec(path, f"unknown field {_dotted(path)}", _suggest(name, known))
        return
    if value is None:  # an empty Helm value must not delete hardware: null equals absent
        return
    if isinstance(value, Mapping) and "absent" in value and _is_device(reader, path):
        _absent(reader, path, value)
        return
    inner = isinstance(value, Mapping) and below.children and all(str(key) in below.children for key in value)
    if below.field is not None and not inner:
        _leaf(reader, path, below.field, value)
        return
    if not isinstance(value, Mapping):
        wanted = ", ".join(sorted(n for n in below.children if n != STAR)[:8]) or "slots"
        reader.fail_spec(path, f"{_dotted(path)} must be a map with {wanted}, not {_short(value)}")
        return
    for key, inner in value.items():
        _walk(reader, (*path, str(key)), inner, below)


def _absent(reader: _Reader, path: ManifestPath, device: Mapping[str, object]) -> None:
    value = device["absent"]
    if value is False or value is None:
        rest = {key: inner for key, inner in device.items() if key != "absent"}
        _walk(reader, path, rest, _above(reader, path))
        return
    if value is not True:
        reader.fail_spec((*path, "absent"), f"{_dotted(path)}.absent must be true or false, not {_short(value)}")
        return
    others = [key for key, inner in device.items() if key not in ("absent", "reclaimPolicy") and inner is not None]
    if others:
        reader.fail_spec(path, f"{_dotted(path)} is absent and has {others[0]} as well")
        return
    if device.get("reclaimPolicy") is not None:
        _walk(reader, path, {"reclaimPolicy": device["reclaimPolicy"]}, _above(reader, path))
    reader.absent.append(_dotted(path))


def _is_device(reader: _Reader, path: ManifestPath) -> bool:
    family = str(path[0])
    return family in (reader.kind.slots if len(path) == 2 else reader.kind.lone if len(path) == 1 else ())


def _above(reader: _Reader, path: ManifestPath) -> Branch:
    return reader.table.root.children[str(path[0])] if len(path) > 1 else reader.table.root


def _leaf(reader: _Reader, path: ManifestPath, each: Field, value: object) -> None:
    dotted = _dotted(path)
    kind_of_value = TYPES[each.type]
    try:
        found = kind_of_value.read(value)
    except ValueError as error:
        reader.fail_spec(
            path, f"{dotted} must be {_accepts(each)}: {error}", _hint_for(each), secret=each.type == "secret"
        )
        return
    if each.parts:
        _parts(reader, path, each, value)
        return
    if isinstance(found, str) and each.choices and found not in each.choices:
        near = get_close_matches(found, each.choices, 1)
        hint = f"did you mean {near[0]}?" if near else ""
        reader.fail_spec(path, f"{dotted} must be one of {', '.join(each.choices)}, not {found!r}", hint)
        return
    if each.choices and isinstance(found, tuple):
        wrong = [str(item) for item in found if item not in each.choices]
        if wrong:
            reader.fail_spec(path, f"{dotted} holds {wrong[0]!r}; it may hold {', '.join(each.choices)}")
            return
    low, high = each.bounds
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        if low is not None and found < low:
            reader.fail_spec(path, f"{dotted} must be at least {_bound(each, low)}, not {_short(value)}")
            return
        if high is not None and found > high:
            reader.fail_spec(path, f"{dotted} must be at most {_bound(each, high)}, not {_short(value)}")
            return
    problem = _raw_problem(reader, dotted, found)
    if problem:
        reader.fail_spec(path, problem)
        return
    reader.leaves[dotted] = found


def _parts(reader: _Reader, path: ManifestPath, each: Field, value: object) -> None:
    """Read a record, or a list of them: the parts in the order of the table, without those that are not given."""
    items = value if isinstance(value, (list, tuple)) else (value,)
    records: list[Value] = []
    for index, item in enumerate(items):
        inner = _Reader(reader.kind, reader.document, Table(each.parts, {}), Normal(item))
        for name, part in inner.spec.items():
            _walk(inner, (name,), part, inner.table.root)
        at = (*path, index) if isinstance(value, (list, tuple)) else path
        for error in inner.parsed.errors:
            reader.fail_spec(at, f"{_dotted(at)}: {error.message}", error.hint)
        records.append(tuple((p.path, inner.leaves[p.path]) for p in each.parts if p.path in inner.leaves))
    if not reader.parsed.errors:
        reader.leaves[_dotted(path)] = tuple(records) if each.type == "records" else records[0]


def _raw_problem(reader: _Reader, dotted: str, value: Value) -> str:
    if dotted.startswith("config."):
        return check_config(reader.kind.api, dotted.removeprefix("config."), value)
    place = reader.table.place(dotted)
    if place is not None and ".extra." in dotted:
        return check_extra(reader.kind.api, place.param, place.key, reader.table)
    return ""


def _bound(each: Field, bound: int) -> object:
    return TYPES[each.type].show(bound)


def _accepts(each: Field) -> str:
    return f"one of {', '.join(each.choices)}" if each.choices and each.type != "set" else TYPES[each.type].accepts


def _hint_for(each: Field) -> str:
    if each.type == "secret":
        return "write {valueFrom: {env: NAME}}; literals would stand in releases and plans"
    return ""


def _check_twice(reader: _Reader) -> None:
    """A parameter set both typed and raw is an error (kinds.md decision 10)."""
    typed: dict[str, str] = {}
    for path in reader.leaves:
        place = reader.table.place(path)
        if place is not None and place.param and not path.startswith("config."):
            typed.setdefault(place.param, path)
    for path in [p for p in reader.leaves if p.startswith("config.")]:
        twin = typed.get(path.removeprefix("config."))
        if twin:
            reader.fail_spec(tuple(path.split(".", 1)), f"{path} and {twin} set the same parameter")


def _check_media(reader: _Reader) -> None:
    """A CD drive holds a medium and is no disk: the two ways of filling a slot exclude each other."""
    for path in [p for p in reader.leaves if p.endswith(".cdrom")]:
        device = path.rpartition(".")[0]
        other = next((n for n in ("storage", "size", "importFrom", "volume") if f"{device}.{n}" in reader.leaves), "")
        if other:
            reader.fail_spec(tuple(path.split(".")), f"{device} is a CD drive and has {other} as well")


def _references(reader: _Reader, key: ObjectKey) -> Iterable[Reference]:
    for path, value in reader.leaves.items():
        if isinstance(value, SecretSource):
            named = (each.name for each in sources_in(value) if each.source == "secretRef")
            yield from (Reference(path, ("Secret",), key.namespace, name) for name in named)
            continue
        place = reader.table.place(path)
        if place is None or not place.field.refers:
            continue
        for text in value if isinstance(value, tuple) else (value,):
            yield replace(reference_to(path, place.field, str(text), key.namespace), back=place.field.back)


def _dotted(path: ManifestPath) -> str:
    return ".".join(str(part) for part in path)


def _short(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, (list, tuple)):
        return "a list"
    return repr(value) if isinstance(value, str) else str(whole(value))


def _suggest(name: str, known: Iterable[str]) -> str:
    known = sorted(known)
    near = get_close_matches(name, known, 1, 0.6) or [k for k in known if k.lower() == name.lower()]
    if near:
        return f"did you mean {near[0]}?"
    return f"known here: {', '.join(known)}" if known and len(known) <= 12 else ""


def _suggest_slot(reader: _Reader, family: str, name: str) -> str:
    known = reader.kind.slots[family]
    near = get_close_matches(name, known, 1, 0.6)
    return f"did you mean {near[0]}?" if near else f"slots of {family} are {known[0]} … {known[-1]}"


def _suggest_path(reader: _Reader, path: str) -> str:
    near = get_close_matches(path, [f.path for f in reader.table.fields], 1)
    return f"did you mean {near[0]}?" if near else ""
