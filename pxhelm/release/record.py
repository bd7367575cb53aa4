"""A release as JSON: Helm's own form, which ``-o json`` prints and the store keeps (compressed).

As in Helm's record the chart comes without its subcharts and numbers are float64 when read back.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pxhelm.chart.encode import dependency_json, metadata_json
from pxhelm.chart.model import Chart, Dependency, Lock, Maintainer, Metadata
from pxhelm.release.model import Hook, HookPhase, HookRun, Info, Release, Status

_FIELDS = {
    "apiVersion": "api_version",
    "appVersion": "app_version",
    "kubeVersion": "kube_version",
    "import-values": "import_values",
}
"""Names in Helm's JSON that are others in the model."""


def encode(release: Release) -> bytes:
    """Return the record's payload for the store."""
    full = release_json(release)
    for raw, hook in zip(full.get("hooks", ()), release.hooks, strict=True):
        if hook.last_run.event:
            raw["last_run"]["event"] = hook.last_run.event
    return zlib.compress(json.dumps(full, separators=(",", ":")).encode(), 6)


def decode(payload: bytes, labels: Mapping[str, str]) -> Release:
    """Read what ``encode`` made; labels are kept beside the payload, as Helm does."""
    raw = json.loads(zlib.decompress(payload), parse_int=float)
    info = raw["info"]
    return Release(
        name=raw["name"],
        namespace=raw["namespace"],
        version=int(raw["version"]),
        chart=_chart(raw["chart"]),
        config=raw.get("config"),
        manifest=raw.get("manifest", ""),
        hooks=[_hook(hook) for hook in raw.get("hooks", ())],
        info=Info(
            status=Status(info["status"]),
            description=info.get("description", ""),
            first_deployed=_time(info["first_deployed"]),
            last_deployed=_time(info["last_deployed"]),
            deleted=_time(info["deleted"]),
            notes=info.get("notes", ""),
        ),
        labels=dict(labels),
    )


def release_json(release: Release, *, chart: bool = True) -> dict[str, Any]:
    """Return the record in Helm's JSON form and order; without its chart as ``status -o json`` prints it."""
    info = release.info
    full = {
        "name": release.name,
        "info": {
            "first_deployed": time_text(info.first_deployed),
            "last_deployed": time_text(info.last_deployed),
            "deleted": time_text(info.deleted),
            **_filled({"description": info.description, "status": info.status.value, "notes": info.notes}),
        },
        "chart": chart_json(release.chart) if chart else None,
        "config": _sorted(release.config),
        "manifest": release.manifest,
        "hooks": [hook_json(hook) for hook in release.hooks],
        "version": release.version,
        "namespace": release.namespace,
    }
    return _filled(full)


def hook_json(hook: Hook) -> dict[str, Any]:
    """Return a hook in Helm's JSON form."""
    run = hook.last_run
    full = {
        "name": hook.name,
        "kind": hook.kind,
        "path": hook.path,
        "manifest": hook.manifest,
        "events": hook.events,
        "last_run": {
            "started_at": time_text(run.started_at),
            "completed_at": time_text(run.completed_at),
            "phase": run.phase.value,
        },
        "weight": hook.weight,
        "delete_policies": hook.delete_policies,
        "output_log_policies": hook.output_log_policies,
    }
    return _filled(full)


def chart_json(chart: Chart) -> dict[str, Any]:
    """Return a chart in Helm's JSON form, without its subcharts."""
    lock = chart.lock
    return {
        "metadata": metadata_json(chart.metadata),
        "lock": None
        if lock is None
        else {
            "generated": lock.generated,
            "digest": lock.digest,
            "dependencies": [dependency_json(one) for one in lock.locked],
        },
        "templates": _files_json(chart.templates),
        "values": _sorted(chart.values),
        "schema": None if chart.schema is None else b64encode(chart.schema).decode(),
        "files": _files_json(chart.files),
    }


def _files_json(files: Mapping[str, bytes]) -> list[dict[str, str]] | None:
    return [{"name": name, "data": b64encode(data).decode()} for name, data in files.items()] or None


def _sorted(value: Any) -> Any:
    """Return a tree with its maps in the order in which Go prints them."""
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _filled(full: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what Go's omitempty leaves out."""
    return {key: value for key, value in full.items() if value or (isinstance(value, float) and value != 0)}


def time_text(moment: datetime | None) -> str:
    """Return RFC 3339 with nanoseconds as Go prints it, empty for no time (helmtime)."""
    if moment is None:
        return ""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if moment.microsecond:
        text += f".{moment.microsecond:06d}".rstrip("0")
    offset = moment.strftime("%z")
    return text + ("Z" if offset in ("", "+0000") else f"{offset[:3]}:{offset[3:5]}")


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _hook(raw: Mapping[str, Any]) -> Hook:
    run = raw["last_run"]
    return Hook(
        name=raw.get("name", ""),
        kind=raw.get("kind", ""),
        path=raw.get("path", ""),
        manifest=raw.get("manifest", ""),
        events=list(raw.get("events", ())),
        weight=int(raw.get("weight", 0)),
        delete_policies=list(raw.get("delete_policies", ())),
        output_log_policies=list(raw.get("output_log_policies", ())),
        last_run=HookRun(
            _time(run["started_at"]), _time(run["completed_at"]), HookPhase(run["phase"]), run.get("event", "")
        ),
    )


def _chart(raw: Mapping[str, Any]) -> Chart:
    metadata = _metadata(raw["metadata"])
    lock = raw.get("lock")
    schema = raw.get("schema")
    return Chart(
        metadata=metadata,
        path=metadata.name,
        values=raw.get("values"),
        schema=None if schema is None else b64decode(schema),
        templates=_files(raw.get("templates") or ()),
        files=_files(raw.get("files") or ()),
        lock=None
        if lock is None
        else Lock(lock["generated"], lock["digest"], tuple(map(_dependency, lock["dependencies"]))),
    )


def _files(raw: Any) -> dict[str, bytes]:
    return {file["name"]: b64decode(file["data"]) for file in raw}


def _metadata(raw: Mapping[str, Any]) -> Metadata:
    known: dict[str, Any] = {_FIELDS.get(key, key): value for key, value in raw.items()}
    for key in ("sources", "keywords"):
        known[key] = tuple(known.get(key, ()))
    known["maintainers"] = tuple(Maintainer(**one) for one in known.get("maintainers", ()))
    if "dependencies" in known:
        known["dependencies"] = tuple(map(_dependency, known["dependencies"]))
    return Metadata(**known)


def _dependency(raw: Mapping[str, Any]) -> Dependency:
    known: dict[str, Any] = {_FIELDS.get(key, key): value for key, value in raw.items()}
    for key in ("tags", "import_values"):
        known[key] = tuple(known.get(key, ()))
    return Dependency(**known)
