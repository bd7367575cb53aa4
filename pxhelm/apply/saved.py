"""Plans in files: what ``plan --out`` writes and ``apply --plan`` reads (engine.md D19). No secret stands in one."""

from __future__ import annotations

from pxhelm.apply.planning import Planned, PlanRequest, wishes
from pxhelm.apply.ports import Ports
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.plan.document import Saved, dumps, loads
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Resource


def save_plan(planned: Planned) -> str:
    """Return the text of a file from which the plan can be applied later; no secret stands in it."""
    request = planned.request
    asked = {
        "release": request.release,
        "force_conflicts": request.force_conflicts,
        "options": dict(request.options),
    }
    return dumps(Saved(planned.plan, {k.address: r.text for k, r in planned.resources.items() if r.text}, asked))


def load_plan(ports: Ports, text: str) -> Planned:
    """Read what ``save_plan`` wrote; objects that changed since are refused one by one when it is applied.

    PxhelmError (REFUSED) when it was made for another cluster or edited.
    """
    from pxhelm.kinds import parse
    from pxhelm.manifest import load_manifests

    saved = loads(text)
    if saved.plan.cluster != ports.cluster_name:
        contexts = ports.store.clusters.contexts(saved.plan.cluster)
        raise PxhelmError(
            f"cannot apply the plan: it was made for the cluster {saved.plan.cluster}, this is {ports.cluster_name}",
            code=ExitCode.REFUSED,
            hint=f"give --context {contexts[0]}" if contexts else "make a new plan",
        )
    resources: dict[ObjectKey, Resource] = {}
    for address, manifest in saved.manifests.items():
        key = ObjectKey.parse(address)
        found = parse(load_manifests(manifest, address), key.namespace or "default")
        resources |= {r.key: r for r in found if r.key == key}
    resources |= wishes(saved.plan)
    asked = saved.request
    request = PlanRequest(
        manager=saved.plan.manager,
        release=str(asked["release"]),
        force_conflicts=bool(asked["force_conflicts"]),
        options={str(name): bool(value) for name, value in asked["options"].items()},
    )
    return Planned(saved.plan, resources, request, strict=True)
