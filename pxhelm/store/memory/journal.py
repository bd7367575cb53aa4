"""Operations and their steps, fenced by leases."""

from __future__ import annotations

from dataclasses import replace

from pxhelm.store.journal import OPEN_STATES, Op, OpState, Outcome, Step, StepState
from pxhelm.store.leases import Lease
from pxhelm.store.memory.leases import MemoryLeases
from pxhelm.store.memory.tables import Tables
from pxhelm.store.outcome import DuplicateError, NotFoundError


class MemoryJournal:
    """JournalStore on dictionaries."""

    def __init__(self, tables: Tables, leases: MemoryLeases) -> None:
        self._t = tables
        self._leases = leases

    def begin_op(self, op: Op, lease: Lease) -> None:
        self._leases.check(lease)
        if op.op_id in self._t.ops:
            raise DuplicateError(f"cannot begin operation {op.op_id}: it exists")
        self._t.ops[op.op_id] = replace(op, state=OpState.OPEN, fence_epoch=lease.epoch, finished_at=None)

    def intent(self, step: Step, lease: Lease) -> None:
        self._leases.check(lease)
        before = self._t.steps.get((step.op_id, step.seq))
        self._t.steps[step.op_id, step.seq] = replace(
            step,
            state=StepState.INTENT,
            upid="",
            accepted_at=None,
            done_at=None,
            result={},
            attempts=before.attempts + 1 if before else 1,
            fence_epoch=lease.epoch,
        )

    def accepted(self, step: Step, upid: str, now: float, lease: Lease) -> None:
        stored = self._checked(step, lease)
        accepted = replace(stored, state=StepState.ACCEPTED, upid=upid, accepted_at=now, fence_epoch=lease.epoch)
        self._t.steps[step.op_id, step.seq] = accepted

    def done(self, step: Step, outcome: Outcome, lease: Lease) -> None:
        stored = self._checked(step, lease)
        self._t.steps[step.op_id, step.seq] = replace(
            stored, state=outcome.state, done_at=outcome.at, result=dict(outcome.result), fence_epoch=lease.epoch
        )

    def fail(self, step: Step, error: str, now: float, lease: Lease) -> None:
        self.done(step, Outcome(StepState.FAILED, now, {"error": error}), lease)

    def _checked(self, step: Step, lease: Lease) -> Step:
        self._leases.check(lease)
        stored = self._t.steps.get((step.op_id, step.seq))
        if not stored:
            raise NotFoundError(f"cannot record step {step.seq} of {step.op_id}: its intent was never written")
        return stored

    def finish_op(self, op_id: str, state: OpState, now: float, lease: Lease) -> None:
        self._leases.check(lease)
        if op_id not in self._t.ops:
            raise NotFoundError(f"cannot finish operation {op_id}: it was never begun")
        self._t.ops[op_id] = replace(self._t.ops[op_id], state=state, finished_at=now, fence_epoch=lease.epoch)

    def op(self, op_id: str) -> Op | None:
        return self._t.ops.get(op_id)

    def ops(self, uid: str) -> tuple[Op, ...]:
        return tuple(op for op in self._by_age() if op.uid == uid)

    def open_ops(self, cluster: str) -> tuple[Op, ...]:
        return tuple(op for op in self._by_age() if op.cluster == cluster and op.state is OpState.OPEN)

    def _by_age(self) -> list[Op]:
        return sorted(self._t.ops.values(), key=lambda op: (op.created_at, op.op_id))

    def steps(self, op_id: str) -> tuple[Step, ...]:
        return tuple(step for key, step in sorted(self._t.steps.items()) if key[0] == op_id)

    def open_steps(self, uid: str) -> tuple[Step, ...]:
        return tuple(step for op in self.ops(uid) for step in self.steps(op.op_id) if step.state in OPEN_STATES)
