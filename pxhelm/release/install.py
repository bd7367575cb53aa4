"""Installing a chart as a release (Helm's action.Install)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pxhelm.chart.model import Chart
from pxhelm.errors import PxhelmError
from pxhelm.golang.strconv import quote
from pxhelm.golang.value import go_string
from pxhelm.release import resume
from pxhelm.release.configuration import Configuration
from pxhelm.release.failure import (
    InterruptedOperationError,
    ReleaseFailedError,
    ReleaseNotFoundError,
    check_labels,
    wrapped,
)
from pxhelm.release.hooks import record, run_hooks
from pxhelm.release.model import Hook, HookEvent, Info, Release, Status
from pxhelm.release.name import name_problem
from pxhelm.release.objects import AlreadyExistsError, Item
from pxhelm.release.options import InstallOptions, UninstallOptions, asks_cluster
from pxhelm.release.ownership import stamped, to_adopt
from pxhelm.release.rendering import RenderRequest
from pxhelm.release.uninstall import uninstall

CRD_SECONDS = 60.0

_WAYS_ON = {
    Status.DEPLOYED: "upgrade it with `pxhelm upgrade {name} CHART`, or choose another name",
    Status.FAILED: "go on with `pxhelm upgrade {name} CHART`, or begin anew with --replace",
    Status.UNINSTALLED: "its history was kept: take the name again with --replace, or choose another one",
    Status.UNINSTALLING: "its uninstall was not finished: repeat `pxhelm uninstall {name}`",
}
"""What to do about a name in use."""


def install(
    configuration: Configuration, name: str, chart: Chart, values: Mapping[str, Any], options: InstallOptions
) -> Release:
    """Install ``chart`` as ``name`` and return its record.

    Raises PxhelmError before anything is stored, ReleaseFailedError with the record afterwards.
    """
    return _Install(configuration, options).run(name, chart, values)


class _Install:
    """One install."""

    def __init__(self, configuration: Configuration, options: InstallOptions) -> None:
        self._configuration = configuration
        self._objects = configuration.objects
        self._storage = configuration.storage
        self._options = options

    def run(self, name: str, chart: Chart, values: Mapping[str, Any]) -> Release:
        """Run it."""
        options = self._options
        self._objects.reach()
        pending = self._available(name)
        request = RenderRequest(
            chart=chart,
            values=values,
            name=name,
            namespace=self._configuration.namespace,
            is_upgrade=options.is_upgrade and options.is_dry,
            sub_notes=options.sub_notes,
            skip_schema_validation=options.skip_schema_validation,
            enable_dns=options.enable_dns,
            live=asks_cluster(options.dry_run),
        )
        release = self._rendered(request)
        items = self._built(release)
        adopted = () if request.is_upgrade else self._adopted(release, items)
        if options.is_dry:
            release.info.description = "Dry run complete"
            return release
        if options.create_namespace:
            self._create_namespace()
        if pending:
            self._go_on_with(pending, release)
        else:
            if options.replace:
                self._supersede_last(release)
            attempt = self._configuration.attempt
            self._storage.create(release, operation=attempt.operation if attempt else None)
        try:
            self._perform(release, adopted, items)
        except KeyboardInterrupt:
            self._fail(release, InterruptedOperationError())
        except PxhelmError as error:
            self._fail(release, error)
        return release

    def _available(self, name: str) -> Release | None:
        """Check that the name is free; return the pending revision if it is ours to go on with."""
        problem = name_problem(name)
        if problem:
            raise PxhelmError(f"release name {quote(name)}: {problem}")
        if self._options.is_dry:
            return None
        try:
            last = self._storage.last(name)
        except ReleaseNotFoundError:
            return None
        status = last.info.status
        if self._options.replace and status in (Status.UNINSTALLED, Status.FAILED):
            return None
        hint = _WAYS_ON.get(status, _WAYS_ON[Status.DEPLOYED]).format(name=name)
        if status is Status.PENDING_INSTALL:
            recorded, attempt = self._storage.operation(name, last.version), self._configuration.attempt
            verdict = resume.decide(recorded, attempt)
            if verdict is resume.Verdict.RESUME:
                return last
            hint = resume.hint(verdict, name, recorded, attempt)
        raise PxhelmError("cannot re-use a name that is still in use", hint=hint)

    def _rendered(self, request: RenderRequest) -> Release:
        renderer = self._configuration.renderer
        prepared = renderer.prepare(request)
        if not self._options.skip_crds and not self._options.is_dry:
            self._install_crds(prepared.chart)
        check_labels(dict(self._options.labels))
        now = self._configuration.clock()
        release = Release(
            name=request.name,
            namespace=request.namespace,
            version=1,
            chart=prepared.chart,
            config=dict(request.values),
            info=Info(first_deployed=now, last_deployed=now),
            labels=dict(self._options.labels),
        )
        try:
            rendered = renderer.render(prepared)
        except PxhelmError as error:
            release.set_status(Status.FAILED, f"failed to render resource: {error.message}")
            raise ReleaseFailedError(error.message, error, release) from error
        release.hooks = list(rendered.hooks)
        release.manifest = rendered.manifest
        release.info.notes = rendered.notes
        release.set_status(Status.PENDING_INSTALL, "Initial install underway")
        return release

    def _install_crds(self, chart: Chart) -> None:
        """Create what ``crds/`` holds before anything is rendered; what exists stays as it is."""
        created: list[Item] = []
        for crd in chart.crds():
            try:
                items = self._objects.build(go_string(crd.data), validate=False)
                self._objects.create(items)
            except AlreadyExistsError:
                self._configuration.log(f"CRD {crd.name} is already present. Skipping.")
            except PxhelmError as error:
                raise wrapped(f"failed to install CRD {crd.name}", error) from error
            else:
                created.extend(items)
        if created:
            self._objects.wait(created, CRD_SECONDS, jobs=False)

    def _built(self, release: Release) -> tuple[Item, ...]:
        try:
            items = self._objects.build(release.manifest, validate=not self._options.disable_openapi_validation)
        except PxhelmError as error:
            raise wrapped("unable to build kubernetes objects from release manifest", error) from error
        return stamped(items, release.name, release.namespace)

    def _adopted(self, release: Release, items: Sequence[Item]) -> tuple[Item, ...]:
        owner = None if self._options.take_ownership else (release.name, release.namespace)
        try:
            return to_adopt(self._objects, items, owner)
        except PxhelmError as error:
            raise wrapped("Unable to continue with install", error) from error

    def _create_namespace(self) -> None:
        name = self._configuration.namespace
        text = f"apiVersion: v1\nkind: Namespace\nmetadata:\n  labels:\n    name: {name}\n  name: {name}\n"
        try:
            self._objects.create(self._objects.build(text, validate=True))
        except AlreadyExistsError:
            self._configuration.log(f"namespace {name} exists")

    def _supersede_last(self, release: Release) -> None:
        """Take the number after the last revision's and mark that one superseded, unless it failed."""
        try:
            last = self._storage.last(release.name)
        except ReleaseNotFoundError:
            return
        release.version = last.version + 1
        if last.info.status is not Status.FAILED:
            last.set_status(Status.SUPERSEDED, "superseded by new release")
            self._storage.update(last)

    def _go_on_with(self, pending: Release, release: Release) -> None:
        release.version = pending.version
        release.info.first_deployed = pending.info.first_deployed
        release.info.last_deployed = pending.info.last_deployed
        keep_hook_runs(pending, release.hooks)
        self._storage.update(release)

    def _perform(self, release: Release, adopted: Sequence[Item], items: Sequence[Item]) -> None:
        options = self._options
        if not options.disable_hooks:
            self._hooks(release, HookEvent.PRE_INSTALL, "failed pre-install")
        if items and not adopted:
            self._objects.create(items)
        elif items:
            self._objects.update(adopted, items, force=options.force)
        if options.wait or options.atomic:
            self._objects.wait(items, options.timeout, jobs=options.wait_for_jobs)
        if not options.disable_hooks:
            self._hooks(release, HookEvent.POST_INSTALL, "failed post-install")
        release.set_status(Status.DEPLOYED, options.description or "Install complete")
        record(self._configuration, release)

    def _hooks(self, release: Release, event: HookEvent, prefix: str) -> None:
        try:
            run_hooks(self._configuration, release, event, self._options.timeout)
        except PxhelmError as error:
            raise wrapped(prefix, error) from error

    def _fail(self, release: Release, error: PxhelmError) -> None:
        release.set_status(Status.FAILED, f"Release {quote(release.name)} failed: {error.message}")
        if not self._options.atomic:
            record(self._configuration, release)
            raise ReleaseFailedError(error.message, error, release) from error
        undo = UninstallOptions(timeout=self._options.timeout, disable_hooks=self._options.disable_hooks)
        try:
            uninstall(self._configuration, release.name, undo)
        except PxhelmError as stuck:
            text = f"an error occurred while uninstalling the release. original install error: {error.message}"
            raise ReleaseFailedError(f"{text}: {stuck.message}", stuck, release) from stuck
        text = f"release {release.name} failed, and has been uninstalled due to atomic being set"
        raise ReleaseFailedError(f"{text}: {error.message}", error, release) from error


def keep_hook_runs(pending: Release, hooks: Sequence[Hook]) -> None:
    """Take over what the interrupted operation has recorded of its hooks."""
    runs = {(hook.path, hook.kind, hook.name): hook for hook in pending.hooks}
    for hook in hooks:
        before = runs.get((hook.path, hook.kind, hook.name))
        if before:
            hook.last_run = before.last_run
            hook.delete_policies = before.delete_policies
