"""Every row of engine.md D8.3: a write of which nobody knows the end, what is found, and what follows from it."""

import email.utils
from dataclasses import dataclass, field, replace

import pytest

from pxhelm.apply import command as c
from pxhelm.apply.command import Result
from pxhelm.apply.job import OpenStep
from pxhelm.apply.tasks import Search, find_task
from pxhelm.proxmox.request import Response, drive
from pxhelm.proxmox.task import TaskState
from pxhelm.resource.model import Existence, Live
from tests.apply.playbook import Asked, Playbook, absent, made, making, task

NOW = 1000.0
CREATE = OpenStep(1, "create", "n1", sent_at=NOW - 1, vmid=10000)
LONG_AGO = replace(CREATE, sent_at=NOW - 600)
CONFIG = OpenStep(1, "config", "n1", sent_at=NOW - 1, leaves=("cpu.cores",), vmid=10000)
RESIZE = replace(CONFIG, verb="resize", leaves=("disks.scsi0.size",))
START = replace(CONFIG, verb="start", leaves=())
DESTROY = replace(CONFIG, verb="destroy", leaves=())
UNKNOWN = Live(Existence.UNKNOWN, reason="node n1 is offline", vmid=10000)


@dataclass
class Row:
    """Given, found, and what has to follow."""

    step: OpenStep
    seen: list
    then: list
    """The commands that have to come, in this order, among others."""
    never: list = field(default_factory=list)
    found: str = ""
    ends: Result = Result.DONE
    wanted: bool = True
    ours: bool = False


def after(*lives):
    return list(lives)


TABLE = {
    "create, not there, a task of it runs: it is followed": Row(
        CREATE, after(absent(), made()), ["FindTask", "Accept", "Follow"], ["Send"], task("qmcreate")
    ),
    "create, not there, no task, just sent: it is waited for": Row(
        CREATE, after(absent(), made()), ["FindTask", "Pause"], ["Send"]
    ),
    "create, not there, no task, long ago: it is sent again with the same VMID": Row(
        LONG_AGO, after(absent(), absent(), absent(), made()), ["FindTask", "Send vmid=10000"], ["Rebind"]
    ),
    "create, locked for its creation, a task of it runs: it is followed": Row(
        CREATE, after(making(), made()), ["FindTask", "Accept", "Follow"], ["Send", "Rebind"], task("qmcreate")
    ),
    "create, locked, no task, for more than two minutes: remains, and another VMID": Row(
        LONG_AGO, after(making(), absent(), made(vmid=10001)), ["FindTask", "Say Stuck", "Rebind", "Send vmid=10001"]
    ),
    "create, unlocked and ours: it happened": Row(CREATE, after(made()), ["Settle DONE"], ["Send", "Rebind"]),
    "create, unlocked and somebody else's: the race is lost, and another VMID": Row(
        LONG_AGO,
        after(made(uid="theirs"), made(uid="theirs"), made(uid="theirs"), absent(), made(vmid=10001)),
        ["Settle SKIPPED", "Rebind", "Send vmid=10001"],
    ),
    "config, holds already: done": Row(CONFIG, after(made()), ["Settle DONE"], ["Send"], ours=True),
    "config, digest as before and not as wanted: sent again": Row(
        CONFIG,
        after(made(cores=1), made(cores=1), made(cores=1), made()),
        ["Settle SKIPPED", "Send digest=d1"],
        ours=True,
    ),
    "config, somebody else edited it: planned again, with the digest that is there now": Row(
        CONFIG,
        after(made(cores=3, digest="d9"), made(cores=3, digest="d9"), made(cores=3, digest="d9"), made()),
        ["Settle SKIPPED", "Send digest=d9"],
        ours=True,
    ),
    "resize, as large as wanted: done": Row(RESIZE, after(made()), ["Settle DONE"], ["Send"], ours=True),
    "start, its task ended well: followed, and judged by what is there": Row(
        START,
        after(made(power="stopped")),
        ["FindTask", "Accept", "Follow", "Settle DONE"],
        ["Send"],
        task("qmstart"),
        ours=True,
    ),
    "destroy, it is gone: done": Row(DESTROY, after(absent()), ["Settle DONE"], ["Send"], wanted=False, ours=True),
    "destroy, somebody else has the VMID: done, and theirs is left alone": Row(
        DESTROY, after(made(uid="theirs")), ["Settle DONE"], ["Send"], wanted=False, ours=True
    ),
    "anything, and it cannot be seen: nothing is concluded": Row(
        CREATE, after(UNKNOWN), ["Pause"], ["Send", "Rebind", "Settle"], ends=Result.BLOCKED
    ),
}


def spoken(asked):
    """Return a command as the table names it."""
    name = type(asked).__name__
    if isinstance(asked, c.Settle):
        return f"{name} {asked.state.value}"
    if isinstance(asked, c.Say):
        return f"{name} {asked.reason}"
    if isinstance(asked, c.Send):
        params = asked.request.params
        told = next((f"{key}={params[key]}" for key in ("vmid", "digest") if key in params), "")
        return f"{name} {told}".rstrip()
    return name


def answered(play, row, seen):
    """Answer whatever is asked, as the row has it."""
    asked = play.pending
    answer = Asked(play, asked)
    if isinstance(asked, c.Observe):
        answer.says(seen.pop(0) if len(seen) > 1 else seen[0])
    elif isinstance(asked, c.FindTask):
        answer.found(row.found)
    elif isinstance(asked, c.Follow):
        answer.ended(TaskState.OK)
    elif isinstance(asked, c.Pause):
        answer.woke()
    elif isinstance(asked, c.Rebind):
        answer.retargeted(10001)
    elif isinstance(asked, c.Admit):
        answer.says(c.Admitted)
    elif isinstance(asked, c.Send):
        answer.replied(None)
    else:
        answer.noted()
    return spoken(asked)


@pytest.mark.parametrize("name", TABLE)
def test_a_write_left_open_is_resolved_by_what_is_found(name):
    row = TABLE[name]
    play = Playbook(live_is_ours=row.ours, wanted=row.wanted, open_steps=(row.step,), now=NOW)
    seen, trace = list(row.seen), []
    while play.outcome is None and len(trace) < 60:
        trace.append(answered(play, row, seen))
    assert play.outcome is not None, trace
    rest = iter(trace)
    for wanted in row.then:
        assert any(each.startswith(wanted) for each in rest), (wanted, trace)
    for never in row.never:
        assert not any(each.startswith(never) for each in trace), (never, trace)
    assert play.outcome.result is row.ends, (play.outcome, trace)


def upid(kind, start, user="root@pam!pxhelm", vmid=100):
    return f"UPID:n1:0000AAAA:0000BBBB:{int(start):08X}:{kind}:{vmid}:{user}:"


def searched(tasks, *, since=NOW, now=NOW, node_now=NOW, known=(), user="root@pam!pxhelm", clone="", log=""):
    """Return what a search finds among a node's tasks."""
    asked = c.FindTask("n1", ("qmclone",) if clone else ("qmconfig",), 100, since, clone=bool(clone))

    def send(request):
        if request.path == "/version":
            return Response({}, {}, email.utils.formatdate(node_now, usegmt=True))
        if request.path.endswith("/log"):
            return Response([{"n": 1, "t": log}], {"total": 1})
        return Response([{"upid": each} for each in tasks])

    return drive(find_task(Search(asked, now, frozenset(known), user)), send, lambda _: None)


def test_a_task_that_began_before_the_request_is_not_its_task():
    assert searched([upid("qmconfig", NOW - 10), upid("qmstart", NOW)]) == ""
    assert searched([upid("qmconfig", NOW - 10), upid("qmconfig", NOW + 1)]) == upid("qmconfig", NOW + 1)


def test_the_clock_of_the_node_decides_when_a_task_began():
    late = upid("qmconfig", NOW + 301)
    assert searched([late, upid("qmconfig", NOW)], node_now=NOW + 300) == late


def test_tasks_of_other_steps_and_of_other_people_are_left_out():
    mine = upid("qmconfig", NOW)
    assert searched([mine], known=[mine]) == ""
    assert searched([upid("qmconfig", NOW, "admin@pam")]) == ""
    assert searched([upid("qmconfig", NOW, "admin@pam")], user="") != ""


def test_a_clone_is_known_by_the_first_lines_of_its_log():
    found = upid("qmclone", NOW, vmid=9000)
    assert searched([found], clone="yes", log="creating a clone of VM 9000 with ID 100") == found
    assert searched([found], clone="yes", log="creating a clone of VM 9000 with ID 101") == ""
