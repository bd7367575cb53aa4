"""What templates may ask of the world, and the renderer that releases use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pxhelm.actions.services import Services
from pxhelm.events import Warned
from pxhelm.gotemplate.host import Host
from pxhelm.manifest import load_manifests
from pxhelm.release.charts import ChartRenderer
from pxhelm.release.rendering import RenderRequest
from pxhelm.render.engine import render
from pxhelm.render.model import Capabilities
from pxhelm.store.objects import ObjectKey, ObjectQuery, StoredObject


def template_host(services: Services, *, live: bool, dns: bool = False) -> Host:
    """Return the templates' host; ``lookup`` finds objects that pxhelm manages, and nothing when not ``live``."""
    host = Host(
        now=lambda: services.now().timestamp(),
        random_bytes=services.random_bytes,
        dns=services.resolve if dns else lambda _name: "",
        log=lambda line: services.listen(Warned(line)),
    )
    if not live:
        return host

    def lookup(_api_version: str, kind: str, namespace: str, name: str) -> Mapping[str, Any]:
        return _lookup(services, kind, namespace, name)

    return Host(host.now, host.random_bytes, lookup, host.dns, host.zone, host.log)


def chart_renderer(
    services: Services, *, dns: bool = False, post_renderer: tuple[str, Sequence[str]] | None = None
) -> ChartRenderer:
    """Return the renderer of operations on releases."""
    post: Callable[[str], str] | None = None
    if post_renderer:
        program, arguments = post_renderer

        def post(text: str) -> str:
            return services.post_render(program, tuple(arguments), text)

    def host(request: RenderRequest) -> Host:
        return template_host(services, live=request.live, dns=dns or request.enable_dns)

    return ChartRenderer(render, Capabilities(), host, jinja=services.jinja, post_render=post)


def _lookup(services: Services, kind: str, namespace: str, name: str) -> Mapping[str, Any]:
    cluster = services.place.cluster
    if name:
        found = services.store.objects.get(ObjectKey(cluster, kind, namespace, name))
        return _document(services, found) if found else {}
    rows = services.store.objects.list(ObjectQuery(cluster, namespace or None, kind=kind))
    return {"apiVersion": "proxmox.io/v1", "kind": f"{kind}List", "items": [_document(services, row) for row in rows]}


def _document(services: Services, row: StoredObject) -> dict[str, Any]:
    found = load_manifests(row.manifest.decode("utf-8", "surrogateescape"), row.key.name)
    body: dict[str, Any] = dict(found[0].body) if found else {"apiVersion": "proxmox.io/v1", "kind": row.key.kind}
    metadata = {**body.get("metadata", {}), "name": row.key.name, "namespace": row.key.namespace, "uid": row.uid}
    binding = services.store.bindings.get(row.uid)
    status = {"binding": {"vmid": float(binding.vmid)}} if binding else {}
    return {**body, "metadata": metadata, "status": status}
