"""``--cleanup-on-fail``: what a failed operation has created is deleted again."""

from __future__ import annotations

from collections.abc import Sequence

from pxhelm.errors import PxhelmError
from pxhelm.release.configuration import Configuration
from pxhelm.release.failure import ReleaseFailedError
from pxhelm.release.hooks import joined
from pxhelm.release.model import Release
from pxhelm.release.objects import Item


def clean_up(
    configuration: Configuration, created: Sequence[Item], original: tuple[str, PxhelmError], release: Release
) -> None:
    """Delete what a failed operation (its name and error) has created; ReleaseFailedError when something stays."""
    errors = configuration.objects.delete(created)
    if errors:
        operation, error = original
        stuck = joined("unable to cleanup resources: ", errors, ", ")
        text = f"an error occurred while cleaning up resources. original {operation} error: {error.message}"
        raise ReleaseFailedError(f"{text}: {stuck.message}", stuck, release) from error
