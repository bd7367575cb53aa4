"""Uninstalling a release (Helm's action.Uninstall)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pxhelm.errors import PxhelmError
from pxhelm.release.configuration import Configuration
from pxhelm.release.failure import ReleaseFailedError, ReleaseNotFoundError, wrapped
from pxhelm.release.hooks import joined, record, run_hooks
from pxhelm.release.model import HookEvent, Release, Status
from pxhelm.release.name import check_name
from pxhelm.release.objects import Item
from pxhelm.release.options import UninstallOptions
from pxhelm.release.order import deletion_order


@dataclass(slots=True)
class Uninstalled:
    """What was uninstalled and what was left."""

    release: Release
    info: str = ""
    """Helm's list of kept resources; empty when none were."""


class UninstallFailedError(ReleaseFailedError):
    """An uninstall that failed after it had begun; ``response`` is what Helm returns beside the error."""

    def __init__(self, message: str, cause: PxhelmError, response: Uninstalled) -> None:
        super().__init__(message, cause, response.release)
        self.response = response


def uninstall(configuration: Configuration, name: str, options: UninstallOptions) -> Uninstalled | None:
    """Uninstall the release; None when it is not there and that is to be ignored.

    Raises PxhelmError, with ReleaseFailedError for what failed after the deletion had begun.
    """
    storage = configuration.storage
    configuration.objects.reach()
    if options.dry_run:
        check_name(name, "releaseContent: Release name is invalid")
        return Uninstalled(storage.last(name))
    check_name(name, "uninstall: Release name is invalid")
    try:
        history = storage.history(name)
    except ReleaseNotFoundError as missing:
        if options.ignore_not_found:
            return None
        raise wrapped(f"uninstall: Release not loaded: {name}", missing) from missing
    release = history[-1]
    if release.info.status is Status.UNINSTALLED:
        if options.keep_history:
            raise PxhelmError(f'the release named "{name}" is already deleted')
        try:
            _purge(configuration, history)
        except PxhelmError as error:
            raise wrapped("uninstall: Failed to purge the release", error) from error
        return Uninstalled(release)
    return _Uninstall(configuration, options, history).run()


def _purge(configuration: Configuration, history: Sequence[Release]) -> None:
    for release in history:
        configuration.storage.delete(release.name, release.version)


class _Uninstall:
    """One uninstall that has something to delete."""

    def __init__(self, configuration: Configuration, options: UninstallOptions, history: Sequence[Release]) -> None:
        self._configuration = configuration
        self._objects = configuration.objects
        self._options = options
        self._history = history
        self._release = history[-1]

    def run(self) -> Uninstalled:
        """Run it."""
        options, release = self._options, self._release
        release.info.deleted = self._configuration.clock()
        release.set_status(Status.UNINSTALLING, "Deletion in progress (or silently failed)")
        response = Uninstalled(release)
        if not options.disable_hooks:
            try:
                run_hooks(self._configuration, release, HookEvent.PRE_DELETE, options.timeout)
            except PxhelmError as error:
                raise UninstallFailedError(error.message, error, response) from error
        record(self._configuration, release)
        deleted, response.info = self._delete()
        errors = self._after(deleted)
        release.set_status(Status.UNINSTALLED, options.description or "Uninstallation complete")
        if options.keep_history:
            record(self._configuration, release)
            self._supersede_deployed()
        else:
            try:
                _purge(self._configuration, self._history)
            except PxhelmError as error:
                errors.append(wrapped("uninstall: Failed to purge the release", error))
        if errors:
            failure = joined(f"uninstallation completed with {len(errors)} error(s): ", errors, "; ")
            raise UninstallFailedError(failure.message, failure, response)
        return response

    def _delete(self) -> tuple[tuple[Item, ...], str]:
        """Delete the objects and return them with the text about those kept."""
        failed = f"failed to delete release: {self._release.name}"
        try:
            kept, doomed = deletion_order(self._release.manifest)
            items = self._objects.build("".join(f"\n---\n{one.text}" for one in doomed), validate=False)
        except PxhelmError as error:
            self._configuration.log(f"uninstall: Failed to delete release: {error}")
            raise PxhelmError(failed, code=error.code, hint=error.message) from error
        errors = self._objects.delete(items) if items else ()
        if errors:
            reasons = "; ".join(error.message for error in errors)
            self._configuration.log(f"uninstall: Failed to delete release: [{reasons}]")
            raise PxhelmError(failed, code=errors[0].code, hint=reasons)
        lines = "".join(f"[{one.kind}] {one.name}\n" for one in kept)
        return items, f"These resources were kept due to the resource policy:\n{lines}" if lines else ""

    def _after(self, deleted: Sequence[Item]) -> list[PxhelmError]:
        """Wait for the deletion and run the hooks after it; errors do not stop the uninstall any more."""
        errors = []
        if self._options.wait:
            try:
                self._objects.wait_deleted(deleted, self._options.timeout)
            except PxhelmError as error:
                errors.append(error)
        if not self._options.disable_hooks:
            try:
                run_hooks(self._configuration, self._release, HookEvent.POST_DELETE, self._options.timeout)
            except PxhelmError as error:
                errors.append(error)
        return errors

    def _supersede_deployed(self) -> None:
        for older in self._configuration.storage.deployed_all(self._release.name):
            older.info.status = Status.SUPERSEDED
            record(self._configuration, older)
