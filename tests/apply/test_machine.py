"""One object's machine in dialogues: what it is told, what it asks for next."""

from dataclasses import replace

import pytest

from pxhelm.apply import command as c
from pxhelm.apply.command import Result
from pxhelm.apply.job import OpenStep
from pxhelm.plan.model import Action
from pxhelm.proxmox.task import TaskResult, TaskState, Upid
from pxhelm.resource.model import Existence, Live
from pxhelm.store.journal import StepState
from tests.apply.playbook import Playbook, absent, made, making, task

DONE, SKIPPED, FAILED = StepState.DONE, StepState.SKIPPED, StepState.FAILED


def test_a_create_is_intended_sent_accepted_followed_and_observed():
    play = Playbook()
    play.expects(c.Observe).says(absent())
    play.expects(c.Admit, verb="create").says(c.Admitted)
    play.expects(c.Intend, verb="create").noted()
    play.expects(c.Send, method="POST", path="/nodes/n1/qemu").replied(task("qmcreate"))
    play.expects(c.Accept, upid=task("qmcreate")).noted()
    play.expects(c.Follow).ended(TaskState.OK)
    play.expects(c.Observe).says(made())
    settled = play.expects(c.Settle, state=DONE)
    assert settled.bind.vmid == 10000
    assert settled.owned == {"cpu.cores": 2, "hostname": "web", "power.policy": "Stopped"}
    settled.noted()
    assert play.ends(Result.DONE).steps == 1


def test_nothing_to_do_sends_nothing():
    play = Playbook(live_is_ours=True)
    play.expects(c.Observe).says(made())
    assert play.ends(Result.UNCHANGED).steps == 0


def test_waiting_for_a_turn_means_looking_again_before_sending():
    play = Playbook(live_is_ours=True)
    play.expects(c.Observe).says(made(cores=1))
    play.expects(c.Admit, verb="config").says(lambda now: c.Admitted(now, waited=True))
    play.expects(c.Observe).says(made())
    play.expects(c.Leave).noted()
    play.ends(Result.UNCHANGED)


def test_a_foreign_guest_that_appears_while_waiting_is_not_written_to():
    play = Playbook(live_is_ours=True)
    play.expects(c.Observe).says(made(cores=1))
    play.expects(c.Admit).says(lambda now: c.Admitted(now, waited=True))
    play.expects(c.Observe).says(made(uid="somebody"))
    play.expects(c.Leave).noted()
    assert play.ends(Result.BLOCKED).reason == "IdentityConflict"


def test_a_lost_vmid_race_takes_another_vmid():
    play = Playbook()
    play.up_to_send()
    play.refused(500, "unable to create VM 10000 - VM 10000 already exists on node 'n2'")
    play.expects(c.Settle, state=FAILED).noted()
    play.expects(c.Observe, relist=True).says(made(uid="somebody"))
    play.expects(c.Rebind, quarantine=False).retargeted(10001)
    play.expects(c.Observe).says(absent())
    play.expects(c.Admit).says(c.Admitted)
    intended = play.expects(c.Intend)
    assert intended.target.vmid == 10001
    assert intended.step.request.params["vmid"] == 10001
    intended.noted()


def test_a_lost_answer_is_resolved_by_the_task_that_it_started():
    play = Playbook()
    play.up_to_send()
    play.refused(0, "connection reset by peer", sent=True)
    play.expects(c.Observe, relist=True).says(making())
    play.expects(c.FindTask, vmid=10000).found(task("qmcreate"))
    play.expects(c.Accept, upid=task("qmcreate")).noted()
    play.expects(c.Follow).ended(TaskState.OK)
    play.expects(c.Observe).says(made())
    play.expects(c.Settle, state=DONE).noted()
    play.ends(Result.DONE)


def test_a_lost_request_is_sent_again_with_the_same_vmid_after_a_while():
    play = Playbook()
    play.up_to_send()
    play.refused(0, "connection reset by peer", sent=True)
    while True:
        play.expects(c.Observe, relist=True).says(absent())
        play.expects(c.FindTask).found("")
        if play.next_is(c.Settle):
            break
        play.expects(c.Pause).woke()
    assert play.now - play.sent_at >= 5.0
    play.expects(c.Settle, state=SKIPPED).noted()
    play.expects(c.Admit).says(c.Admitted)
    assert play.expects(c.Intend).noted().target.vmid == 10000


@pytest.mark.parametrize("state", [DONE, SKIPPED])
def test_an_open_config_write_is_done_if_it_holds_and_is_sent_again_if_not(state):
    play = Playbook(live_is_ours=True, open_steps=(OpenStep(1, "config", "n1", leaves=("cpu.cores",)),))
    play.expects(c.Observe).says(made() if state is DONE else made(cores=1))
    play.expects(c.FindTask).found("")
    play.expects(c.Settle, state=state, seq=1).noted()
    if state is DONE:
        play.ends(Result.DONE)
    else:
        play.expects(c.Admit, verb="config").says(c.Admitted)


def test_an_accepted_clone_of_a_dead_process_is_followed_before_anything_else():
    play = Playbook(open_steps=(OpenStep(1, "create", "n1", upid=task("qmcreate"), vmid=10000),))
    play.expects(c.Follow, upid=task("qmcreate")).ended(TaskState.OK)
    play.expects(c.Observe).says(made())
    play.expects(c.Settle, state=DONE, seq=1).noted()
    play.ends(Result.DONE)


def test_a_create_whose_task_failed_begins_again():
    play = Playbook(open_steps=(OpenStep(1, "create", "n1", upid=task("qmcreate"), vmid=10000),))
    play.expects(c.Follow).ended(TaskState.FAILED, "no space left")
    play.expects(c.Observe).says(absent())
    play.expects(c.Settle, state=FAILED, seq=1).noted()
    play.expects(c.Admit, verb="create").says(c.Admitted)
    assert play.expects(c.Intend).noted().seq == 2


def test_the_remains_of_a_crashed_node_are_left_alone_and_another_vmid_is_taken():
    play = Playbook(open_steps=(OpenStep(1, "create", "n1", sent_at=0.0, vmid=10000),), now=1000.0)
    play.expects(c.Observe, relist=True).says(making())
    play.expects(c.FindTask).found("")
    play.expects(c.Settle, state=FAILED).noted()
    assert "qm unlock 10000 && qm destroy 10000" in play.expects(c.Say).noted().message
    play.expects(c.Rebind, quarantine=True).retargeted(10001)


def test_a_guest_under_creation_without_a_task_to_be_seen_gets_time():
    play = Playbook(open_steps=(OpenStep(1, "create", "n1", sent_at=990.0, vmid=10000),), now=1000.0)
    play.expects(c.Observe).says(making())
    play.expects(c.FindTask).found("")
    play.expects(c.Pause).woke()
    play.expects(c.Observe).says(made())
    play.expects(c.Settle, state=DONE).noted()
    play.ends(Result.DONE)


def test_a_foreign_edit_between_look_and_write_is_looked_at_and_merged():
    play = Playbook(live_is_ours=True)
    play.expects(c.Observe).says(made(cores=1))
    play.through_intend("config")
    assert play.expects(c.Send).request.params["digest"] == "d1"
    play.refused(500, "checksum mismatch (file change by other user?)")
    play.expects(c.Settle, state=FAILED).noted()
    play.expects(c.Observe).says(made(cores=1, digest="d9"))
    play.through_intend("config")
    assert play.expects(c.Send).request.params["digest"] == "d9"


def test_a_foreign_editor_who_never_stops_is_a_conflict_after_five_times():
    play = Playbook(live_is_ours=True)
    play.expects(c.Observe).says(made(cores=1))
    for number in range(5):
        play.through_intend("config")
        play.expects(c.Send)
        play.refused(500, "checksum mismatch (file change by other user?)")
        play.expects(c.Settle, state=FAILED).noted()
        play.expects(c.Observe).says(made(cores=1, digest=f"e{number}"))
    assert play.ends(Result.FAILED).reason == "Conflict"


def test_a_busy_guest_is_waited_for_until_the_patience_ends():
    play = Playbook(live_is_ours=True)
    locked = replace(made(cores=1), lock="backup")
    play.expects(c.Observe).says(locked)
    pauses = []
    while play.next_is(c.Pause):
        pauses.append(play.expects(c.Pause).woke().seconds)
        play.expects(c.Observe).says(locked)
    outcome = play.ends(Result.BLOCKED)
    assert outcome.reason == "Lock"
    assert pauses == sorted(pauses)
    assert 1800 <= sum(pauses) <= 1860
    assert play.sent == 0


def test_what_cannot_be_seen_is_never_made_anew():
    play = Playbook(live_is_ours=True)
    unknown = Live(Existence.UNKNOWN, reason="node n1 is offline", vmid=10000)
    play.expects(c.Observe).says(unknown)
    while play.next_is(c.Pause):
        play.expects(c.Pause).woke()
        play.expects(c.Observe).says(unknown)
    assert play.ends(Result.BLOCKED).reason == "ObservationUnknown"
    assert play.sent == 0


def test_a_missing_right_ends_it_with_its_name():
    play = Playbook(live_is_ours=True)
    play.expects(c.Observe).says(made(cores=1))
    play.through_intend("config")
    play.expects(c.Send)
    play.refused(403, "Permission check failed (/vms/10000, VM.Config.CPU)")
    play.expects(c.Settle, state=FAILED).noted()
    play.expects(c.Observe).says(made(cores=1))
    outcome = play.ends(Result.FAILED)
    assert (outcome.reason, "VM.Config.CPU" in outcome.hint) == ("PermissionDenied", True)


def test_a_failed_task_whose_effect_is_there_is_no_failure():
    """Some starts fail and the guest runs: what is there decides."""
    play = Playbook()
    play.up_to_send().replied(task("qmcreate"))
    play.expects(c.Accept).noted()
    play.expects(c.Follow).ended(TaskState.FAILED, "timeout waiting on systemd")
    play.expects(c.Settle, state=FAILED).noted()
    play.expects(c.Observe).says(made())
    if play.next_is(c.Pause):
        play.expects(c.Pause).woke()
        play.expects(c.Observe).says(made())
    play.ends(Result.DONE)


def test_a_step_that_the_plan_does_not_hold_is_refused_and_named():
    play = Playbook(live_is_ours=True, planned=())
    play.expects(c.Observe).says(made(cores=1))
    outcome = play.ends(Result.BLOCKED)
    assert outcome.reason == "NotInPlan"
    assert "config" in outcome.message
    assert "cpu.cores" in outcome.message


def test_a_saved_plan_refuses_what_changed_since():
    play = Playbook(live_is_ours=True, strict=True, digest="d0")
    play.expects(c.Observe).says(made(cores=1, digest="d1"))
    assert play.ends(Result.BLOCKED).reason == "Stale"


def test_an_accepted_write_without_effect_is_not_sent_twice():
    play = Playbook(live_is_ours=True)
    play.expects(c.Observe).says(made(cores=1))
    play.through_intend("config")
    play.expects(c.Send).replied(None)
    play.expects(c.Observe).says(made(cores=1))
    play.expects(c.Settle, state=DONE).noted()
    while play.next_is(c.Pause):
        play.expects(c.Pause).woke()
        play.expects(c.Observe).says(made(cores=1))
    assert play.ends(Result.FAILED).reason == "NoEffect"
    assert play.sent == 1


def test_a_removal_buries_stops_and_destroys_and_ends_when_it_is_gone():
    play = Playbook(live_is_ours=True, wanted=False)
    play.expects(c.Observe).says(made(power="stopped"))
    play.through_intend("tombstone")
    play.expects(c.Send, method="PUT").replied(None)
    buried = replace(made(power="stopped"), marker=made().marker.buried_by("op"))
    play.expects(c.Observe).says(buried)
    play.expects(c.Settle, state=DONE).noted()
    play.through_intend("destroy")
    play.expects(c.Send, method="DELETE").replied(task("qmdestroy"))
    play.expects(c.Accept).noted()
    play.expects(c.Follow).ended(TaskState.OK)
    play.expects(c.Observe).says(absent())
    play.expects(c.Settle, state=DONE).noted()
    play.ends(Result.DONE)


def test_a_guest_that_somebody_made_at_once_where_ours_was_destroyed_is_left_alone():
    play = Playbook(live_is_ours=True, wanted=False, open_steps=(OpenStep(3, "destroy", "n1", task("qmdestroy")),))
    play.expects(c.Follow).ended(TaskState.OK)
    play.expects(c.Observe).says(made(uid="somebody"))
    play.expects(c.Settle, state=DONE).noted()
    play.ends(Result.DONE)
    assert play.sent == 0


def test_a_replacement_takes_a_new_vmid_after_the_old_guest_is_gone():
    play = Playbook(live_is_ours=True, action=Action.REPLACE)
    play.expects(c.Observe).says(made(power="stopped"))
    play.through_intend("tombstone")
    play.expects(c.Send).replied(None)
    play.expects(c.Observe).says(absent())
    play.expects(c.Settle).noted()
    play.expects(c.Rebind, quarantine=True).retargeted(10001)
    play.expects(c.Observe).says(absent())
    play.expects(c.Admit, verb="create").says(c.Admitted)


def test_secrets_never_stand_in_an_error():
    play = Playbook(secret="correct horse")
    play.up_to_send()
    play.refused(400, "Parameter verification failed. cipassword: 'correct horse' is too short")
    assert "correct horse" not in play.expects(c.Settle, state=FAILED).noted().error


def test_the_warnings_of_a_task_are_told_and_remembered():
    play = Playbook()
    play.up_to_send().replied(task("qmcreate"))
    play.expects(c.Accept).noted()
    log = ("creating", "WARN: the storage is slow", "TASK WARNINGS: 1")
    result = TaskResult(Upid.parse(task("qmcreate")), TaskState.WARNINGS, "WARNINGS: 1", log)
    play.expects(c.Follow)
    play.go_on(c.Ended(play.now, result))
    play.expects(c.Observe).says(made())
    play.expects(c.Settle, state=StepState.WARN, lines=log).noted()
    said = play.expects(c.Say, reason="TaskWarnings")
    assert said.message.startswith("the create ended with warnings: WARN: the storage is slow")
    said.noted()
    play.ends(Result.DONE)
