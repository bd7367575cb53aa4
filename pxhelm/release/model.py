"""What a release is: Helm's record of one revision, its hooks and its states.

These records are mutable, unlike most of pxhelm's: the state machine is Helm's, which writes its progress into one
record and stores it now and then. A record belongs to the operation that read it; the storage always hands out copies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pxhelm.chart.model import Chart


class Status(StrEnum):
    """State of a revision."""

    UNKNOWN = "unknown"
    DEPLOYED = "deployed"
    UNINSTALLED = "uninstalled"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    UNINSTALLING = "uninstalling"
    PENDING_INSTALL = "pending-install"
    PENDING_UPGRADE = "pending-upgrade"
    PENDING_ROLLBACK = "pending-rollback"

    @property
    def is_pending(self) -> bool:
        """Whether an operation is under way, or was when its process died."""
        return self in _PENDING


_PENDING = (Status.PENDING_INSTALL, Status.PENDING_UPGRADE, Status.PENDING_ROLLBACK)


class HookEvent(StrEnum):
    """When a hook runs."""

    PRE_INSTALL = "pre-install"
    POST_INSTALL = "post-install"
    PRE_DELETE = "pre-delete"
    POST_DELETE = "post-delete"
    PRE_UPGRADE = "pre-upgrade"
    POST_UPGRADE = "post-upgrade"
    PRE_ROLLBACK = "pre-rollback"
    POST_ROLLBACK = "post-rollback"
    TEST = "test"


class HookPhase(StrEnum):
    """How the last run of a hook went; NEVER is Helm's empty text."""

    NEVER = ""
    UNKNOWN = "Unknown"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


BEFORE_HOOK_CREATION = "before-hook-creation"
HOOK_SUCCEEDED = "hook-succeeded"
HOOK_FAILED = "hook-failed"

RETRY_ANNOTATION = "pxhelm.io/hook-retry"
"""``"true"`` lets a resumed operation run a hook again that was interrupted (engine.md D15)."""


@dataclass(slots=True)
class HookRun:
    """The last run of a hook."""

    started_at: datetime | None = None
    completed_at: datetime | None = None
    phase: HookPhase = HookPhase.NEVER
    event: str = ""
    """What it ran for; ours alone, empty in records from before it was kept."""


@dataclass(slots=True)
class Hook:
    """A manifest that runs at events instead of belonging to the release's objects."""

    name: str
    kind: str
    path: str
    """Template that made it, with the chart's name."""
    manifest: str
    events: list[str] = field(default_factory=list)
    weight: int = 0
    delete_policies: list[str] = field(default_factory=list)
    output_log_policies: list[str] = field(default_factory=list)
    last_run: HookRun = field(default_factory=HookRun)

    @property
    def address(self) -> str:
        """Return ``Kind/name``."""
        return f"{self.kind}/{self.name}"


@dataclass(slots=True)
class Info:
    """How a revision fares."""

    status: Status = Status.UNKNOWN
    description: str = ""
    first_deployed: datetime | None = None
    last_deployed: datetime | None = None
    deleted: datetime | None = None
    notes: str = ""


@dataclass(slots=True)
class Release:
    """One revision of a release."""

    name: str
    namespace: str
    version: int
    """The revision's number."""
    chart: Chart
    config: dict[str, Any] | None = None
    """The user's values, without the chart's defaults."""
    manifest: str = ""
    hooks: list[Hook] = field(default_factory=list)
    info: Info = field(default_factory=Info)
    labels: dict[str, str] = field(default_factory=dict)

    def set_status(self, status: Status, description: str) -> None:
        """Set status and description together."""
        self.info.status = status
        self.info.description = description


SYSTEM_LABELS = ("name", "owner", "status", "version", "createdAt", "modifiedAt")
"""Labels that Helm's storage uses itself."""


def merged_labels(current: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the labels of an upgraded release: the wanted over the current, ``null`` removes."""
    return {key: value for key, value in {**current, **wanted}.items() if value != "null"}
