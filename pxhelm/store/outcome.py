"""How a store refuses: the errors every adapter raises alike.

Never names a database: an adapter translates its own errors into these.
"""

from __future__ import annotations

from pxhelm.errors import ExitCode, PxhelmError


class StoreError(PxhelmError):
    """The store cannot do what was asked."""


class NotFoundError(StoreError):
    """The row is not there."""


class DuplicateError(StoreError):
    """A row with this key is there already."""


class StaleError(StoreError):
    """The row was changed by somebody else since it was read."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code=ExitCode.CONFLICT)


class LeaseHeldError(StoreError):
    """Somebody else holds the lease and may be alive."""

    def __init__(self, name: str, holder: str, seconds_left: float) -> None:
        super().__init__(
            f"cannot lock {name}: {holder} holds it for another {max(seconds_left, 0):.0f} s",
            code=ExitCode.LOCKED,
            hint="wait, or give --lock-timeout a longer time",
        )


class LeaseLost(StoreError):  # noqa: N818  the name of engine.md (I9, fencing)
    """The writer's lease has passed to somebody else: nothing was written."""

    def __init__(self, name: str) -> None:
        super().__init__(f"cannot go on: the lock {name} passed to another worker", code=ExitCode.LOCKED)
