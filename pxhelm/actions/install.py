"""Install a chart, or upgrade a release: Helm's state machine over plan and apply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from pxhelm.actions.inputs import Values, Wanted, check_installable, load_chart
from pxhelm.actions.releasing import Command, changing, reading
from pxhelm.actions.services import Services
from pxhelm.actions.values import check_read_by, located, sources
from pxhelm.chart.model import Chart
from pxhelm.errors import PxhelmError
from pxhelm.release.failure import ReleaseNotFoundError
from pxhelm.release.install import install as run_install
from pxhelm.release.model import Release, Status
from pxhelm.release.options import InstallOptions, UpgradeOptions
from pxhelm.release.upgrade import install_instead
from pxhelm.release.upgrade import upgrade as run_upgrade


def install(services: Services, wanted: Wanted, options: InstallOptions) -> Release:
    """Install a chart as a release and return the record."""
    given = sources(services, wanted.values)
    values = given.values()
    chart = load_chart(services, wanted.chart)
    check_installable(chart, services.listen)
    if wanted.strict_values:
        check_read_by(services, chart, given, (wanted.release, services.place.namespace))
    command = _command("install", wanted, options, chart, values)
    with located(chart, given), changing(services, command) as configuration:
        return run_install(configuration, wanted.release, chart, values, options)


def would_install(services: Services, release: str) -> bool:
    """Tell whether ``upgrade --install`` finds nothing to upgrade, without taking the release's lock."""
    try:
        last = reading(services).storage.last(release)
    except ReleaseNotFoundError:
        return True
    return last.info.status is Status.UNINSTALLED


def upgrade(
    services: Services, wanted: Wanted, options: UpgradeOptions, or_install: Callable[[], None] | None
) -> tuple[Release, bool]:
    """Upgrade a release and return its record; True when it was installed instead.

    ``or_install`` allows that, and is called before it begins. As in Helm only what fails in the upgrade itself is
    told as ``UPGRADE FAILED``.
    """
    given = sources(services, wanted.values)
    values = given.values()
    chart = load_chart(services, wanted.chart)
    check_installable(chart, services.listen)
    if wanted.strict_values:
        check_read_by(services, chart, given, (wanted.release, services.place.namespace))
    command = _command("upgrade", wanted, options, chart, values)
    with located(chart, given), changing(services, command) as configuration:
        instead = install_instead(configuration, wanted.release, options) if or_install else None
        if or_install and instead:
            or_install()
            return run_install(configuration, wanted.release, chart, values, instead), True
        try:
            return run_upgrade(configuration, wanted.release, chart, values, options), False
        except PxhelmError as error:
            raise error.prefixed("UPGRADE FAILED: ") from None


def _command(
    verb: str, wanted: Wanted, options: InstallOptions | UpgradeOptions, chart: Chart, values: Values
) -> Command:
    return Command(
        verb=verb,
        release=wanted.release,
        flags=_result_flags(options),
        chart=chart,
        values=values,
        post_renderer=wanted.post_renderer,
        force_conflicts=wanted.force_conflicts,
        word=wanted.word,
    )


def _result_flags(options: InstallOptions | UpgradeOptions) -> dict[str, object]:
    """Return the options that make another result; patience does not."""
    patient = replace(options, timeout=0.0, wait=False, wait_for_jobs=False)
    return {name: value for name, value in asdict(patient).items() if value not in (0, 0.0)}
