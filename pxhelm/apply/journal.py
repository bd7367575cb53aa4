"""What is written in the journal of an operation, before, during and after it (engine.md D8.2).

Everything that belongs together is one transaction: the end of a step with binding and base, the end of an operation with
the object's row. Each write carries the lease of who works on the object. Never decides what to do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from pxhelm.apply.command import CREATING, Intend, Outcome, Result, Settle
from pxhelm.apply.files import stays
from pxhelm.apply.memory import Memory
from pxhelm.apply.records import Records
from pxhelm.plan.diff import IMPORT, REBUILT
from pxhelm.plan.document import redacted
from pxhelm.plan.leaf import shown
from pxhelm.resource.guest_remove import TRASH
from pxhelm.secret import Secret
from pxhelm.store.journal import Op, OpState, Step, StepState
from pxhelm.store.journal import Outcome as StepOutcome
from pxhelm.store.leases import Lease


class Journal:
    """The store's journal, asked in the words of the machine."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.ports = records.ports
        self.store = records.store

    def begin(self, memory: Memory, verb: str, plan_hash: str, lease: Lease) -> Memory:
        """Open the object's operation, or go on with the one that did not finish."""
        if memory.op is not None:
            return memory
        op = Op(
            op_id=self.ports.new_id(),
            uid=memory.known.uid,
            cluster=self.ports.cluster_name,
            generation=memory.known.generation,
            kind=verb,
            plan_hash=plan_hash,
            actor=self.ports.actor,
            created_at=self.ports.now(),
        )
        self.store.journal.begin_op(op, lease)
        return replace(memory, op=op)

    def intend(self, op_id: str, intent: Intend, lease: Lease) -> None:
        """Write a step before it is sent."""
        step, live = intent.step, intent.live
        params = redacted(step.request.params)
        pre = {
            "vmid": step.vmid or intent.target.vmid,
            "id": str(intent.target.row.get("id", "")),
            "node": step.request.node or intent.target.node,
            "guest_uuid": intent.target.uuid,
            "marker": str(intent.target.marker or ""),
            "digest": live.digest,
            "lock": live.lock,
            "status": live.power,
            "guard": step.guard.value,
            "leaves": list(step.leaves),
        }
        self.store.journal.intent(
            Step(
                op_id=op_id,
                seq=intent.seq,
                kind=step.verb,
                method=step.request.method,
                path=step.request.path,
                params=params,
                params_hmac=self.ports.fingerprint(_spelt(step.request.params)),
                pre=pre,
                pre_image={path: shown(live.intended.get(path)) for path in step.leaves},
                sent_at=self.ports.now(),
            ),
            lease,
        )

    def accepted(self, op_id: str, seq: int, upid: str, lease: Lease) -> None:
        """Write a task's UPID."""
        self.store.journal.accepted(_key_of_step(op_id, seq), upid, self.ports.now(), lease)

    def settle(self, memory: Memory, manager: str, end: Settle, lease: Lease) -> Memory:
        """Write how a step ended, and what follows from it for binding and base."""
        assert memory.op is not None
        result: dict[str, object] = {"upid": end.upid} if end.upid else {}
        if end.error:
            result["error"] = end.error
        if end.lines:
            result["log"] = list(end.lines[-50:])
        with self.store.transaction():
            step = _key_of_step(memory.op.op_id, end.seq)
            self.store.journal.done(step, StepOutcome(end.state, self.ports.now(), result), lease)
            if end.owned is not None:
                self.store.objects.set_owned(memory.known.uid, manager, end.owned)
            return self.records.vmids.bind(memory, end.bind)

    def finish(self, memory: Memory, manager: str, outcome: Outcome, lease: Lease) -> None:
        """Close an operation that wanted the object to be; its row, base and last observation with it.

        An operation of which a write may still be under way stays open, so that the next run resolves it.
        """
        assert memory.op is not None
        assert memory.stored is not None
        now = self.ports.now()
        done = outcome.result in (Result.DONE, Result.UNCHANGED)
        with self.store.transaction():
            if done:
                self.store.objects.set_owned(memory.known.uid, manager, outcome.owned)
                if manager != IMPORT and IMPORT in memory.known.bases:
                    self.store.objects.set_owned(memory.known.uid, IMPORT, {})
                if REBUILT in memory.known.bases:
                    self.store.objects.set_owned(memory.known.uid, REBUILT, {})
                self.records.vmids.bind(memory, outcome.live)
                row = replace(memory.stored, observed_generation=memory.stored.generation, updated_at=now)
                self.store.objects.put(row)
                self.records.observed(memory, outcome.live)
                self.store.journal.finish_op(memory.op.op_id, OpState.DONE, now, lease)
            elif outcome.result is not Result.INTERRUPTED and not self._unfinished(memory.op.op_id):
                self.store.journal.finish_op(memory.op.op_id, OpState.FAILED, now, lease)

    def _unfinished(self, op_id: str) -> bool:
        """Whether the operation must be gone on with: a write in flight, or a guest made and not yet complete."""
        steps = self.store.journal.steps(op_id)
        open_states = (StepState.INTENT, StepState.ACCEPTED, StepState.UNKNOWN)
        return any(s.state in open_states or (s.kind in CREATING and s.state in _MADE) for s in steps)

    def finish_removal(self, memory: Memory, way: str, outcome: Outcome, lease: Lease) -> None:
        """Close an operation that wanted the object gone: its row goes, its VMID rests; or it is kept in the trash.

        What is only staged to go keeps its row until that is applied, and a file that somebody has until it may go.
        """
        assert memory.op is not None
        now = self.ports.now()
        with self.store.transaction():
            if outcome.result in (Result.DONE, Result.UNCHANGED):
                self.store.journal.finish_op(memory.op.op_id, OpState.DONE, now, lease)
                if way == TRASH:
                    self.records.put_into_trash(memory, self.store.journal.steps(memory.op.op_id))
                elif memory.stored is None or not (
                    self.ports.kind_of(memory.stored.key.kind).domain or stays(memory, outcome.live)
                ):
                    self.records.forget(memory)
            elif outcome.result is not Result.INTERRUPTED and not self._unfinished(memory.op.op_id):
                self.store.journal.finish_op(memory.op.op_id, OpState.FAILED, now, lease)


_MADE = (StepState.DONE, StepState.WARN)


def _key_of_step(op_id: str, seq: int) -> Step:
    return Step(op_id, seq, "", "", "")


def _spelt(params: Mapping[str, object]) -> str:
    """Return parameters as one text for their HMAC, secrets opened."""
    return json.dumps({k: _opened(v) for k, v in params.items()}, sort_keys=True, default=str)


def _opened(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [_opened(each) for each in value]
    return value.reveal() if isinstance(value, Secret) else value
