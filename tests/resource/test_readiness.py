"""When a guest is ready in the words of its manifest."""

import http.server
import threading

import pytest

from pxhelm.apply.reach import reach
from pxhelm.proxmox.request import Response, drive
from pxhelm.resource.model import Existence, Live
from pxhelm.resource.readiness import Reach, declared, unready
from tests.apply.lab import Lab

LIVE = Live(Existence.PRESENT, {"networks.net0.mac": "BC:24:11:00:00:01"}, node="n", vmid=100, power="running")
INTERFACES = {
    "result": [
        {"name": "lo", "hardware-address": "00:00:00:00:00:00", "ip-addresses": [{"ip-address": "127.0.0.1"}]},
        {"name": "eth1", "hardware-address": "bc:24:11:00:00:02", "ip-addresses": [{"ip-address": "192.168.7.7"}]},
        {
            "name": "eth0",
            "hardware-address": "bc:24:11:00:00:01",
            "ip-addresses": [{"ip-address": "fe80::1"}, {"ip-address": "10.0.0.5"}, {"ip-address": "fd00::5"}],
        },
    ]
}


class Guest:
    """A guest that answers what it is told to."""

    def __init__(self, **answers):
        self.answers = answers
        self.reached = []

    def send(self, request):
        from pxhelm.proxmox.errors import ApiError, Failure

        found = self.answers.get(request.path.rpartition("/")[2].replace("-", "_"))
        if found is None:
            raise ApiError(Failure(request.method, request.path, 500, "QEMU guest agent is not running", {}))
        return Response(found)

    def ask(self, leaves, live=LIVE, *, answers=True):
        def port(target):
            self.reached.append(target)
            return answers

        return drive(unready(live, leaves, "qemu", port), self.send, lambda _: None)


def test_a_guest_that_declares_nothing_is_not_asked():
    assert not declared({"readiness.timeout": 60, "readiness.agent": False, "cpu.cores": 2})
    assert declared({"readiness.tcp.port": 22})


def test_a_stopped_guest_is_not_ready_and_is_asked_nothing():
    stopped = Live(Existence.PRESENT, node="n", vmid=100, power="stopped")
    assert Guest().ask({"readiness.agent": True}, stopped) == "it does not run"


@pytest.mark.parametrize(("ping", "ready"), [({"ping": {}}, True), ({}, False)])
def test_the_agent_has_to_answer(ping, ready):
    assert (Guest(**ping).ask({"readiness.agent": True}) == "") is ready


@pytest.mark.parametrize(
    ("wish", "host"),
    [
        ({}, "192.168.7.7"),
        ({"readiness.address.network": "net0"}, "10.0.0.5"),
        ({"readiness.address.network": "net0", "readiness.address.family": "ipv6"}, "fd00::5"),
        ({"readiness.address.cidr": "10.0.0.0/8"}, "10.0.0.5"),
        ({"networks.net0.ip": "10.9.9.9/24"}, "10.9.9.9"),
    ],
)
def test_a_port_is_asked_at_the_address_that_fits(wish, host):
    guest = Guest(network_get_interfaces=INTERFACES)
    assert guest.ask({**wish, "readiness.tcp.port": 22}) == ""
    assert guest.reached == [Reach(host, 22)]


def test_what_does_not_answer_is_named():
    guest = Guest(network_get_interfaces=INTERFACES)
    wish = {"networks.net0.ip": "10.9.9.9/24", "readiness.http.path": "/healthz", "readiness.http.scheme": "https"}
    assert guest.ask(wish, answers=False) == "https://10.9.9.9:443/healthz does not answer"
    assert Guest(network_get_interfaces={"result": []}).ask({"readiness.tcp.port": 22}).startswith("it has no address")


@pytest.mark.parametrize(
    ("told", "ready"), [("status: done\n", True), ("status: running\n", False), ("status: error\n", False)]
)
def test_cloud_init_has_to_be_done(told, ready):
    guest = Guest(exec={"pid": 7}, exec_status={"exited": 1, "out-data": told})
    assert (guest.ask({"readiness.cloudInit": True}) == "") is ready


def test_ports_and_pages_are_reached_for_real():
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/healthz" else 503)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        assert reach(Reach("127.0.0.1", port))
        assert reach(Reach("127.0.0.1", port, "http", "/healthz"))
        assert not reach(Reach("127.0.0.1", port, "http", "/"))
        server.shutdown()
    assert not reach(Reach("127.0.0.1", port))


def test_what_waits_for_a_guest_to_be_ready_is_not_begun_before(tmp_path):
    first = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: db}
spec:
  disks: {scsi0: {storage: local-lvm, size: 1G}}
  networks: {net0: {bridge: vmbr0, ip: 127.0.0.2/8}}
  readiness: {tcp: {port: 9}, timeout: 1s}
"""
    second = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web, annotations: {pxhelm.io/depends-on: "VirtualMachine/default/db:Ready"}}
spec:
  disks: {scsi0: {storage: local-lvm, size: 1G}}
"""
    lab = Lab(tmp_path)
    try:
        result = lab.apply(first.strip(), second.strip())
        outcomes = {o.key.name: o.outcome for o in result.objects}
        assert outcomes["db"].reason == "NotReady"
        assert outcomes["web"].reason == "Dependency"
        assert not lab.apply(first.strip()).failed
    finally:
        lab.close()
