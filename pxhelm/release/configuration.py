"""What every operation on releases is given: cluster, storage, renderer, clock (Helm's action.Configuration)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pxhelm.events import Event, nobody
from pxhelm.release.objects import Item, ObjectPort
from pxhelm.release.rendering import Renderer
from pxhelm.release.resume import Attempt
from pxhelm.release.storage import Storage

Log = Callable[[str], None]
Consent = Callable[[Sequence[Item], Sequence[Item]], None]
"""Given what a release has and what it shall have, before anything is written; PxhelmError when the user does not mean it."""


def silent(_line: str) -> None:
    """Drop a debug line."""


def unasked(_have: Sequence[Item], _want: Sequence[Item]) -> None:
    """Let everything go, as Helm does."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The world of one namespace."""

    namespace: str
    objects: ObjectPort
    storage: Storage
    renderer: Renderer
    clock: Callable[[], datetime]
    """Aware times."""
    consent: Consent = unasked
    log: Log = silent
    """Helm's debug lines."""
    listen: Callable[[Event], None] = nobody
    attempt: Attempt | None = None
    """Facts about this command, recorded with the revision it writes; None records nothing and resumes nothing."""
