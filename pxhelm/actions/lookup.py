"""What ``lookup`` in a template finds: the live cluster, as Helm's does in install, upgrade and ``--dry-run=server``.

An object that pxhelm manages has its name and namespace; everybody else's has the name that Proxmox shows, in the
namespace ``default``. Lists are read once for a command. Never writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pxhelm.actions.inspect import Found, Query, find, id_of
from pxhelm.actions.rows import NODE
from pxhelm.errors import PxhelmError
from pxhelm.kinds import KINDS
from pxhelm.resource.export import importable, spec_of_leaves
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Existence, Live, Target

if TYPE_CHECKING:
    from pxhelm.actions.services import Services

API_VERSION = "proxmox.io/v1"


class Lookup:
    """The lookups of one command."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._listed: dict[str, list[Found]] = {}

    def __call__(self, _api_version: str, kind: str, namespace: str, name: str) -> Mapping[str, Any]:
        """Return one object, empty when it is not there; without a name a list. Kinds that Proxmox lacks are not there."""
        found = [one for one in self._of(kind) if _is_in(one, namespace) and name in ("", one.name)]
        if name:
            chosen = sorted(found, key=lambda one: one.stored is None)[:1]  # ours first
            documents = self._documents(kind, chosen)
            return documents[0] if documents else {}
        return {"apiVersion": API_VERSION, "kind": f"{kind}List", "items": self._documents(kind, found)}

    def _of(self, kind: str) -> list[Found]:
        if kind not in KINDS and kind != NODE:
            return []
        if kind not in self._listed:
            listed = find(self._services, Query((kind,), all_namespaces=True))
            guests = kind in KINDS and KINDS[kind].guest
            # What the store remembers and the cluster does not show is not there.
            self._listed[kind] = [one for one in listed if one.row or not guests]
        return self._listed[kind]

    def _documents(self, kind: str, found: Sequence[Found]) -> list[Mapping[str, Any]]:
        if kind == NODE:
            return [{**_head(one), "status": dict(one.row)} for one in found]
        lives = self._services.cluster.run_all([KINDS[kind].observe(_target(one)) for one in found])
        documents: list[Mapping[str, Any]] = []
        for one, live in zip(found, lives, strict=True):
            if isinstance(live, Live):
                if live.existence is Existence.PRESENT:
                    documents.append(_document(one, live))
                elif live.existence is Existence.UNKNOWN:
                    raise PxhelmError(f"cannot look up {kind} {one.name}: {live.reason}")
            else:
                raise live
        return documents


def _is_in(one: Found, namespace: str) -> bool:
    where = one.namespace or ("default" if one.kind in KINDS and KINDS[one.kind].namespaced else "")
    return not namespace or not where or where == namespace


def _target(one: Found) -> Target:
    kind = KINDS[one.kind]
    uid = one.stored.uid if one.stored is not None else ""
    target = Target(ObjectKey(one.kind, one.namespace, one.name), uid, str(one.row.get("node") or ""), one.vmid)
    return replace(target, row=one.row if kind.guest else {"id": id_of(one)})


def _head(one: Found) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": one.name, "labels": one.labels if one.kind in KINDS else {}}
    if one.kind in KINDS and KINDS[one.kind].namespaced:
        metadata["namespace"] = one.namespace or "default"
    if one.stored is not None:
        metadata |= {"uid": one.stored.uid, "generation": one.stored.generation}
    return {"apiVersion": API_VERSION, "kind": one.kind, "metadata": metadata}


def _document(one: Found, live: Live) -> dict[str, Any]:
    kind = KINDS[one.kind]
    document = {**_head(one), "spec": spec_of_leaves(kind, importable(kind, live.intended))}
    if not kind.guest:
        return document
    addresses = [{"ip": each, "source": "Declared"} for each in one.row.get("addresses") or ()]
    status = {
        "binding": {"vmid": live.vmid, **({"uuid": live.uuid} if live.uuid else {})},
        "node": live.node,
        "power": live.power,
        "lock": live.lock,
        "addresses": addresses,
    }
    return {**document, "status": status}
