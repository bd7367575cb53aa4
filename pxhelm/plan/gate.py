"""What the cluster's version would refuse: every planned request against the API schema of that version.

Pure. Finds what is wrong for certain, such as an option that this version lacks; what it lets pass may still be refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from pxhelm.errors import PxhelmError
from pxhelm.proxmox import schema
from pxhelm.proxmox.check import Problem, check
from pxhelm.proxmox.schema import Schema
from pxhelm.resource.compare import wanted_changes
from pxhelm.resource.effect import Effect
from pxhelm.resource.gates import check_version
from pxhelm.resource.kind import Change, Kind, Surroundings
from pxhelm.resource.model import ABSENT, Existence, Live, Resource, Target
from pxhelm.resource.step import Step
from pxhelm.resource.table import NEWEST, table_of


def refused(steps: Iterable[Step], version: str, schema_of: Callable[[str], Schema] = schema.load) -> str:
    """Return why the requests of steps cannot be sent to a cluster of this version; empty when they can."""
    facts = schema_of(version)
    told: dict[str, Problem] = {}
    for step in steps:
        request = step.request
        endpoint = facts.endpoint(request.method, request.path)
        if endpoint is None:
            return f"Proxmox VE {version} has no {request.method} {_template(request.method, request.path)}"
        params = {**request.params, **({"filename": request.upload.filename} if request.upload is not None else {})}
        for problem in check(endpoint, params, version):
            if problem.name not in endpoint.variables:  # a VMID may still be open
                told.setdefault(problem.name, problem)
    if not told:
        return ""
    listed = "; ".join(f"{p.name}: {p.text}{f' ({p.hint})' if p.hint else ''}" for p in told.values())
    return f"Proxmox VE {version} would refuse it: {listed}"


def lacking(kind: Kind, resource: Resource, version: str) -> tuple[PxhelmError, ...]:
    """Return what of an object a version lacks, with its place in the manifest; no cluster is needed.

    Told are fields, kinds and values; what only a cluster could say, such as a guest that is not there, is not.
    """
    there = not kind.api or schema.load(version).methods(kind.api)
    found = check_version(kind, resource, version) if there else ()
    why = "" if found else _refusal(kind, resource, version)
    return found or ((PxhelmError(f"cannot use {resource.key.address}: {why}", where=resource.where),) if why else ())


def _effect(kind: Kind, path: str) -> object:
    place = table_of(kind.fields, kind.slots).place(path)
    return place.field.effect if place is not None else None


_ANY = 100
"""A VMID for requests that nobody sends."""


def _refusal(kind: Kind, resource: Resource, version: str) -> str:
    """Return why a version could not be given the object although it knows each field, such as a value it does not take."""
    fixed = {path: resource.leaves[path] for path in resource.leaves if _effect(kind, path) is Effect.REPLACE}
    live = Live(Existence.PRESENT, fixed, fixed) if kind.always else ABSENT
    changes = wanted_changes(kind, resource, live)
    named = resource.leaves.get("placement.nodes")
    around = Surroundings(version, dict.fromkeys(map(str, named) if isinstance(named, tuple) else ("node",), True))
    target = Target(resource.key, "", vmid=_ANY if kind.guest else 0)
    change = Change(target, live, resource, changes, surroundings=around, op="plan")
    said = kind.refuse(change)
    if f"Proxmox VE {version}" in said:
        return said
    try:
        steps = kind.steps(change)
    except PxhelmError:
        return ""  # it cannot be made without a cluster
    why = refused(steps, version)
    return why if why and not refused(steps, NEWEST) else ""


@lru_cache(maxsize=64)
def _template(method: str, path: str) -> str:
    """Return the template of a path that another version has, else the path."""
    for version in reversed(schema.versions()):
        endpoint = schema.load(version).endpoint(method, path)
        if endpoint is not None:
            return endpoint.path
    return path
