"""How operations on releases fail: Helm's texts, and the record as far as it got.

Never prints; doors render these errors.
"""

from __future__ import annotations

from pxhelm.errors import ExitCode, PxhelmError, StageError
from pxhelm.golang.strconv import quote
from pxhelm.release.model import SYSTEM_LABELS, Release


class ReleaseNotFoundError(PxhelmError):
    """No revision of this name."""

    def __init__(self, name: str = "") -> None:
        hint = f"see the releases of this namespace with `pxhelm list`, {name} is not among them" if name else ""
        super().__init__("release: not found", hint=hint)


class ReleaseExistsError(PxhelmError):
    """Another operation has written this revision first."""

    def __init__(self) -> None:
        super().__init__("release: already exists", hint="another operation on this release is under way: try again")


class NoDeployedError(PxhelmError):
    """The release has no revision in status deployed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{quote(name)} has no deployed releases")


class ReleaseFailedError(PxhelmError):
    """An operation failed after the release's record was made; ``release`` is that record."""

    def __init__(self, message: str, cause: PxhelmError, release: Release | None) -> None:
        super().__init__(message, code=cause.code, where=cause.where, hint=cause.hint)
        self.rendered = cause.rendered
        self.release = release


class InterruptedOperationError(PxhelmError):
    """The user interrupted the operation; recorded as a failure, as Helm does."""

    def __init__(self) -> None:
        super().__init__("context canceled", code=ExitCode.INTERRUPTED)


def wrapped(prefix: str, cause: PxhelmError) -> PxhelmError:
    """Return the error with Helm's prefix before its message; the problems of a stage stay with it."""
    if isinstance(cause, StageError):
        return StageError(f"{prefix}: {cause.message}", cause.errors)
    error = PxhelmError(f"{prefix}: {cause.message}", code=cause.code, where=cause.where, hint=cause.hint)
    error.rendered = cause.rendered
    return error


def check_labels(labels: dict[str, str] | None) -> None:
    """Raise PxhelmError when a label is one of the storage's own."""
    if labels and any(key in SYSTEM_LABELS for key in labels):
        raise PxhelmError(
            f"user supplied labels contains system reserved label name. System labels: [{' '.join(SYSTEM_LABELS)}]"
        )
