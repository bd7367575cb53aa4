"""UPIDs are read and printed as Proxmox writes them; a task is followed to its end."""

import json
import re

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.errors import ApiError, ErrorClass, Failure
from pxhelm.proxmox.request import Response, drive
from pxhelm.proxmox.task import Polling, TaskError, TaskState, Upid, finish, follow, interrupt, read_log

UPID = "UPID:pve1:0000C2A1:0012D3B4:6744F0AA:qmstart:100:root@pam:"


class Answers:
    """Proxmox as a list of answers; remembers what it was asked and how long was waited."""

    def __init__(self, *answers):
        self.answers = iter(answers)
        self.asked, self.waits = [], []

    def send(self, request):
        self.asked.append((request.method, request.path.rsplit("/", 1)[1], dict(request.params)))
        assert request.node == "pve1"
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return Response(answer)

    def run(self, operation):
        return drive(operation, self.send, self.waits.append)


def stopped(exitstatus):
    return {"status": "stopped", "exitstatus": exitstatus}


def rows(*texts, start=0):
    return [{"n": start + i + 1, "t": text} for i, text in enumerate(texts)]


RUNNING = {"status": "running"}
UNREACHABLE = ApiError(Failure("GET", "/x", 595, "No route to host"))


def test_every_recorded_upid_survives(stories):
    text = json.dumps(stories)
    found = set(re.findall(r'UPID:[^"\\ /<>]*:<hex8>:<hex8>:<hex8>:[^"\\ /]*:', text))
    assert len(found) > 60
    for each in found:
        upid = each.replace("<hex8>", "000000A1", 1).replace("<hex8>", "0012D3B4", 1).replace("<hex8>", "6744F0AA")
        assert str(Upid.parse(upid)) == upid


@pytest.mark.parametrize(
    ("text", "kind", "what", "auth"),
    [
        (UPID, "qmstart", "100", "root@pam"),
        ("UPID:a-1:00000001:1FFFFFFFF:6744F0AA:imgdel:170@vmdata:op@pve!ci:", "imgdel", "170@vmdata", "op@pve!ci"),
        ("UPID:n:00000001:00000001:6744F0AA:qmmove:121-scsi0>125-scsi5:root@pam:", "qmmove", "121-scsi0>125-scsi5", "root@pam"),
        ("UPID:n:00000001:00000001:6744F0AA:startall::root@pam:", "startall", "", "root@pam"),
    ],
)  # fmt: skip
def test_all_forms_are_read(text, kind, what, auth):
    upid = Upid.parse(text)
    assert (upid.type, upid.id, upid.auth_id) == (kind, what, auth)
    assert upid.starttime == 0x6744F0AA
    assert str(upid) == text
    assert Upid.matches(text)


@pytest.mark.parametrize("text", ["", "OK", "UPID:n:1:2:3:t:i:u:", UPID[:-1], UPID + "x", f" {UPID}", None, 5])
def test_what_is_no_upid_is_refused(text):
    assert not Upid.matches(text)
    if isinstance(text, str):
        with pytest.raises(PxhelmError, match="not a UPID"):
            Upid.parse(text)


def test_a_request_to_the_ha_manager_is_not_the_deed():
    assert Upid.parse(UPID.replace("qmstart", "hastart")).only_requests
    assert not Upid.parse(UPID).only_requests


def test_polling_slows_down_to_its_longest_pause():
    proxmox = Answers(*[RUNNING] * 9, stopped("OK"))
    assert proxmox.run(follow(UPID)).state is TaskState.OK
    assert proxmox.waits[:3] == [0.5, 0.75, 1.125]
    assert proxmox.waits[-1] == 5.0
    assert {kind for _, kind, _ in proxmox.asked} == {"status"}


def test_the_path_names_the_task_quoted():
    assert Upid.parse(UPID).path == f"/nodes/pve1/tasks/{UPID.replace(':', '%3A').replace('@', '%40')}"


def test_the_log_is_told_line_by_line_and_never_twice():
    heard = []
    proxmox = Answers(
        RUNNING,
        rows("no content"),
        RUNNING,
        rows("a", "b"),
        RUNNING,
        rows(),
        stopped("OK"),
        rows("c", "TASK OK", start=2),
    )
    result = proxmox.run(follow(UPID, on_line=heard.append))
    assert heard == ["a", "b", "c", "TASK OK"]
    assert result.log == ("a", "b", "c", "TASK OK")
    assert [p["start"] for _, kind, p in proxmox.asked if kind == "log"] == [0, 0, 2, 2]


def test_whoever_asks_only_how_far_a_task_is_is_spared_the_log_of_a_good_end():
    proxmox = Answers(RUNNING, rows("a"), stopped("OK"))
    heard = []
    proxmox.run(follow(UPID, Polling(to_the_end=False), heard.append))
    assert heard == ["a"]
    proxmox = Answers(stopped("WARNINGS: 1"), rows("WARN: b"))
    assert proxmox.run(follow(UPID, Polling(to_the_end=False), heard.append)).log == ("WARN: b",)


def test_a_long_log_is_read_in_pages():
    proxmox = Answers(rows(*map(str, range(500))), rows("500", "TASK OK", start=500))
    assert len(proxmox.run(read_log(UPID))) == 502


def test_warnings_are_success_and_come_with_the_log():
    proxmox = Answers(stopped("WARNINGS: 2"), rows("WARN: something", "TASK WARNINGS: 2"))
    result = proxmox.run(finish(UPID))
    assert result.state is TaskState.WARNINGS
    assert result.log[0] == "WARN: something"


def test_a_failure_has_its_class_and_its_last_words():
    proxmox = Answers(stopped("VM is locked (backup)"), rows("TASK ERROR: VM is locked (backup)"))
    with pytest.raises(TaskError, match=r"^task qmstart 100 on pve1 failed: VM is locked \(backup\)$") as caught:
        proxmox.run(finish(UPID))
    assert (caught.value.cls, caught.value.what, caught.value.hint) == (ErrorClass.BUSY, "backup", "")
    proxmox = Answers(stopped("job errors"), rows("disk full", "TASK ERROR: job errors"))
    with pytest.raises(TaskError) as caught:
        proxmox.run(finish(UPID))
    assert caught.value.hint == "its log ends with: disk full"


@pytest.mark.parametrize("answer", [stopped("unexpected status"), {"status": "stopped"}])
def test_an_end_without_a_status_is_unknown(answer):
    result = Answers(answer).run(follow(UPID))
    assert result.state is TaskState.UNKNOWN
    assert result.verdict.cls is ErrorClass.LOST
    assert not result.succeeded


def test_a_task_that_nobody_remembers_has_an_unknown_end():
    gone = ApiError(Failure("GET", "/x", 400, "Parameter verification failed.", {"upid": "no such task"}))
    assert Answers(RUNNING, gone).run(follow(UPID)).state is TaskState.UNKNOWN


def test_a_node_out_of_reach_is_waited_for():
    proxmox = Answers(RUNNING, UNREACHABLE, UNREACHABLE, stopped("OK"))
    assert proxmox.run(follow(UPID)).state is TaskState.OK


def test_a_node_that_stays_away_leaves_the_end_unknown_after_the_patience():
    proxmox = Answers(*[UNREACHABLE] * 100)
    assert proxmox.run(follow(UPID, Polling(patience=20))).state is TaskState.UNKNOWN
    assert 20 <= sum(proxmox.waits) < 30


def test_a_right_that_is_missing_is_an_error():
    denied = ApiError(Failure("GET", "/x", 403, "Permission check failed (/nodes/pve1, Sys.Audit)"))
    with pytest.raises(ApiError, match=r"Sys\.Audit"):
        Answers(denied).run(follow(UPID))


def test_waiting_has_a_limit_when_one_is_given():
    proxmox = Answers(*[RUNNING] * 100)
    assert proxmox.run(follow(UPID, Polling(limit=10))).state is TaskState.RUNNING
    assert 10 <= sum(proxmox.waits) < 15


def test_a_task_is_interrupted_by_deleting_it():
    proxmox = Answers(None)
    proxmox.run(interrupt(UPID))
    assert proxmox.asked[0][0] == "DELETE"


def test_the_status_of_a_task_list_is_understood():
    assert TaskState.of("RUNNING") is TaskState.RUNNING
    assert TaskState.of("WARNINGS: 1") is TaskState.WARNINGS
    assert TaskState.of("received interrupt") is TaskState.FAILED
