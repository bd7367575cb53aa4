"""Secrets by reference: which Secret a ``secretRef`` means, where its value is read, and how one is made.

Values that pxhelm made, or that Proxmox showed once, stand in the Secret's row of the store, sealed like every manifest.
Reads only, but for ``keep``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

from pxhelm.apply.memory import Manifest
from pxhelm.apply.ports import Ports
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Resource, SecretSource, Value
from pxhelm.resource.moved import former
from pxhelm.resource.pointers import source_of
from pxhelm.resource.references import reveal
from pxhelm.resource.types import pairs
from pxhelm.secret import Secret
from pxhelm.store.objects import ObjectKey as StoreKey
from pxhelm.store.objects import ObjectQuery, StoredObject

KIND = "Secret"
LATER = Secret("(known when it is applied)")
"""Stands in a plan for a value that applying it makes."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def readied(
    ports: Ports, resource: Resource, wanted: Mapping[ObjectKey, Resource], *, planning: bool = True
) -> Resource:
    """Return a resource with its secrets read; ``wanted`` is all of the plan, in which a Secret may be made."""

    def resolve(source: SecretSource) -> str:
        if source.source != "secretRef":
            _refuse_strangers(ports, resource, source)
            return ports.read_secret(source).reveal()
        return _Lookup(ports, wanted, planning).read(resource, source).reveal()

    read = reveal(resource, resolve)
    unknown = {path: LATER for path, value in resource.leaves.items() if _is_later(value, read.leaves[path])}
    return replace(read, leaves={**read.leaves, **unknown}) if unknown else read


def _refuse_strangers(ports: Ports, resource: Resource, source: SecretSource) -> None:
    """Refuse what a chart from elsewhere would read on this machine (kinds.md 2.3)."""
    stranger = ports.stranger()
    if not stranger:
        return
    path = next((path for path, value in resource.leaves.items() if _names(value, source)), "")
    raise PxhelmError(
        f"cannot read a secret of {resource.key.address}: valueFrom.{source.source} would read"
        f" {source.name or ' '.join(source.command)} on this machine, and the chart {stranger} comes from elsewhere",
        code=ExitCode.REFUSED,
        where=resource.locate(path) if resource.locate and path else None,
        hint="keep it in a Secret of your own and name that with secretRef; or list where the chart comes from in the"
        " context: allowValueFrom: […], or PXHELM_ALLOW_VALUE_FROM",
    )


def _names(value: Value, source: SecretSource) -> bool:
    if isinstance(value, str) and value.startswith("{"):
        return value == json.dumps({source.source: list(source.command) or source.name})
    return value == source or (isinstance(value, SecretSource) and bool(value.document))


def _is_later(value: Value, read: Value) -> bool:
    """Whether a document holds a value that only applying the plan makes: then nothing is known of the whole."""
    return isinstance(value, SecretSource) and isinstance(read, Secret) and LATER.reveal() in read.reveal()


class _Lookup:
    def __init__(self, ports: Ports, wanted: Mapping[ObjectKey, Resource], planning: bool) -> None:
        self.ports = ports
        self.wanted = wanted
        self.planning = planning

    def read(self, resource: Resource, source: SecretSource) -> Secret:
        key = self._key(resource, source)
        planned = self.wanted.get(key)
        names = (key, *(former(key, planned.annotations) if planned is not None else ()))
        stored = next((row for name in names if (row := _stored(self.ports, name)) is not None), None)
        origin = planned.leaves.get(f"data.{source.key}") if planned is not None else None
        if planned is None and stored is not None:
            bases = {leaf.path: leaf.base for leaf in self.ports.store.objects.owned(stored.uid)}
            origin = bases.get(f"data.{source.key}")
        if origin is not None:
            found = source_of(origin)
            if planned is not None:
                _refuse_strangers(self.ports, planned, found)
            return self.ports.read_secret(found)
        values = Manifest.load(stored.manifest).values if stored is not None else {}
        if source.key in values:
            return Secret(values[source.key])
        if self.planning and self._comes(key, planned, source.key):
            return LATER
        message = f"cannot read the secret {source} of {resource.key.address}"
        if planned is None and stored is None:
            raise PxhelmError(f"{message}: there is no Secret {source.name}", code=ExitCode.FAILED)
        raise PxhelmError(f"{message}: {key.address} has no key {source.key}", code=ExitCode.FAILED)

    def _key(self, resource: Resource, source: SecretSource) -> ObjectKey:
        """Return the Secret that is meant: of the same namespace, else the only one of the name."""
        namespace, _, name = source.name.rpartition("/")
        if namespace or resource.key.namespace:
            return ObjectKey(KIND, namespace or resource.key.namespace, name)
        found = {key for key in self.wanted if (key.kind, key.name) == (KIND, name)}
        if not found:
            stored = self.ports.store.objects.list(ObjectQuery(self.ports.cluster_name, kind=KIND))
            found = {ObjectKey(KIND, o.key.namespace, name) for o in stored if o.key.name == name}
        if len(found) > 1:
            listed = ", ".join(sorted(f"{key.namespace}/{name}" for key in found))
            message = f"cannot tell which Secret {name} {resource.key.address} means: {listed}"
            raise PxhelmError(message, hint="write the namespace too: secretRef: {name: NAMESPACE/NAME, key: KEY}")
        return found.pop() if found else ObjectKey(KIND, "default", name)

    def _comes(self, key: ObjectKey, planned: Resource | None, name: str) -> bool:
        if planned is not None and f"generate.{name}" in planned.leaves:
            return True
        wishes = (r.leaves for r in self.wanted.values())
        return any(
            (str(leaves.get("writeTo.secretRef.name", "")).rpartition("/")[2], leaves.get("writeTo.secretRef.key"))
            == (key.name, name)
            for leaves in wishes
        )


def made_values(ports: Ports, wanted: Resource, now: Mapping[str, str]) -> dict[str, str]:
    """Return the values that a Secret keeps: those it has, and one for each key that is to be made."""
    found = {key: value for key, value in now.items() if f"data.{key}" not in wanted.leaves}
    for path, value in wanted.leaves.items():
        key = path.removeprefix("generate.")
        if path.startswith("generate.") and key not in found:
            found[key] = _random(ports, pairs(value))
    return found


def _random(ports: Ports, how: Mapping[str, Value]) -> str:
    length, charset = how.get("length") or 32, str(how.get("charset") or _LETTERS)
    assert isinstance(length, int)
    text, count = "", 0
    seed = "".join(ports.new_id() for _ in range(1 + length // 16))
    limit = 256 - 256 % len(charset)
    while len(text) < length:
        block = hashlib.sha256(f"{seed}{count}".encode()).digest()
        text += "".join(charset[byte % len(charset)] for byte in block if byte < limit)
        count += 1
    return text[:length]


def keep(ports: Ports, namespace: str, source: SecretSource, value: Secret) -> None:
    """Keep a value that Proxmox showed once: in a Secret, made if it is not there, or in a file."""
    if source.source == "file":
        ports.write_secret(source.name, value)
        return
    of, _, name = source.name.rpartition("/")
    key = ObjectKey(KIND, of or namespace or "default", name)
    stored = _stored(ports, key)
    if stored is None:
        stored = StoredObject(ports.new_id(), StoreKey(ports.cluster_name, KIND, key.namespace, key.name))
    manifest = Manifest.load(stored.manifest)
    kept = replace(manifest, values={**manifest.values, source.key: value.reveal()})
    ports.store.objects.put(replace(stored, manifest=kept.dump(), updated_at=ports.now()))


def _stored(ports: Ports, key: ObjectKey) -> StoredObject | None:
    return ports.store.objects.get(StoreKey(ports.cluster_name, key.kind, key.namespace, key.name))
