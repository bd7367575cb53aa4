"""Values of the manifest language that point elsewhere: references to objects, and where a secret is read from.

Never follows a pointer: ``references`` and the edge do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from pxhelm.resource.model import SecretSource, Value
from pxhelm.resource.unfit import UnfitError, kind_of, whole
from pxhelm.resource.value_type import STRING, ValueType, read_line, read_text
from pxhelm.secret import REDACTED


def reference(value: object) -> str:
    """Return the one text of a reference: ``name``, ``ns/name``, ``Kind/name``, ``vmid:101``, ``id:local-lvm``."""
    if isinstance(value, Mapping):
        vmid = whole(value.get("vmid"))
        if len(value) == 1 and isinstance(vmid, int) and not isinstance(vmid, bool):
            return f"vmid:{vmid}"
        if len(value) == 1 and isinstance(value.get("id"), str):
            return f"id:{value['id']}"
        raise UnfitError("it is a map; a reference written as a map is {vmid: 101} or {id: local-lvm}")
    text = read_line(value)
    if not text:
        raise UnfitError("it is empty")
    return text


def _ref(value: object) -> Value:
    return reference(value)


def _refs(value: object) -> Value:
    if not isinstance(value, (list, tuple)):
        raise UnfitError(f"it is {kind_of(value)}")
    found = []
    for item in value:
        inner = item["guest"] if isinstance(item, Mapping) and set(item) == {"guest"} else item
        found.append(reference(inner))
    return tuple(sorted(set(found)))


def _show_ref(value: Value) -> object:
    text = str(value)
    if text.startswith("vmid:"):
        return {"vmid": int(text[5:])}
    return {"id": text[3:]} if text.startswith("id:") else text


def _secret(value: object) -> SecretSource:
    inner = value.get("valueFrom") if isinstance(value, Mapping) and set(value) == {"valueFrom"} else None
    if not isinstance(inner, Mapping) or len(inner) != 1:
        if isinstance(value, Mapping):
            raise UnfitError("a map that is not valueFrom with one of env, file, command, secretRef")
        raise UnfitError("it is a literal, which charts, releases and plans would carry about")
    ((source, where),) = inner.items()
    if source in ("env", "file") and isinstance(where, str) and where:
        return SecretSource(str(source), where)
    if source == "command" and isinstance(where, list) and where and all(isinstance(word, str) for word in where):
        return SecretSource("command", command=tuple(where))
    if source == "secretRef" and isinstance(where, Mapping) and set(where) == {"name", "key"}:
        return SecretSource("secretRef", str(where["name"]), str(where["key"]))
    raise UnfitError(f"valueFrom.{source} is not understood")


def _source(value: object) -> str:
    found = _secret(value)
    where: object = found.name
    if found.source == "command":
        where = list(found.command)
    elif found.source == "secretRef":
        where = {"name": found.name, "key": found.key}
    return json.dumps({found.source: where})


def source_of(value: object) -> SecretSource:
    """Return the source that a leaf of type ``source`` names."""
    return _secret({"valueFrom": json.loads(str(value))})


def _show_source(value: Value) -> object:
    return {"valueFrom": json.loads(str(value))}


def _document(value: object) -> Value:
    """Return a text as it is, a map as JSON in its own order, or where the whole document or parts of it are read."""
    if not isinstance(value, Mapping) or set(value) == {"valueFrom"}:
        return _secret(value) if isinstance(value, Mapping) else read_text(value)
    text = json.dumps(value, ensure_ascii=False, default=str)
    return SecretSource("document", document=text) if any(_sources(value, "")) else text


def _sources(value: object, path: str) -> Iterator[SecretSource]:
    """Yield the secrets inside a document; UnfitError names the place of one that is not understood."""
    if isinstance(value, Mapping) and "valueFrom" in value:
        try:
            yield _secret(value)
        except UnfitError as error:
            raise UnfitError(f"{path}: {error}") from None
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _sources(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from _sources(inner, f"{path}[{number}]")


def sources_in(source: SecretSource) -> tuple[SecretSource, ...]:
    """Return the secrets that have to be read: those inside a document, else the one."""
    return tuple(_sources(json.loads(source.document), "")) if source.document else (source,)


def read_by(source: SecretSource, read: Callable[[SecretSource], str]) -> str:
    """Return what a source holds, each secret in it read by ``read``."""
    if not source.document:
        return read(source)

    def filled(value: object) -> object:
        if isinstance(value, Mapping):
            if "valueFrom" in value:
                return read(_secret(value))
            return {name: filled(inner) for name, inner in value.items()}
        return [filled(inner) for inner in value] if isinstance(value, list) else value

    return json.dumps(filled(json.loads(source.document)), ensure_ascii=False)


def _show_document(value: Value) -> object:
    return json.loads(str(value)) if str(value).startswith("{") else value


def _show_refs(value: Value) -> object:
    assert isinstance(value, tuple)
    return [_show_ref(str(item)) for item in value]


_DOCUMENT = {"type": ["object", "string"]}


def _hidden(_value: Value) -> object:
    return REDACTED


_REF = {
    "oneOf": [
        {"type": "string", "minLength": 1},
        {
            "type": "object",
            "properties": {"vmid": {"type": "integer"}},
            "required": ["vmid"],
            "additionalProperties": False,
        },
        {"type": "object", "properties": {"id": STRING}, "required": ["id"], "additionalProperties": False},
    ]
}
_SECRET_SCHEMA = {
    "type": "object",
    "required": ["valueFrom"],
    "additionalProperties": False,
    "properties": {"valueFrom": {"type": "object", "minProperties": 1, "maxProperties": 1}},
}


POINTERS = (
    ValueType("ref", "a name, {vmid: 101} or {id: local-lvm}", _ref, _show_ref, _REF),
    ValueType("refs", "a list of references", _refs, _show_refs, {"type": "array", "items": _REF}),
    ValueType("secret", "{valueFrom: {env: NAME}}, or file, command, secretRef", _secret, _hidden, _SECRET_SCHEMA),
    ValueType("source", "{valueFrom: {env: NAME}}, or file, command, secretRef", _source, _show_source, _SECRET_SCHEMA),
    ValueType(
        "document",
        "a map, a text, or {valueFrom: …}, which may stand inside the map, too",
        _document,
        _show_document,
        _DOCUMENT,
    ),
)
