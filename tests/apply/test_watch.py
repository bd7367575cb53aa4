"""One list for all tasks under way: it hastens and spares questions, and proves nothing."""

import json

from pxhelm.apply.command import Result
from pxhelm.apply.engine import ApplyRequest
from pxhelm.apply.shared import Settings
from pxhelm.apply.watch import LONGEST, Watch
from pxhelm.proxmox.cluster import TaskEntry
from pxhelm.proxmox.task import Polling, TaskState, Upid
from tests.apply.lab import QUICK, vm

ONE, TWO, THREE = (f"UPID:n1:0000000{n}:00000001:6560D880:qmstart:10{n}:root@pam:" for n in (1, 2, 3))


def listed(*states):
    return [TaskEntry(Upid.parse(upid), state) for upid, state in states]


def watching(*upids):
    watch = Watch()
    for upid in upids:
        watch.begin(upid)
    return watch


def test_a_list_is_asked_for_only_when_it_spares_questions():
    assert not watching(ONE, TWO).worthwhile
    watch = watching(ONE, TWO, THREE)
    assert watch.worthwhile
    watch.end(TWO)
    assert not watch.worthwhile


def test_a_task_that_is_shown_as_running_is_asked_for_more_rarely_but_is_asked_for():
    watch = watching(ONE, TWO)
    assert watch.hear(listed((ONE, TaskState.RUNNING))) is False
    assert watch.pause(ONE, 1.0) == 2.0
    assert watch.pause(ONE, 4.0) == LONGEST
    assert watch.pause(TWO, 1.0) == 1.0  # not in the list: nothing is known


def test_an_end_in_the_list_is_told_once_for_each_list():
    watch = watching(ONE)
    over = listed((ONE, TaskState.OK))
    assert watch.hear(over) is True
    assert watch.calls(ONE)
    assert not watch.calls(ONE)
    assert watch.pause(ONE, 1.0) == 1.0
    watch.hear(over)
    assert watch.calls(ONE)


def test_tasks_of_others_are_nobodys_news():
    watch = watching(ONE)
    assert watch.hear(listed((TWO, TaskState.FAILED))) is False
    assert not watch.calls(ONE)


def test_without_a_list_tasks_are_asked_for_as_ever():
    watch = watching(ONE)
    watch.hear(listed((ONE, TaskState.RUNNING)))
    assert watch.deaf() is False
    assert watch.pause(ONE, 1.0) == 1.0


LISTENING = ApplyRequest(
    Settings(polling=Polling(first=0.05, longest=0.4), listing=Polling(first=0.02, factor=1.0)), QUICK.patience
)
NAMES = [f"web-{n}" for n in range(4)]


def applied(lab, listing):
    """Apply four guests over a connection in which the list of tasks is what ``listing`` makes of it."""
    asked = []

    def send(method, path, params, headers, body=None):
        status, reason, told, found = lab.simulator.send(method, path, params, headers, body)
        if path.endswith("/cluster/tasks"):
            asked.append(path)
            found = json.dumps({"data": listing(json.loads(found)["data"])}).encode()
        return status, reason, told, found

    from pxhelm.apply.engine import apply_plan
    from pxhelm.apply.planning import PlanRequest, plan_objects

    ports = lab.ports(cluster=lab.client_over(send))
    wanted = lab.resources(*(vm(name) for name in NAMES))
    result = apply_plan(ports, plan_objects(ports, wanted, PlanRequest()), LISTENING)
    assert {o.outcome.result for o in result.objects} == {Result.DONE}, [o.outcome.message for o in result.failed]
    assert sorted(row["name"] for row in lab.guests().values()) == NAMES
    return asked


def test_tasks_of_many_guests_are_watched_by_one_list(lab_of):
    assert applied(lab_of(time_scale=0.1), lambda rows: rows)


def test_a_list_that_shows_every_task_as_ended_is_not_believed(lab_of):
    assert applied(lab_of(time_scale=0.1), lambda rows: [{**row, "endtime": 1, "status": "ERROR"} for row in rows])


def test_a_list_without_our_tasks_changes_nothing(lab_of):
    assert applied(lab_of(time_scale=0.1), lambda rows: [])
