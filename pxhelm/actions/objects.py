"""Manifests against the cluster: validate, plan, apply, delete. Charts become manifests first (``charts``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pxhelm.actions.services import Services
from pxhelm.apply.engine import ApplyRequest, apply_plan
from pxhelm.apply.planning import Planned, PlanRequest, plan_objects
from pxhelm.apply.ports import ports_of
from pxhelm.apply.result import ApplyResult
from pxhelm.apply.saved import load_plan as load_saved_plan
from pxhelm.errors import ExitCode, PxhelmError, StageError
from pxhelm.events import Warned
from pxhelm.kinds import KINDS, parse_all
from pxhelm.manifest import Manifest, load_manifests
from pxhelm.plan.gate import lacking
from pxhelm.plan.model import Action
from pxhelm.plan.replacing import COLLECTED
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Resource
from pxhelm.store.objects import ObjectQuery

MANAGER = "kubectl:pxhelm"


@dataclass(frozen=True, slots=True)
class ManifestRequest:
    """What is asked for with manifests."""

    files: tuple[str, ...]
    """Files, folders, or ``-``."""
    manager: str = MANAGER
    force_conflicts: bool = False
    adopt: bool = False
    replace: tuple[str, ...] = ()
    """Addresses that may be destroyed and made anew; ``*`` for all."""
    options: Mapping[str, bool] = field(default_factory=dict)


def load_documents(services: Services, names: Sequence[str]) -> list[Manifest]:
    """Return the manifests of files, folders or standard input, in order."""
    found: list[Manifest] = []
    for name in names:
        for path, data in services.manifests(name).items():
            text = data.decode("utf-8", "surrogateescape")
            found += load_manifests(text, "standard input" if path == "-" else path)
    if not found:
        raise PxhelmError("no objects given", code=ExitCode.USAGE, hint="name manifests with -f FILE|DIR|-")
    return found


def validate(services: Services, names: Sequence[str], version: str = "") -> tuple[Resource, ...]:
    """Return the resources of manifests; StageError with every mistake, and with what a version of Proxmox VE lacks.

    The cluster is not asked.
    """
    resources = _parsed(services, load_documents(services, names), "default", lints=True)
    errors = [error for each in resources for error in lacking(KINDS[each.key.kind], each, version)] if version else []
    if errors:
        count = f"{len(errors)} things" if len(errors) > 1 else "a thing"
        raise StageError(f"cannot use the manifests: {count} that Proxmox VE {version} lacks", tuple(errors))
    return resources


def _parsed(
    services: Services, manifests: Sequence[Manifest], namespace: str, *, lints: bool = False
) -> tuple[Resource, ...]:
    parsed = parse_all(manifests, namespace)
    told = (f"{lint.where}: {lint.message}" for lint in parsed.lints if lints)
    for warning in (*parsed.warnings, *told):
        services.listen(Warned(warning))
    return parsed.resources


def parse_text(services: Services, text: str, source: str) -> tuple[Resource, ...]:
    """Return the resources of a text of manifests; StageError with every mistake."""
    return _parsed(services, load_manifests(text, source), services.place.namespace)


def plan(services: Services, request: ManifestRequest) -> Planned:
    """Return what applying the manifests would do; writes nothing."""
    resources = _parsed(services, load_documents(services, request.files), services.place.namespace)
    return plan_resources(services, resources, _plan_request(request))


def plan_resources(services: Services, resources: Sequence[Resource], request: PlanRequest) -> Planned:
    """Plan resources and tell the plan's warnings."""
    planned = plan_objects(ports_of(services), resources, request)
    for warning in planned.plan.warnings:
        services.listen(Warned(warning))
    return planned


def plan_keys(services: Services, keys: Sequence[ObjectKey], request: PlanRequest | None = None) -> Planned:
    """Return what deleting objects would do."""
    base = request or PlanRequest(manager=MANAGER)
    wanted = PlanRequest(base.manager, base.release, tuple(keys), options=base.options)
    return plan_resources(services, (), wanted)


def _plan_request(request: ManifestRequest) -> PlanRequest:
    return PlanRequest(
        manager=request.manager,
        force_conflicts=request.force_conflicts,
        adopt=request.adopt,
        replace=frozenset(request.replace),
        options=request.options,
    )


def carry_out(services: Services, planned: Planned, how: ApplyRequest | None = None) -> ApplyResult:
    """Do what a plan says."""
    return apply_plan(ports_of(services), planned, how)


def count_objects(services: Services) -> int:
    """Return how many objects the store has of the cluster."""
    return len(services.store.objects.list(ObjectQuery(services.place.cluster)))


def destroys(planned: Planned) -> tuple[ObjectKey, ...]:
    """Return the objects whose guests or data would cease to exist; no files that their objects have no more."""
    return tuple(
        o.key
        for o in planned.plan.objects
        if o.way != COLLECTED and ((o.action in (Action.DELETE, Action.REPLACE) and o.steps) or o.frees_bytes)
    )


def load_plan(services: Services, name: str) -> Planned:
    """Read a saved plan; PxhelmError when it is another cluster's, or not one of ours."""
    return load_saved_plan(ports_of(services), services.read(name).decode("utf-8", "surrogateescape"))
