"""The journal of operations and their steps (engine.md D8.1, D8.2): what was about to be sent, sent, accepted, seen.

Parameters and results arrive redacted; never a secret in any column. Each write checks the worker's lease in the same
transaction and raises LeaseLost instead of writing (I9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from pxhelm.store.leases import Lease


class StepState(StrEnum):
    """Where a step stands. INTENT means "maybe sent"."""

    INTENT = "INTENT"
    ACCEPTED = "ACCEPTED"
    DONE = "DONE"
    WARN = "WARN"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    SKIPPED = "SKIPPED"


OPEN_STATES = (StepState.INTENT, StepState.ACCEPTED, StepState.UNKNOWN)
"""States whose effect must be resolved by observation before anything else is sent (D8.3)."""


DONE_STATES = (StepState.DONE, StepState.WARN)
"""States whose effect was seen."""


class OpState(StrEnum):
    """Where an operation stands."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class Op:
    """One operation on one object."""

    op_id: str
    uid: str
    cluster: str
    generation: int
    kind: str
    """``apply``, ``delete``, ``adopt`` …"""
    plan_hash: str
    actor: str
    created_at: float
    """Unix seconds."""
    state: OpState = OpState.OPEN
    fence_epoch: int = 0
    """Filled from the lease."""
    finished_at: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One write to Proxmox, before, during and after."""

    op_id: str
    seq: int
    kind: str
    """``create``, ``clone``, ``config``, ``resize``, ``start``, ``destroy`` …"""
    method: str
    path: str
    """Path template as sent."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Redacted."""
    params_hmac: str = ""
    """Keyed, over the real parameters."""
    pre: Mapping[str, Any] = field(default_factory=dict)
    """Preconditions: vmid, guest_uuid, marker, digest, lock, status."""
    pre_image: Mapping[str, Any] = field(default_factory=dict)
    """Canonical values about to be changed, for ``--atomic``."""
    state: StepState = StepState.INTENT
    upid: str = ""
    sent_at: float | None = None
    """Unix seconds, as are all times here."""
    accepted_at: float | None = None
    done_at: float | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 1
    fence_epoch: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended."""

    state: StepState
    """DONE, WARN, FAILED, UNKNOWN or SKIPPED."""
    at: float
    """Unix seconds."""
    result: Mapping[str, Any] = field(default_factory=dict)


class JournalStore(Protocol):
    """Where operations and steps are kept."""

    def begin_op(self, op: Op, lease: Lease) -> None:
        """Write the operation as open; DuplicateError when its id exists."""

    def intent(self, step: Step, lease: Lease) -> None:
        """Write the step before it is sent; the same (op, seq) again is another attempt and counts up."""

    def accepted(self, step: Step, upid: str, now: float, lease: Lease) -> None:
        """Record the task that Proxmox answered with (empty for a synchronous call), before waiting for it."""

    def done(self, step: Step, outcome: Outcome, lease: Lease) -> None:
        """Record what was observed after the step; NotFoundError without its intent."""

    def fail(self, step: Step, error: str, now: float, lease: Lease) -> None:
        """Record the step as FAILED with the error's redacted text."""

    def finish_op(self, op_id: str, state: OpState, now: float, lease: Lease) -> None:
        """Close the operation; NotFoundError when it is unknown."""

    def op(self, op_id: str) -> Op | None:
        """Return one operation."""

    def ops(self, uid: str) -> tuple[Op, ...]:
        """Return the object's operations, oldest first."""

    def open_ops(self, cluster: str) -> tuple[Op, ...]:
        """Return the operations of the cluster that did not finish, oldest first."""

    def steps(self, op_id: str) -> tuple[Step, ...]:
        """Return the operation's steps in order."""

    def open_steps(self, uid: str) -> tuple[Step, ...]:
        """Return steps of the object in INTENT, ACCEPTED or UNKNOWN, in the order they were written."""
