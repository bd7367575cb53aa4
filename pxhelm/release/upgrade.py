"""Upgrading a release to another chart or other values (Helm's action.Upgrade)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pxhelm.chart.model import Chart
from pxhelm.errors import PxhelmError
from pxhelm.golang.strconv import quote
from pxhelm.release import resume
from pxhelm.release.cleanup import clean_up
from pxhelm.release.configuration import Configuration, unasked
from pxhelm.release.failure import (
    InterruptedOperationError,
    NoDeployedError,
    ReleaseFailedError,
    ReleaseNotFoundError,
    check_labels,
    wrapped,
)
from pxhelm.release.hooks import record, run_hooks
from pxhelm.release.install import install, keep_hook_runs
from pxhelm.release.model import HookEvent, Info, Release, Status, merged_labels
from pxhelm.release.name import check_name
from pxhelm.release.objects import Item, UpdateFailedError
from pxhelm.release.options import InstallOptions, RollbackOptions, UpgradeOptions, asks_cluster
from pxhelm.release.ownership import stamped, to_adopt
from pxhelm.release.rendering import RenderRequest
from pxhelm.release.reuse import reused_values
from pxhelm.release.rollback import rollback


def upgrade(
    configuration: Configuration, name: str, chart: Chart, values: Mapping[str, Any], options: UpgradeOptions
) -> Release:
    """Upgrade the release and return the new revision's record.

    Raises PxhelmError before anything is stored, ReleaseFailedError with the record afterwards.
    """
    return _Upgrade(configuration, options).run(name, chart, values)


def upgrade_or_install(
    configuration: Configuration, name: str, chart: Chart, values: Mapping[str, Any], options: UpgradeOptions
) -> tuple[Release, bool]:
    """Upgrade the release, or install it when there is none (``upgrade --install``); True when it was installed."""
    instead = install_instead(configuration, name, options)
    if instead is not None:
        return install(configuration, name, chart, values, instead), True
    return upgrade(configuration, name, chart, values, options), False


def install_instead(configuration: Configuration, name: str, options: UpgradeOptions) -> InstallOptions | None:
    """Return the options of the install that ``upgrade --install`` is when there is nothing to upgrade, else None."""
    configuration.objects.reach()
    check_name(name, "release name is invalid")
    try:
        last = configuration.storage.last(name)
    except ReleaseNotFoundError:
        return options.as_install(replace=False)
    replacing = last.info.status is Status.UNINSTALLED
    if replacing or (last.info.status is Status.PENDING_INSTALL and _resumes_install(configuration, last)):
        return options.as_install(replace=replacing)
    return None


def _resumes_install(configuration: Configuration, last: Release) -> bool:
    recorded = configuration.storage.operation(last.name, last.version)
    return resume.decide(recorded, configuration.attempt) is resume.Verdict.RESUME


@dataclass(frozen=True, slots=True)
class _Before:
    """What the release is before the upgrade."""

    last: Release
    """The last revision that is not the one being resumed: number and labels."""
    current: Release
    """The deployed one, or the last when none is: values and objects."""
    pending: Release | None = None
    """The interrupted revision to go on with."""


class _Upgrade:
    """One upgrade."""

    def __init__(self, configuration: Configuration, options: UpgradeOptions) -> None:
        self._configuration = configuration
        self._objects = configuration.objects
        self._storage = configuration.storage
        self._options = options

    def run(self, name: str, chart: Chart, values: Mapping[str, Any]) -> Release:
        """Run it."""
        self._objects.reach()
        check_name(name, "release name is invalid")
        before = self._before(name)
        release = self._rendered(before, chart, values)
        current, target = self._built(before.current, release)
        current += self._adopted(release, current, target)
        if self._options.is_dry:
            release.info.description = self._options.description or "Dry run complete"
            return release
        self._configuration.consent(current, target)
        self._store(before, release)
        try:
            self._perform(before.current, release, current, target)
        except KeyboardInterrupt:
            self._fail(release, (), InterruptedOperationError())
        self._storage.update(release)
        return release

    def _before(self, name: str) -> _Before:
        try:
            last = self._storage.last(name)
        except ReleaseNotFoundError:
            raise NoDeployedError(name) from None
        pending = None
        if last.info.status.is_pending:
            pending = last
            last = self._before_pending(pending)
        if last.info.status is Status.DEPLOYED:
            return _Before(last, last, pending)
        try:
            return _Before(last, self._storage.deployed(name), pending)
        except NoDeployedError:
            if last.info.status not in (Status.FAILED, Status.SUPERSEDED):
                raise
        return _Before(last, last, pending)

    def _before_pending(self, pending: Release) -> Release:
        """Return the revision before the pending one if that is ours to go on with; raise Helm's error otherwise."""
        name = pending.name
        recorded, attempt = self._storage.operation(name, pending.version), self._configuration.attempt
        verdict = resume.decide(recorded, attempt)
        older = [one for one in self._storage.history(name) if one.version < pending.version]
        if pending.info.status is not Status.PENDING_UPGRADE or verdict is not resume.Verdict.RESUME or not older:
            raise PxhelmError(
                "another operation (install/upgrade/rollback) is in progress",
                hint=resume.hint(verdict, name, recorded, attempt),
            )
        return older[-1]

    def _rendered(self, before: _Before, chart: Chart, values: Mapping[str, Any]) -> Release:
        options, current, last = self._options, before.current, before.last
        chart, config = reused_values(chart, current, values, options)
        version = before.pending.version if before.pending else last.version + 1
        request = RenderRequest(
            chart=chart,
            values=config,
            name=last.name,
            namespace=current.namespace,
            revision=version,
            is_upgrade=True,
            sub_notes=options.sub_notes,
            skip_schema_validation=options.skip_schema_validation,
            enable_dns=options.enable_dns,
            live=asks_cluster(options.dry_run),
        )
        prepared = self._configuration.renderer.prepare(request)
        rendered = self._configuration.renderer.render(prepared)
        check_labels(dict(options.labels))
        release = Release(
            name=last.name,
            namespace=current.namespace,
            version=version,
            chart=prepared.chart,
            config=config,
            manifest=rendered.manifest,
            hooks=list(rendered.hooks),
            info=Info(
                status=Status.PENDING_UPGRADE,
                description="Preparing upgrade",
                first_deployed=current.info.first_deployed,
                last_deployed=self._configuration.clock(),
                notes=rendered.notes,
            ),
            labels=merged_labels(last.labels, options.labels),
        )
        self._objects.build(release.manifest, validate=not options.disable_openapi_validation)
        return release

    def _built(self, original: Release, release: Release) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
        try:
            current = self._objects.build(original.manifest, validate=False)
        except PxhelmError as error:
            text = "unable to build kubernetes objects from current release manifest"
            raise _failed(text, error, release) from error
        try:
            validate = not self._options.disable_openapi_validation
            target = self._objects.build(release.manifest, validate=validate)
        except PxhelmError as error:
            text = "unable to build kubernetes objects from new release manifest"
            raise _failed(text, error, release) from error
        return current, stamped(target, release.name, release.namespace)

    def _adopted(self, release: Release, current: Sequence[Item], target: Sequence[Item]) -> tuple[Item, ...]:
        """Return what the new revision wants to create and finds existing, if it may have it."""
        known = {item.key for item in current}
        owner = None if self._options.take_ownership else (release.name, release.namespace)
        try:
            return to_adopt(self._objects, [item for item in target if item.key not in known], owner)
        except PxhelmError as error:
            raise wrapped("Unable to continue with update", error) from error

    def _store(self, before: _Before, release: Release) -> None:
        if before.pending:
            release.info.last_deployed = before.pending.info.last_deployed
            keep_hook_runs(before.pending, release.hooks)
            self._storage.update(release)
            return
        attempt = self._configuration.attempt
        self._storage.create(release, self._options.max_history, attempt.operation if attempt else None)

    def _perform(self, original: Release, release: Release, current: Sequence[Item], target: Sequence[Item]) -> None:
        options = self._options
        self._hooks(release, HookEvent.PRE_UPGRADE, ())
        try:
            done = self._objects.update(current, target, force=options.force)
        except PxhelmError as error:
            record(self._configuration, original)
            self._fail(release, error.done.created if isinstance(error, UpdateFailedError) else (), error)
            return
        if options.wait or options.atomic:
            try:
                self._objects.wait(target, options.timeout, jobs=options.wait_for_jobs)
            except PxhelmError as error:
                record(self._configuration, original)
                self._fail(release, done.created, error)
        self._hooks(release, HookEvent.POST_UPGRADE, done.created)
        original.info.status = Status.SUPERSEDED
        record(self._configuration, original)
        release.set_status(Status.DEPLOYED, options.description or "Upgrade complete")

    def _hooks(self, release: Release, event: HookEvent, created: Sequence[Item]) -> None:
        if self._options.disable_hooks:
            return
        try:
            run_hooks(self._configuration, release, event, self._options.timeout)
        except PxhelmError as error:
            self._fail(release, created, wrapped(f"{event} hooks failed", error))

    def _fail(self, release: Release, created: Sequence[Item], error: PxhelmError) -> None:
        """Record the failure, clean up and roll back as asked, and raise."""
        release.set_status(Status.FAILED, f"Upgrade {quote(release.name)} failed: {error.message}")
        record(self._configuration, release)
        if self._options.cleanup_on_fail and created:
            clean_up(self._configuration, created, ("upgrade", error), release)
        if self._options.atomic:
            self._roll_back(release, error)
        raise ReleaseFailedError(error.message, error, release) from error

    def _roll_back(self, release: Release, error: PxhelmError) -> None:
        good = [
            one.version
            for one in self._storage.history(release.name)
            if one.info.status in (Status.SUPERSEDED, Status.DEPLOYED)
        ]
        if not good:
            text = "unable to find a previously successful release when attempting to rollback. original upgrade error"
            raise _failed(text, error, release) from error
        options = RollbackOptions(
            version=good[-1],
            wait=True,
            wait_for_jobs=self._options.wait_for_jobs,
            timeout=self._options.timeout,
            force=self._options.force,
            disable_hooks=self._options.disable_hooks,
        )
        try:
            rollback(_without_resuming(self._configuration), release.name, options)
        except PxhelmError as stuck:
            text = f"an error occurred while rolling back the release. original upgrade error: {error.message}"
            raise _failed(text, stuck, release) from stuck
        text = f"release {release.name} failed, and has been rolled back due to atomic being set"
        raise _failed(text, error, release) from error


def _failed(text: str, cause: PxhelmError, release: Release) -> ReleaseFailedError:
    return ReleaseFailedError(f"{text}: {cause.message}", cause, release)


def _without_resuming(configuration: Configuration) -> Configuration:
    """Return the configuration of a nested operation: it is no command that could be repeated."""
    return replace(configuration, attempt=None, consent=unasked)
