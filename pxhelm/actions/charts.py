"""What installing or upgrading a chart would do to the cluster: the same rendering, the same plan, nothing written."""

from __future__ import annotations

from pxhelm.actions.inputs import Wanted, check_installable, gather_values, load_chart
from pxhelm.actions.objects import plan_resources
from pxhelm.actions.releasing import dry
from pxhelm.actions.services import Services
from pxhelm.actions.values import reader
from pxhelm.apply.planning import Planned, PlanRequest
from pxhelm.kinds import parse_all
from pxhelm.manifest import load_manifests
from pxhelm.release.failure import ReleaseNotFoundError
from pxhelm.release.install import install
from pxhelm.release.model import Release, Status
from pxhelm.release.options import UpgradeOptions
from pxhelm.release.upgrade import upgrade
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.objects import ObjectQuery


def plan_chart(services: Services, wanted: Wanted, options: UpgradeOptions) -> Planned:
    """Return what ``upgrade --install`` of the chart would do."""
    release = _dry_run(services, wanted, options)
    place = services.place
    name = f"{place.namespace}/{wanted.release}"
    manifests = load_manifests(release.manifest, f"{wanted.release} (rendered)")
    resources = parse_all(manifests, place.namespace).resources
    kept = {resource.key for resource in resources}
    known = services.store.objects.list(ObjectQuery(place.cluster, release=name))
    gone = tuple(k for o in known if (k := ObjectKey(o.key.kind, o.key.namespace, o.key.name)) not in kept)
    return plan_resources(services, resources, PlanRequest(f"helm:{name}", name, gone))


def _dry_run(services: Services, wanted: Wanted, options: UpgradeOptions) -> Release:
    values = gather_values(wanted.values, reader(services))
    chart = load_chart(services, wanted.chart)
    check_installable(chart, services.listen)
    configuration = dry(services, wanted.release)
    try:
        last = configuration.storage.last(wanted.release)
    except ReleaseNotFoundError:
        last = None
    if last is None or last.info.status is Status.UNINSTALLED:
        return install(configuration, wanted.release, chart, values, options.as_install(replace=last is not None))
    return upgrade(configuration, wanted.release, chart, values, options)
