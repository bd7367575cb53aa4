"""What templates may ask of the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pxhelm.events import Warned
from pxhelm.gotemplate.host import Host

if TYPE_CHECKING:
    from pxhelm.actions.services import Services
    from pxhelm.store.objects import StoredObject


def template_host(services: Services, *, live: bool, dns: bool = False) -> Host:
    """Return the templates' host; ``lookup`` finds objects that pxhelm manages, and nothing when not ``live``."""
    host = Host(
        now=lambda: services.now().timestamp(),
        elapsed=services.elapsed,
        random_bytes=services.random_bytes,
        dns=services.resolve if dns else lambda _name: "",
        log=lambda line: services.listen(Warned(line)),
        budget=services.budget,
    )
    if not live:
        return host

    def lookup(_api_version: str, kind: str, namespace: str, name: str) -> Mapping[str, Any]:
        return _lookup(services, kind, namespace, name)

    return replace(host, lookup=lookup)


def _lookup(services: Services, kind: str, namespace: str, name: str) -> Mapping[str, Any]:
    from pxhelm.store.objects import ObjectKey, ObjectQuery

    cluster = services.place.cluster
    if name:
        found = services.store.objects.get(ObjectKey(cluster, kind, namespace, name))
        return _document(services, found) if found else {}
    rows = services.store.objects.list(ObjectQuery(cluster, namespace or None, kind=kind))
    return {"apiVersion": "proxmox.io/v1", "kind": f"{kind}List", "items": [_document(services, row) for row in rows]}


def _document(services: Services, row: StoredObject) -> dict[str, Any]:
    from pxhelm.apply.records import Manifest
    from pxhelm.manifest import load_manifests

    found = load_manifests(Manifest.load(row.manifest).text, row.key.name)
    body: dict[str, Any] = dict(found[0].body) if found else {"apiVersion": "proxmox.io/v1", "kind": row.key.kind}
    metadata = {**body.get("metadata", {}), "name": row.key.name, "namespace": row.key.namespace, "uid": row.uid}
    binding = services.store.bindings.get(row.uid)
    status = {"binding": {"vmid": float(binding.vmid)}} if binding else {}
    return {**body, "metadata": metadata, "status": status}
