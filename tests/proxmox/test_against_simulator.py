"""The client and the simulated cluster, which share no code but the schema, understand each other."""

import contextlib
import random
import time

import pytest

from pxhelm.proxmox import cluster, schema, task
from pxhelm.proxmox.auth import Login, parse_token
from pxhelm.proxmox.check import check
from pxhelm.proxmox.client import Client, LocalTransport
from pxhelm.proxmox.connection import Connection, Limits, Tls
from pxhelm.proxmox.console import open_console
from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import Download, Request, Upload, call
from pxhelm.proxmox.wire import normal, parse_value, print_property
from pxhelm.secret import Secret
from pxhelm.simulator import seed
from pxhelm.simulator.options import Options
from pxhelm.simulator.serve import Server, open_simulator
from pxhelm.simulator.validate import check_parameters
from tests.proxmox.test_wire import canonical, written_by_hand

NODE = "pve-node1"
CREATE = schema.load().endpoint("POST", "/nodes/n/qemu").parameters
LIMITS = Limits(read=2.0, pauses=(0.01, 0.01, 0.01))
QUICKLY = task.Polling(first=0.01, longest=0.05)


@contextlib.contextmanager
def served(*faults, auth=None, **options):
    server = Server(Options(port=0, time_scale=0.01, faults=faults, **options))
    server.start()
    connection = Connection((server.url,), auth or parse_token(seed.TOKEN), Tls(fingerprint=server.fingerprint), LIMITS)
    try:
        with Client(connection) as client:
            yield client, server.simulator
    finally:
        server.stop()


@pytest.fixture(scope="module")
def proxmox():
    with served(guests=3) as (client, _):
        yield client


def create(vmid, **more):
    nic = print_property(CREATE["net0"].properties, {"model": "virtio", "bridge": "vmbr0", "firewall": True})
    params = {
        "vmid": vmid,
        "name": f"web-{vmid}",
        "cores": 2,
        "net0": nic,
        "scsi0": "local-lvm:1",
        "onboot": False,
        **more,
    }
    upid = yield from call(Request("POST", f"/nodes/{NODE}/qemu", params, node=NODE))
    return (yield from task.finish(upid, QUICKLY))


def read(proxmox, path, **params):
    return proxmox.run(call(Request("GET", path, params)))


def guests(proxmox):
    return read(proxmox, "/cluster/resources", type="vm")


def pending(proxmox, vmid):
    return {row["key"]: row.get("value") for row in read(proxmox, f"/nodes/{NODE}/qemu/{vmid}/pending")}


def writes(simulator):
    return [entry for entry in simulator.log() if entry.method != "GET"]


def test_the_cluster_tells_about_itself(proxmox):
    assert proxmox.run(cluster.version()).numbers[0] >= 9
    status = proxmox.run(cluster.cluster_status())
    assert status.quorate
    assert NODE in status.addresses
    assert "debian-12-template" in {row["name"] for row in guests(proxmox) if row["template"]}
    assert abs(proxmox.run(cluster.server_clock()) - time.time()) < 3
    assert "VM.Allocate" in read(proxmox, "/access/permissions")["/vms"]


def test_a_guest_lives_from_creation_to_destruction(proxmox):
    result = proxmox.run(create(7001))
    assert result.succeeded
    assert result.upid.type == "qmcreate"
    values = pending(proxmox, 7001)
    assert values["name"] == "web-7001"
    assert "firewall=1" in values["net0"]
    assert 7001 in {row["vmid"] for row in guests(proxmox)}
    path = cluster.guest_path(NODE, "qemu", 7001)
    proxmox.run(call(Request("PUT", f"{path}/config", {"cores": 4, "delete": ["net0"], "digest": values["digest"]})))
    with pytest.raises(ApiError) as caught:
        proxmox.run(call(Request("PUT", f"{path}/config", {"cores": 8, "digest": values["digest"]})))
    assert caught.value.cls is ErrorClass.CAS
    entries = read(proxmox, f"/nodes/{NODE}/tasks", vmid=7001)
    assert "OK" in {entry["status"] for entry in entries if entry["type"] == "qmcreate"}
    proxmox.run(task.finish(proxmox.run(call(Request("DELETE", path, {"purge": True}))), QUICKLY))
    assert 7001 not in {row["vmid"] for row in guests(proxmox)}
    with pytest.raises(ApiError) as caught:
        pending(proxmox, 7001)
    assert (caught.value.cls, caught.value.what) == (ErrorClass.GONE, "qemu-server/7001")


def test_a_log_is_heard_and_a_failure_has_its_class(proxmox):
    proxmox.run(create(7002))
    heard = []
    upid = proxmox.run(call(Request("POST", f"/nodes/{NODE}/qemu/7002/status/start")))
    proxmox.run(task.follow(upid, QUICKLY, heard.append))
    assert heard[-1] == "TASK OK"
    again = proxmox.run(call(Request("POST", f"/nodes/{NODE}/qemu/7002/status/start")))
    with pytest.raises(task.TaskError, match="already running") as caught:
        proxmox.run(task.finish(again, QUICKLY))
    assert caught.value.cls is ErrorClass.RUNNING


def test_ssh_keys_arrive_as_they_were_given(proxmox):
    keys = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJQ2Gq0sYH8Z2b8u5bWJk1eL6KX0m6n1bJkJ3o4b5J2F joe"
    proxmox.run(create(7003, sshkeys=keys))
    assert parse_value(CREATE["sshkeys"], pending(proxmox, 7003)["sshkeys"]) == keys


def test_thirty_guests_are_made_at_once_and_none_twice(proxmox):
    results = proxmox.run_all([create(7100 + n) for n in range(30)] + [create(7100)])
    made = [r for r in results if not isinstance(r, Exception)]
    [refused] = [r for r in results if isinstance(r, Exception)]
    assert len(made) == 30
    assert refused.cls in (ErrorClass.TAKEN, ErrorClass.BUSY)
    assert len({row["vmid"] for row in guests(proxmox) if 7100 <= row["vmid"] < 7130}) == 30


def test_every_bad_parameter_is_told(proxmox):
    with pytest.raises(ApiError) as caught:
        proxmox.run(create(7900, cores=0, nonsense=1))
    assert set(caught.value.errors) == {"cores", "nonsense"}
    assert caught.value.cls is ErrorClass.INVALID


def test_a_file_goes_up_and_a_log_comes_down(proxmox, tmp_path):
    file, log, heard = tmp_path / "tiny.iso", tmp_path / "task.log", []
    file.write_bytes(b"iso" * 100_000)
    upload = Upload(str(file), "tiny.iso", lambda *p: heard.append(p))
    where = f"/nodes/{NODE}/storage/local"
    upid = proxmox.run(call(Request("POST", f"{where}/upload", {"content": "iso"}, upload)))
    assert proxmox.run(task.finish(upid, QUICKLY)).succeeded
    listed = proxmox.run(call(Request("GET", f"{where}/content", {"content": "iso"})))
    assert {row["volid"]: row["size"] for row in listed}["local:iso/tiny.iso"] == 300_000
    assert heard[-1] == (300_000, 300_000)
    assert len(heard) > 3
    whole = f"{task.Upid.parse(upid).path}/log"
    proxmox.run(call(Request("GET", whole, {"download": True}, download=Download(str(log)))))
    assert log.read_text().splitlines()[-1] == "TASK OK"


def test_a_console_ticket_names_a_task_that_runs(proxmox):
    proxmox.run(create(7004))
    path = cluster.guest_path(NODE, "qemu", 7004)
    proxmox.run(task.finish(proxmox.run(call(Request("POST", f"{path}/status/start"))), QUICKLY))
    ticket = proxmox.run(open_console(path, "vncproxy", NODE))
    assert ticket.upid.split(":")[5:7] == ["vncproxy", "7004"]
    assert ticket.websocket.startswith(f"{path}/vncwebsocket?port={ticket.port}&vncticket=PVEVNC")
    assert "PVEVNC" not in repr(ticket)


def test_a_password_signs_in_and_writes():
    with served(auth=Login("root@pam", Secret(seed.PASSWORD))) as (client, simulator):
        client.run(create(7001))
        assert [e.user for e in writes(simulator) if e.path.endswith("/qemu")] == ["root@pam"]


@pytest.mark.parametrize("auth", [Login("root@pam", Secret("wrong")), parse_token("root@pam!pxhelm=wrong")])
def test_whoever_is_not_known_is_turned_away(auth):
    with served(auth=auth) as (client, _), pytest.raises(ApiError) as caught:
        client.run(cluster.version())
    assert (caught.value.status, caught.value.cls) == (401, ErrorClass.DENIED)


def test_a_lost_reply_leaves_one_guest_and_an_honest_error():
    with served("drop-reply POST */qemu") as (client, simulator):
        with pytest.raises(ApiError) as caught:
            client.run(create(7001))
        assert (caught.value.cls, caught.value.sent) == (ErrorClass.TRANSIENT, True)
        assert len([e for e in writes(simulator) if e.path.endswith("/qemu")]) == 1
        assert 7001 in {row["vmid"] for row in guests(client)}


def test_a_lost_request_is_not_sent_again_by_itself():
    with served("drop-request POST */qemu #1") as (client, _):
        with pytest.raises(ApiError) as caught:
            client.run(create(7001))
        assert caught.value.sent  # nobody can know that it was lost on the way there
        assert 7001 not in {row["vmid"] for row in guests(client)}
        assert client.run(create(7001)).succeeded


def test_reads_survive_lost_replies():
    with served("drop-reply GET /version #1-3") as (client, _):
        assert client.run(cluster.version()).release


def test_an_error_of_a_proxy_after_the_effect_is_transient():
    with served("5xx-after-effect=502 PUT */config") as (client, _):
        client.run(create(7001))
        with pytest.raises(ApiError) as caught:
            client.run(call(Request("PUT", f"/nodes/{NODE}/qemu/7001/config", {"cores": 4})))
        assert (caught.value.status, caught.value.cls, caught.value.sent) == (502, ErrorClass.TRANSIENT, True)


def test_lost_quorum_has_its_class():
    with served("quorum-lost") as (client, _), pytest.raises(ApiError) as caught:
        client.run(create(7001))
    assert caught.value.cls is ErrorClass.QUORUM


def test_an_expired_certificate_is_said_to_be_expired(tmp_path):
    server = Server(Options(port=0, faults=("expired-cert",)))
    authority = tmp_path / "ca.pem"
    authority.write_bytes(server.authority)
    server.start()
    try:
        client = Client(Connection((server.url,), None, Tls(ca_file=str(authority)), LIMITS))
        with pytest.raises(ApiError, match="certificate has expired on"):
            client.run(cluster.version())
        assert server.simulator.log() == []
    finally:
        server.stop()


def test_the_same_cluster_in_this_process():
    simulator = open_simulator(Options(time_scale=0.0))
    with Client(
        Connection(("simulator",), parse_token(seed.TOKEN)), open_transport=lambda _: LocalTransport(simulator.send)
    ) as client:
        assert client.run(create(7001, tags=["b", "a"])).succeeded
        with pytest.raises(ApiError) as caught:
            client.run(create(7001))
        assert (caught.value.cls, caught.value.what) == (ErrorClass.TAKEN, "VM 7001")
    simulator.close()


def test_a_lost_reply_in_this_process_is_one_too():
    simulator = open_simulator(Options(time_scale=0.0, faults=("drop-reply POST */qemu",)))
    client = Client(
        Connection(("simulator",), parse_token(seed.TOKEN)), open_transport=lambda _: LocalTransport(simulator.send)
    )
    with pytest.raises(ApiError) as caught:
        client.run(create(7001))
    assert caught.value.sent
    simulator.close()


def property_strings():
    """Yield every parameter of the API that is a property string, with its endpoint."""
    facts = schema.load()
    for path in facts.paths():
        for method in facts.methods(path):
            endpoint = facts.endpoint(method, path)
            for name, spec in endpoint.parameters.items():
                if spec.type == "string" and spec.properties:
                    yield endpoint, name.replace("[n]", "0"), spec.properties


def refused_by_simulator(endpoint, name, text):
    return name in check_parameters(endpoint, {name: text})[1]


def test_the_simulator_takes_the_normal_form_of_whatever_it_takes():
    """Two readers of property strings, written apart, agree: on ours being the same value, and on what is wrong."""
    rng, taken, refused = random.Random(11), 0, 0
    for endpoint, name, form in property_strings():
        for _ in range(6):
            text = written_by_hand(form, canonical(form, rng), rng)
            if not text:
                continue
            if refused_by_simulator(endpoint, name, text):
                refused += 1
            else:
                taken += 1
                assert not refused_by_simulator(endpoint, name, normal(form, text)), (name, text)
                assert not [p for p in check(endpoint, {name: text}) if p.name.split(".")[0] == name], (name, text)
    assert taken > 100
    assert refused > 100
