"""Roll a release back, or uninstall it."""

from __future__ import annotations

from dataclasses import asdict

from pxhelm.actions.releasing import Command, changing
from pxhelm.actions.services import Services
from pxhelm.release.model import Release
from pxhelm.release.options import RollbackOptions, UninstallOptions
from pxhelm.release.rollback import rollback as run_rollback
from pxhelm.release.uninstall import Uninstalled
from pxhelm.release.uninstall import uninstall as run_uninstall
from pxhelm.resource.deletions import Word


def rollback(
    services: Services,
    release: str,
    options: RollbackOptions,
    *,
    force_conflicts: bool = False,
    word: Word | None = None,
) -> Release:
    """Apply an earlier revision as a new one and return its record."""
    flags = {name: value for name, value in asdict(options).items() if name not in ("timeout", "wait", "wait_for_jobs")}
    command = Command("rollback", release, flags, force_conflicts=force_conflicts, word=word)
    with changing(services, command) as configuration:
        return run_rollback(configuration, release, options)


def uninstall(services: Services, release: str, options: UninstallOptions) -> Uninstalled | None:
    """Delete a release's objects and its history; None when it is not there and that is to be ignored."""
    with changing(services, Command("uninstall", release, {"keep_history": options.keep_history})) as configuration:
        return run_uninstall(configuration, release, options)
