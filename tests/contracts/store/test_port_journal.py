from dataclasses import replace

import pytest

from pxhelm.store.journal import Op, OpState, Outcome, Step, StepState
from pxhelm.store.outcome import DuplicateError, LeaseLost, NotFoundError

OP = Op("op-1", "u1", "lab", 3, "apply", "hash", "alice", 100.0)
STEP = Step(
    "op-1",
    1,
    "create",
    "POST",
    "/nodes/{node}/qemu",
    params={"vmid": 100, "cipassword": "***"},
    params_hmac="mac",
    pre={"vmid": 100},
    pre_image={"memory": [1, {"a": None}]},
    sent_at=101.0,
)


@pytest.fixture
def journal(store, lease):
    store.journal.begin_op(OP, lease)
    return store.journal


def test_an_operation_is_open_until_it_finishes(journal, lease):
    assert journal.open_ops("lab") == (replace(OP, fence_epoch=lease.epoch),)
    journal.finish_op("op-1", OpState.DONE, 150.0, lease)
    assert journal.open_ops("lab") == ()
    assert journal.op("op-1") == replace(OP, fence_epoch=lease.epoch, state=OpState.DONE, finished_at=150.0)
    assert journal.ops("u1") == (journal.op("op-1"),)


def test_an_operation_begins_once(journal, lease):
    with pytest.raises(DuplicateError):
        journal.begin_op(OP, lease)


def test_a_step_goes_from_intent_to_done(journal, lease):
    journal.intent(STEP, lease)
    assert journal.open_steps("u1") == (replace(STEP, fence_epoch=1),)
    journal.accepted(STEP, "UPID:pve1:1", 102.0, lease)
    accepted = replace(STEP, fence_epoch=1, state=StepState.ACCEPTED, upid="UPID:pve1:1", accepted_at=102.0)
    assert journal.open_steps("u1") == (accepted,)
    journal.done(STEP, Outcome(StepState.DONE, 103.0, {"exit": "OK"}), lease)
    assert journal.open_steps("u1") == ()
    assert journal.steps("op-1") == (replace(accepted, state=StepState.DONE, done_at=103.0, result={"exit": "OK"}),)


def test_an_unknown_result_stays_open(journal, lease):
    journal.intent(STEP, lease)
    journal.done(STEP, Outcome(StepState.UNKNOWN, 103.0), lease)
    assert [s.state for s in journal.open_steps("u1")] == [StepState.UNKNOWN]


def test_a_failed_step_is_closed_with_its_error(journal, lease):
    journal.intent(STEP, lease)
    journal.fail(STEP, "no space", 103.0, lease)
    assert journal.open_steps("u1") == ()
    assert journal.steps("op-1")[0].result == {"error": "no space"}


def test_sending_again_counts_the_attempt_and_forgets_the_answer(journal, lease):
    journal.intent(STEP, lease)
    journal.accepted(STEP, "UPID:1", 102.0, lease)
    journal.intent(replace(STEP, sent_at=110.0), lease)
    (step,) = journal.steps("op-1")
    assert (step.attempts, step.upid, step.accepted_at, step.sent_at, step.state) == (2, "", None, 110.0, "INTENT")


def test_open_steps_are_those_of_the_object_in_order(journal, lease):
    journal.begin_op(replace(OP, op_id="op-0", created_at=200.0), lease)
    journal.begin_op(replace(OP, op_id="op-2", uid="u2"), lease)
    for op_id, seq in (("op-0", 1), ("op-1", 2), ("op-1", 1), ("op-2", 1)):
        journal.intent(replace(STEP, op_id=op_id, seq=seq), lease)
    assert [(s.op_id, s.seq) for s in journal.open_steps("u1")] == [("op-1", 1), ("op-1", 2), ("op-0", 1)]


def test_a_result_needs_its_intent(journal, lease):
    with pytest.raises(NotFoundError, match="its intent was never written"):
        journal.done(STEP, Outcome(StepState.DONE, 1.0), lease)
    with pytest.raises(NotFoundError, match="never begun"):
        journal.finish_op("op-9", OpState.DONE, 1.0, lease)


WRITES = {
    "begin_op": lambda j, lease: j.begin_op(replace(OP, op_id="op-2"), lease),
    "intent": lambda j, lease: j.intent(replace(STEP, seq=2), lease),
    "accepted": lambda j, lease: j.accepted(STEP, "UPID:2", 300.0, lease),
    "done": lambda j, lease: j.done(STEP, Outcome(StepState.DONE, 300.0), lease),
    "fail": lambda j, lease: j.fail(STEP, "no", 300.0, lease),
    "finish_op": lambda j, lease: j.finish_op("op-1", OpState.FAILED, 300.0, lease),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_worker_that_lost_its_lease_writes_nothing(store, journal, lease, other, write):
    journal.intent(STEP, lease)
    before = journal.ops("u1"), journal.steps("op-1")
    store.leases.acquire(lease.name, other, 15, lease.expires_at + 1)
    with pytest.raises(LeaseLost):
        WRITES[write](journal, lease)
    assert (journal.ops("u1"), journal.steps("op-1")) == before


def test_the_new_holder_writes_with_its_own_epoch(store, journal, lease, other):
    journal.intent(STEP, lease)
    taken = store.leases.acquire(lease.name, other, 15, lease.expires_at + 1)
    journal.done(STEP, Outcome(StepState.DONE, 300.0), taken)
    assert journal.steps("op-1")[0].fence_epoch == taken.epoch == 2
