"""Running a release's test hooks (Helm's action.ReleaseTesting)."""

from __future__ import annotations

from pxhelm.errors import PxhelmError
from pxhelm.release.configuration import Configuration
from pxhelm.release.failure import ReleaseFailedError
from pxhelm.release.hooks import record, run_hooks
from pxhelm.release.model import HookEvent, Release
from pxhelm.release.name import check_name
from pxhelm.release.options import TestOptions


def run_tests(configuration: Configuration, name: str, options: TestOptions) -> Release:
    """Run the test hooks of the last revision and return its record; ReleaseFailedError when one fails."""
    configuration.objects.reach()
    check_name(name, "releaseTest: Release name is invalid")
    release = configuration.storage.last(name)
    skipped = [hook for hook in release.hooks if hook.name in options.except_names]
    asked = [hook for hook in release.hooks if hook.name not in options.except_names]
    # As in Helm the skipped hooks come first in the record afterwards: those excluded, then those not included.
    skipped += [hook for hook in asked if options.names and hook.name not in options.names]
    release.hooks = [hook for hook in asked if not options.names or hook.name in options.names]
    try:
        run_hooks(configuration, release, HookEvent.TEST, options.timeout)
    except PxhelmError as error:
        release.hooks = [*skipped, *release.hooks]
        record(configuration, release)
        raise ReleaseFailedError(error.message, error, release) from error
    release.hooks = [*skipped, *release.hooks]
    configuration.storage.update(release)
    return release
