"""Rolling a release back to an older revision (Helm's action.Rollback)."""

from __future__ import annotations

from collections.abc import Sequence

from pxhelm.errors import PxhelmError
from pxhelm.golang.strconv import quote
from pxhelm.release import resume
from pxhelm.release.cleanup import clean_up
from pxhelm.release.configuration import Configuration
from pxhelm.release.failure import ReleaseFailedError, wrapped
from pxhelm.release.hooks import record, run_hooks
from pxhelm.release.model import HookEvent, Info, Release, Status
from pxhelm.release.name import check_name
from pxhelm.release.objects import Item, UpdateFailedError
from pxhelm.release.options import RollbackOptions
from pxhelm.release.ownership import stamped

_LONGEST = 256
"""Characters of a description, as in Helm v4."""


def rollback(configuration: Configuration, name: str, options: RollbackOptions) -> Release:
    """Make an older revision's chart, values and manifest the newest revision, and return its record.

    Raises PxhelmError; a revision that a failed hook or build left is in status pending-rollback, as in Helm.
    """
    return _Rollback(configuration, options).run(name)


class _Rollback:
    """One rollback."""

    def __init__(self, configuration: Configuration, options: RollbackOptions) -> None:
        self._configuration = configuration
        self._objects = configuration.objects
        self._storage = configuration.storage
        self._options = options

    def run(self, name: str) -> Release:
        """Run it."""
        self._objects.reach()
        check_name(name, "prepareRollback: Release name is invalid")
        if len(self._options.description) > _LONGEST:
            given = len(self._options.description)
            raise PxhelmError(f"description must be {_LONGEST} characters or less, got {given}")
        if self._options.version < 0:
            raise PxhelmError("invalid release revision")
        current, pending = self._current(name)
        target = self._prepared(current, pending)
        if self._options.dry_run:
            return target
        self._configuration.consent(self._built(current, "current"), self._built(target, "new"))
        if pending:
            self._storage.update(target)
        else:
            attempt = self._configuration.attempt
            self._storage.create(target, self._options.max_history, attempt.operation if attempt else None)
        self._perform(current, target)
        self._storage.update(target)
        return target

    def _current(self, name: str) -> tuple[Release, Release | None]:
        """Return the revision to roll back from, and the interrupted rollback to go on with, if that is ours."""
        last = self._storage.last(name)
        if last.info.status is Status.PENDING_ROLLBACK:
            recorded = self._storage.operation(name, last.version)
            older = [one for one in self._storage.history(name) if one.version < last.version]
            if older and resume.decide(recorded, self._configuration.attempt) is resume.Verdict.RESUME:
                return older[-1], last
        return last, None

    def _prepared(self, current: Release, pending: Release | None) -> Release:
        version = self._options.version or current.version - 1
        if not any(one.version == version for one in self._storage.history(current.name)):
            raise PxhelmError(
                f"release has no {version} version", hint=f"see `pxhelm history {current.name}` for those it has"
            )
        previous = self._storage.get(current.name, version)
        return Release(
            name=current.name,
            namespace=current.namespace,
            version=current.version + 1,
            chart=previous.chart,
            config=previous.config,
            manifest=previous.manifest,
            hooks=pending.hooks if pending else previous.hooks,
            info=Info(
                status=Status.PENDING_ROLLBACK,
                description=self._options.description or f"Rollback to {version}",
                first_deployed=current.info.first_deployed,
                last_deployed=pending.info.last_deployed if pending else self._configuration.clock(),
                notes=previous.info.notes,
            ),
            labels=previous.labels,
        )

    def _perform(self, current: Release, target: Release) -> None:
        options = self._options
        have, want = self._built(current, "current"), self._built(target, "new")
        if not options.disable_hooks:
            run_hooks(self._configuration, target, HookEvent.PRE_ROLLBACK, options.timeout)
        want = stamped(want, target.name, target.namespace)
        try:
            self._objects.update(have, want, force=options.force)
        except PxhelmError as error:
            self._update_failed(current, target, error)
        if options.wait:
            self._wait(current, target, want)
        if not options.disable_hooks:
            run_hooks(self._configuration, target, HookEvent.POST_ROLLBACK, options.timeout)
        for older in self._storage.deployed_all(current.name):
            older.info.status = Status.SUPERSEDED
            record(self._configuration, older)
        target.info.status = Status.DEPLOYED

    def _built(self, release: Release, which: str) -> tuple[Item, ...]:
        try:
            return self._objects.build(release.manifest, validate=False)
        except PxhelmError as error:
            raise wrapped(f"unable to build kubernetes objects from {which} release manifest", error) from error

    def _update_failed(self, current: Release, target: Release, error: PxhelmError) -> None:
        current.info.status = Status.SUPERSEDED
        target.set_status(Status.FAILED, f"Rollback {quote(target.name)} failed: {error.message}")
        record(self._configuration, current)
        record(self._configuration, target)
        if self._options.cleanup_on_fail and isinstance(error, UpdateFailedError):
            clean_up(self._configuration, error.done.created, ("rollback", error), target)
        raise ReleaseFailedError(error.message, error, target) from error

    def _wait(self, current: Release, target: Release, items: Sequence[Item]) -> None:
        try:
            self._objects.wait(items, self._options.timeout, jobs=self._options.wait_for_jobs)
        except PxhelmError as error:
            target.set_status(Status.FAILED, f"Release {quote(target.name)} failed: {error.message}")
            record(self._configuration, current)
            record(self._configuration, target)
            raise ReleaseFailedError(f"release {target.name} failed: {error.message}", error, target) from error
