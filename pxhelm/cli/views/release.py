"""Releases as Helm shows them: status, list, history, parts; texts and JSON forms are Helm v3's to the letter."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pxhelm.cli import colour
from pxhelm.cli.views.document import FORMATS, as_yaml
from pxhelm.cli.views.table import helm_table
from pxhelm.release.history import history_json, list_json, metadata
from pxhelm.release.model import Hook, HookEvent, Release
from pxhelm.release.record import release_json, time_text

LIST_HEADER = ("NAME", "NAMESPACE", "REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION")
HISTORY_HEADER = ("REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION", "DESCRIPTION")
DRY_RUN = "dry run complete"


def ansic(moment: datetime | None) -> str:
    """Return a time in Go's ANSIC layout, local: ``Mon Jan _2 15:04:05 2006``."""
    if moment is None:
        return ""
    local = moment.astimezone()
    return f"{local:%a %b} {local.day:2d} {local:%H:%M:%S %Y}"


def status_text(release: Release, *, description: bool = False, notes: bool = True, resources: str = "") -> str:
    """Return what ``helm status`` and ``helm install`` print."""
    lines = [f"NAME: {release.name}"]
    if release.info.last_deployed:
        lines.append(f"LAST DEPLOYED: {ansic(release.info.last_deployed)}")
    lines += [
        f"NAMESPACE: {release.namespace}",
        f"STATUS: {release.info.status}",
        f"REVISION: {release.version}",
    ]
    if description:
        lines.append(f"DESCRIPTION: {release.info.description}")
    if resources:
        lines.append(f"RESOURCES:\n{resources}")
    lines += _tests(release.hooks)
    if release.info.description.lower() == DRY_RUN:
        lines.append("HOOKS:")
        lines += [f"---\n# Source: {hook.path}\n{hook.manifest}" for hook in release.hooks]
        lines.append(f"MANIFEST:\n{release.manifest}")
    if notes and release.info.notes:
        lines.append(f"NOTES:\n{release.info.notes.strip()}")
    return "\n".join(lines) + "\n"


def _tests(hooks: Sequence[Hook]) -> list[str]:
    tests = [hook for hook in hooks if HookEvent.TEST in hook.events]
    if not tests:
        return ["TEST SUITE: None"]
    return [
        f"TEST SUITE:     {hook.name}\nLast Started:   {ansic(hook.last_run.started_at)}\n"
        f"Last Completed: {ansic(hook.last_run.completed_at)}\nPhase:          {hook.last_run.phase}"
        for hook in tests
        if hook.last_run.started_at
    ]


def release_document(release: Release, *, chart: bool = False) -> dict[str, Any]:
    """Return the release as ``-o json`` holds it; Helm shows its chart in what changes releases, not in ``status``."""
    return release_json(release, chart=chart)


def list_text(releases: Sequence[Release], output: str, updated: Callable[[Release], str], *, headers: bool) -> str:
    """Return what ``helm list`` prints; ``updated`` words the time of the last deployment."""
    rows = [list_json(release) | {"updated": updated(release)} for release in releases]
    if output in FORMATS:
        return FORMATS[output](rows)
    return helm_table(LIST_HEADER if headers else (), [tuple(row.values()) for row in rows])


def names_text(releases: Sequence[Release], output: str) -> str:
    """Return what ``helm list --short`` prints."""
    names = [r.name for r in releases]
    return FORMATS[output](names) if output in FORMATS else "".join(f"{name}\n" for name in names)


ROLLBACK = re.compile(r"Rollback to (\d+)$")
"""How a rollback describes its revision, unless the user did."""


def history_text(releases: Sequence[Release], output: str, *, rollbacks: bool = False) -> str:
    """Return what ``helm history`` prints; ``rollbacks`` adds which revision each came back to."""
    rows = [history_json(release) for release in releases]
    if output in FORMATS:
        return FORMATS[output](rows)
    table = [row | {"updated": ansic(release.info.last_deployed)} for row, release in zip(rows, releases, strict=True)]
    cells = [[str(cell) for cell in row.values()] for row in table]
    if not rollbacks:
        return helm_table(HISTORY_HEADER, cells)
    back = [found[1] if (found := ROLLBACK.match(release.info.description)) else "" for release in releases]
    return helm_table(
        (*HISTORY_HEADER, "ROLLBACK REVISION"), [[*row, one] for row, one in zip(cells, back, strict=True)]
    )


def hooks_text(release: Release) -> str:
    """Return what ``helm get hooks`` prints."""
    return "".join(f"---\n# Source: {hook.path}\n{hook.manifest}\n" for hook in release.hooks)


def values_text(values: object, output: str, *, computed: bool) -> str:
    """Return what ``helm get values`` prints."""
    if output == "json":
        from pxhelm.golang.json import marshal

        return f"{marshal(values)}\n"
    if output in FORMATS:
        return FORMATS[output](values)
    title = "COMPUTED" if computed else "USER-SUPPLIED"
    return f"{title} VALUES:\n{as_yaml(values)}"


def metadata_text(release: Release, output: str) -> str:
    """Return what ``helm get metadata`` prints."""
    data = metadata(release)
    if output in FORMATS:
        return FORMATS[output](data)
    annotations = ",".join(f"{k}={v}" for k, v in sorted(data.get("annotations", {}).items()))
    rows = {
        "NAME": data["name"],
        "CHART": data["chart"],
        "VERSION": data["version"],
        "APP_VERSION": data["appVersion"],
        "ANNOTATIONS": annotations,
        "DEPENDENCIES": ",".join(d["name"] for d in data.get("dependencies", ())),
        "NAMESPACE": data["namespace"],
        "REVISION": data["revision"],
        "STATUS": data["status"],
        "DEPLOYED_AT": data["deployedAt"],
    }
    return "".join(f"{title}: {value}\n" for title, value in rows.items())


def everything_text(release: Release, computed: object) -> str:
    """Return what ``helm get all`` prints."""
    about = release.chart.metadata
    parts = [
        f"NAME: {release.name}",
        f"LAST DEPLOYED: {ansic(release.info.last_deployed)}",
        f"NAMESPACE: {release.namespace}",
        f"STATUS: {release.info.status}",
        f"REVISION: {release.version}",
        f"CHART: {about.name}",
        f"VERSION: {about.version}",
        f"APP_VERSION: {about.app_version}",
        f"USER-SUPPLIED VALUES:\n{as_yaml(release.config)}",
        f"COMPUTED VALUES:\n{as_yaml(computed)}",
        "HOOKS:",
        f"{hooks_text(release)}MANIFEST:\n{release.manifest}",
    ]
    notes = release.info.notes.strip()
    return "\n".join(parts) + "\n" + (f"NOTES:\n{notes}\n" if notes else "")


def part_document(part: str, release: Release, computed: object) -> object:
    """Return what ``get PART -o json`` holds of a release: all, hooks, manifest or notes; Helm has only texts of these."""
    from pxhelm.cli.views.charts import manifests_document
    from pxhelm.release.record import hook_json

    match part:
        case "hooks":
            return [hook_json(hook) for hook in release.hooks]
        case "manifest":
            return manifests_document(release.manifest)
        case "notes":
            return {"notes": release.info.notes}
    return {**release_document(release), "computedValues": computed}


def as_go_sees(release: Release) -> dict[str, object]:
    """Return a release under the names of Helm's Go fields, for ``get all --template``."""
    info, about = release.info, release.chart.metadata
    hooks = [
        {"Name": h.name, "Kind": h.kind, "Path": h.path, "Manifest": h.manifest, "Weight": h.weight}
        | {"Events": list(h.events), "DeletePolicies": list(h.delete_policies)}
        for h in release.hooks
    ]
    return {
        "Name": release.name,
        "Namespace": release.namespace,
        "Version": release.version,
        "Manifest": release.manifest,
        "Config": release.config,
        "Labels": dict(release.labels),
        "Hooks": hooks,
        "Info": {
            "Status": str(info.status),
            "Description": info.description,
            "Notes": info.notes,
            "FirstDeployed": time_text(info.first_deployed),
            "LastDeployed": time_text(info.last_deployed),
            "Deleted": time_text(info.deleted),
        },
        "Chart": {
            "Metadata": {
                "Name": about.name,
                "Version": about.version,
                "AppVersion": about.app_version,
                "Description": about.description,
                "APIVersion": about.api_version,
                "Type": about.type,
            }
        },
    }


def print_release(release: Release, output: str, *, notes: bool) -> None:
    """Print what install and upgrade end with."""
    import click

    whole = output in FORMATS
    text = (
        FORMATS[output](release_document(release, chart=True))
        if whole
        else colour.status(status_text(release, notes=notes))
    )
    click.echo(text, nl=False)


def resources_text(release: Release) -> str:
    """Return the names of a release's objects, by kind, as ``helm status --show-resources`` lists them."""
    from pxhelm.manifest import load_manifests

    groups: dict[str, list[str]] = {}
    for one in load_manifests(release.manifest, release.name):
        groups.setdefault(f"{one.api_version.rpartition('/')[2]}/{one.kind}", []).append(one.name)
    return "".join(f"==> {kind}\n" + "".join(f"{name}\n" for name in names) + "\n" for kind, names in groups.items())
