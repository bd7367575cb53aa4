"""Upload a packaged chart to an OCI registry: ``helm push``."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from pxhelm.actions.fetching import plus_note
from pxhelm.chart.encode import metadata_json
from pxhelm.chart.load import load
from pxhelm.chart.model import Metadata
from pxhelm.errors import PxhelmError
from pxhelm.golang import json
from pxhelm.golang.strconv import quote
from pxhelm.repo.access import Access, Artifact

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pxhelm.actions.services import Services

_TITLE = "org.opencontainers.image."


def push(services: Services, path: str, remote: str, access: Access, tell: Callable[[str], None]) -> tuple[str, str]:
    """Upload a chart and its provenance, and return reference and digest; PxhelmError in Helm's words."""
    disk = services.sources.disk
    scheme, mark, _ = remote.partition("://")
    if not mark:
        raise PxhelmError('scheme prefix missing from remote (e.g. "oci://")', hint=f"oci://{remote}")
    if scheme != "oci":
        raise PxhelmError(f"scheme {quote(scheme)} not supported", hint="charts are pushed to oci://HOST/PATH")
    kind = disk.kind(path)
    if not kind:
        raise PxhelmError(f"{path}: no such file")
    if kind == "folder":
        raise PxhelmError("cannot push directory, must provide chart archive (.tgz)", hint=f"pxhelm package {path}")
    archive = disk.read(path)
    chart = load(disk.chart(path))
    signed = f"{path}.prov"
    now = services.now()
    written = now.fromtimestamp(int(disk.modified(path)), now.tzinfo)
    artifact = Artifact(
        config=config_json(chart.metadata),
        archive=archive,
        provenance=disk.read(signed) if disk.kind(signed) else None,
        annotations=manifest_annotations(chart.metadata, written),
    )
    place = posixpath.join(remote.removeprefix("oci://").rstrip("/"), chart.name)
    tag = chart.metadata.version.replace("+", "_")
    digest = services.sources.registry.push(place, tag, artifact, access)
    for line in (f"Pushed: {place}:{tag}", f"Digest: {digest}", *plus_note(place, tag)):
        tell(line)
    return f"{place}:{tag}", digest


def config_json(metadata: Metadata) -> bytes:
    """Return the configuration blob: Chart.yaml as Go's JSON, in the order of the struct."""
    return json.ordered(metadata_json(metadata)).encode()


def manifest_annotations(metadata: Metadata, written: datetime) -> dict[str, str]:
    """Return the annotations of the manifest: the chart's own and those OCI names; ``written``: when the archive was."""
    people = ", ".join(f"{m.name} ({m.email})" if m.email else m.name for m in metadata.maintainers)
    known = {
        "title": metadata.name,
        "version": metadata.version,
        "description": metadata.description,
        "url": metadata.home,
        "created": written.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "source": metadata.sources[0] if metadata.sources else "",
        "authors": people,
    }
    protected = (f"{_TITLE}title", f"{_TITLE}version")
    own = {name: value for name, value in metadata.annotations.items() if name not in protected}
    return {**{_TITLE + name: value for name, value in known.items() if value.strip()}, **own}
