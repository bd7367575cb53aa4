"""Run the test hooks of a release."""

from __future__ import annotations

from pxhelm.actions.releasing import Command, changing
from pxhelm.actions.services import Services
from pxhelm.release.model import Release
from pxhelm.release.options import TestOptions
from pxhelm.release.test import run_tests as run


def run_tests(services: Services, release: str, options: TestOptions) -> Release:
    """Run the tests and return the record with their results; ReleaseFailedError when one fails."""
    with changing(services, Command("test", release, {})) as configuration:
        return run(configuration, release, options)
