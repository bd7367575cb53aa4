"""Operations and steps in SQL; every write checks the lease in its own transaction."""

# ruff: noqa: S608  only column lists of this module are put into the text; values are always placeholders

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pxhelm.store.journal import OPEN_STATES, Op, OpState, Outcome, Step, StepState
from pxhelm.store.leases import Lease
from pxhelm.store.outcome import NotFoundError
from pxhelm.store.sql.connection import Connection, Row, dump, load, one
from pxhelm.store.sql.leases import SqlLeases

_OP = "op_id, uid, cluster, generation, kind, plan_hash, actor, created_at, state, fence_epoch, finished_at"
_STEP = (
    "op_id, seq, kind, method, path, params, params_hmac, pre, pre_image, state, upid, sent_at, accepted_at,"
    " done_at, result, attempts, fence_epoch"
)
_STEP_OF = ", ".join("s." + column.strip() for column in _STEP.split(","))
_OPEN = ", ".join(f"'{state.value}'" for state in OPEN_STATES)


def _op(row: Row) -> Op:
    return Op(*(*row[:8], OpState(row[8]), row[9], row[10]))


def _step(row: Row) -> Step:
    params, pre, image, result = load(row[5]), load(row[7]), load(row[8]), load(row[14])
    return Step(*(*row[:5], params, row[6], pre, image, StepState(row[9]), *row[10:14], result, row[15], row[16]))


class SqlJournal:
    """JournalStore over a connection."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._leases = SqlLeases(db)

    def begin_op(self, op: Op, lease: Lease) -> None:
        """Write the operation as open; DuplicateError when its id exists."""
        with self._db.transaction():
            self._leases.check(lease)
            self._db.run(
                f"INSERT INTO ops ({_OP}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(op.op_id, op.uid, op.cluster, op.generation, op.kind, op.plan_hash, op.actor, op.created_at),
                    *(OpState.OPEN.value, lease.epoch, None),
                ),
            )

    def intent(self, step: Step, lease: Lease) -> None:
        """Write the step before it is sent; the same (op, seq) again is another attempt and counts up."""
        with self._db.transaction():
            self._leases.check(lease)
            self._db.run(
                f"INSERT INTO steps ({_STEP}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (op_id, seq) DO UPDATE SET kind = excluded.kind, method = excluded.method,"
                " path = excluded.path, params = excluded.params, params_hmac = excluded.params_hmac,"
                " pre = excluded.pre, pre_image = excluded.pre_image, state = excluded.state, upid = '',"
                " sent_at = excluded.sent_at, accepted_at = NULL, done_at = NULL, result = '{}',"
                " attempts = steps.attempts + 1, fence_epoch = excluded.fence_epoch",
                (
                    *(step.op_id, step.seq, step.kind, step.method, step.path, dump(step.params), step.params_hmac),
                    *(dump(step.pre), dump(step.pre_image), StepState.INTENT.value, "", step.sent_at, None, None),
                    *("{}", 1, lease.epoch),
                ),
            )

    def accepted(self, step: Step, upid: str, now: float, lease: Lease) -> None:
        """Record the task that Proxmox answered with, before waiting for it."""
        change = "state = ?, upid = ?, accepted_at = ?"
        self._change_step(step, change, (StepState.ACCEPTED.value, upid, now), lease)

    def done(self, step: Step, outcome: Outcome, lease: Lease) -> None:
        """Record what was observed after the step; NotFoundError without its intent."""
        change = "state = ?, done_at = ?, result = ?"
        self._change_step(step, change, (outcome.state.value, outcome.at, dump(outcome.result)), lease)

    def fail(self, step: Step, error: str, now: float, lease: Lease) -> None:
        """Record the step as FAILED with the error's redacted text."""
        self.done(step, Outcome(StepState.FAILED, now, {"error": error}), lease)

    def _change_step(self, step: Step, change: str, values: Sequence[Any], lease: Lease) -> None:
        with self._db.transaction():
            self._leases.check(lease)
            touched = self._db.run(
                f"UPDATE steps SET {change}, fence_epoch = ? WHERE op_id = ? AND seq = ?",
                (*values, lease.epoch, step.op_id, step.seq),
            )
            if not touched:
                raise NotFoundError(f"cannot record step {step.seq} of {step.op_id}: its intent was never written")

    def finish_op(self, op_id: str, state: OpState, now: float, lease: Lease) -> None:
        """Close the operation; NotFoundError when it is unknown."""
        with self._db.transaction():
            self._leases.check(lease)
            touched = self._db.run(
                "UPDATE ops SET state = ?, finished_at = ?, fence_epoch = ? WHERE op_id = ?",
                (state.value, now, lease.epoch, op_id),
            )
            if not touched:
                raise NotFoundError(f"cannot finish operation {op_id}: it was never begun")

    def op(self, op_id: str) -> Op | None:
        """Return one operation."""
        row = one(self._db.rows(f"SELECT {_OP} FROM ops WHERE op_id = ?", (op_id,)))
        return _op(row) if row else None

    def ops(self, uid: str) -> tuple[Op, ...]:
        """Return the object's operations, oldest first."""
        return tuple(map(_op, self._db.rows(f"SELECT {_OP} FROM ops WHERE uid = ? ORDER BY created_at, op_id", (uid,))))

    def open_ops(self, cluster: str) -> tuple[Op, ...]:
        """Return the operations of the cluster that did not finish, oldest first."""
        rows = self._db.rows(
            f"SELECT {_OP} FROM ops WHERE cluster = ? AND state = 'open' ORDER BY created_at, op_id", (cluster,)
        )
        return tuple(map(_op, rows))

    def steps(self, op_id: str) -> tuple[Step, ...]:
        """Return the operation's steps in order."""
        rows = self._db.rows(f"SELECT {_STEP} FROM steps WHERE op_id = ? ORDER BY seq", (op_id,))
        return tuple(map(_step, rows))

    def open_steps(self, uid: str) -> tuple[Step, ...]:
        """Return steps of the object in INTENT, ACCEPTED or UNKNOWN, in the order they were written."""
        rows = self._db.rows(
            f"SELECT {_STEP_OF} FROM steps s JOIN ops o ON o.op_id = s.op_id"
            f" WHERE o.uid = ? AND s.state IN ({_OPEN}) ORDER BY o.created_at, s.op_id, s.seq",
            (uid,),
        )
        return tuple(map(_step, rows))
