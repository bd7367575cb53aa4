"""Texts of log and tasks as recorded (``update VM 100: …``, ``end task UPID:…``)."""

from pxhelm.actions.authors import author, read_deeds
from pxhelm.proxmox.request import Request

LOG = [
    {"msg": "update VM 100: -cores 2", "time": 50, "user": "alice@pve"},
    {"msg": "end task UPID:pve1:00001320:0003E092:6B0498B3:qmstart:101:root@pam: OK", "time": 60, "user": "root@pam"},
    {"msg": "end task UPID:pve1:00001321:0003E092:6B0498B3:vncproxy:100:bob@pve: OK", "time": 70, "user": "bob@pve"},
    {
        "msg": "end task UPID:pve1:00001322:0003E092:6B0498B3:reloadnetworkall::root@pam: OK",
        "time": 70,
        "user": "root@pam",
    },
]
TASKS = [
    {"id": "102", "type": "vzstart", "endtime": 65, "starttime": 64, "user": "carol@pve"},
    {"id": "", "type": "aptupdate"},
]


def deeds():
    asked = read_deeds()
    request = next(asked)
    try:
        while True:
            assert isinstance(request, Request)
            data = LOG if request.path == "/cluster/log" else TASKS
            request = asked.send(type("Response", (), {"data": data})())
    except StopIteration as end:
        return end.value


def test_log_and_tasks_name_who_touched_a_guest():
    found = deeds()
    assert author(found, 100, 40, 80) == "alice@pve"
    assert author(found, 101, 40, 80) == "root@pam"
    assert author(found, 102, 40, 80) == "carol@pve"


def test_nobody_is_named_for_another_guest_or_another_time():
    found = deeds()
    assert author(found, 103, 40, 80) == ""
    assert author(found, 100, 55, 80) == ""
