"""What the cluster says of itself is read as recorded, and missing parts are borne."""

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.proxmox import cluster
from pxhelm.proxmox.console import open_console
from pxhelm.proxmox.request import Response, drive
from pxhelm.proxmox.task import TaskState


class Proxmox:
    """Answers one request."""

    def __init__(self, data, date=""):
        self.data, self.date, self.request = data, date, None

    def send(self, request):
        self.request = request
        if isinstance(self.data, Exception):
            raise self.data
        return Response(self.data, {}, self.date)

    def run(self, operation):
        return drive(operation, self.send, lambda _: None)


def ask(operation, data):
    return Proxmox(data).run(operation)


def recorded(stories, path, params=None):
    found = []
    for story in stories:
        for step in story["steps"]:
            if step.get("path", "").endswith(path) and step.get("method") == "GET" and step.get("params") == params:
                expect = step["expect"]
                if expect["status"] == 200:
                    found.append((step["path"], expect["reply"]["data"]))
    assert found
    return found


def test_the_version_is_read(stories):
    for _, data in recorded(stories, "/version"):
        version = ask(cluster.version(), data)
        assert version.release == "9.2"
        assert version.numbers >= (9, 2, 11)
    assert cluster.Version("7.4-17", "7.4").numbers == (7, 4, 17)


def test_the_members_are_read(stories):
    for _, data in recorded(stories, "/cluster/status"):
        status = ask(cluster.cluster_status(), data)
        assert (status.name, [n.name for n in status.nodes]) == ("testc", ["pve1", "pve2"])
        assert status.addresses == {"pve1": "10.99.0.1", "pve2": "10.99.0.2"}
        offline = next(row for row in data if row.get("name") == "pve2")["online"] == 0
        assert status.nodes[1].online is not offline


def test_a_single_node_is_its_own_cluster():
    row = {"type": "node", "id": "node/pve", "name": "pve", "ip": "10.0.0.1", "local": 1, "online": 1, "nodeid": 0}
    status = ask(cluster.cluster_status(), [row])
    assert (status.name, status.quorate, status.nodes[0].local) == ("", True, True)


def test_tasks_are_read_with_their_state():
    upid = "UPID:pve1:0000027E:0002548B:6B0494BD:qmdestroy:100:root@pam:"
    rows = [
        {"upid": upid, "status": "OK", "endtime": 5},
        {"upid": upid, "pid": 3},
        {"upid": upid, "status": "RUNNING"},
        {"upid": upid, "status": "VM is locked (backup)", "endtime": 6},
        {"upid": upid, "endtime": 6},
        {"upid": "junk"},
    ]
    found = ask(cluster.tasks(), rows)
    running = TaskState.RUNNING
    assert [t.state for t in found] == [TaskState.OK, running, running, TaskState.FAILED, TaskState.UNKNOWN]
    assert found[0].upid.id == "100"


def test_the_clock_of_the_server_is_read_from_the_date():
    assert Proxmox({}, "Mon, 23 Nov 2026 19:00:00 GMT").run(cluster.server_clock()) == 1795460400
    with pytest.raises(PxhelmError, match="clock"):
        Proxmox({}, "").run(cluster.server_clock())


def test_a_console_ticket_does_not_show_itself():
    proxmox = Proxmox({"port": "5900", "ticket": "PVEVNC:a+b", "user": "root@pam", "upid": "UPID"})
    ticket = proxmox.run(open_console("/nodes/n/qemu/100", "vncproxy", "n"))
    assert proxmox.request.path == "/nodes/n/qemu/100/vncproxy"
    assert ticket.websocket == "/nodes/n/qemu/100/vncwebsocket?port=5900&vncticket=PVEVNC%3Aa%2Bb"
    assert "PVEVNC" not in repr(ticket)
    with pytest.raises(PxhelmError, match="no ticket"):
        ask(open_console("/nodes/n", "termproxy", "n"), {})
