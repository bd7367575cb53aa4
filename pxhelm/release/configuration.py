"""What every operation on releases is given: cluster, storage, renderer, clock (Helm's action.Configuration)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pxhelm.events import Event, nobody
from pxhelm.release.objects import ObjectPort
from pxhelm.release.rendering import Renderer
from pxhelm.release.resume import Attempt
from pxhelm.release.storage import Storage

Log = Callable[[str], None]


def silent(_line: str) -> None:
    """Drop a debug line."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The world of one namespace."""

    namespace: str
    objects: ObjectPort
    storage: Storage
    renderer: Renderer
    clock: Callable[[], datetime]
    """Aware times."""
    log: Log = silent
    """Helm's debug lines."""
    listen: Callable[[Event], None] = nobody
    attempt: Attempt | None = None
    """Facts about this command, recorded with the revision it writes; None records nothing and resumes nothing."""
