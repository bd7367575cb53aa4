"""The client reaches a cluster over real sockets: reads are repeated, writes are not, nobody is trusted blindly."""

import json
import socket
import threading
import time

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.auth import ApiToken, Login
from pxhelm.proxmox.client import Client, LocalTransport
from pxhelm.proxmox.connection import Connection, Limits, Tls
from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.https import HttpTransport, peek_certificate
from pxhelm.proxmox.request import MANUAL, Download, Request, Upload, Wait, call
from pxhelm.secret import Secret
from tests.proxmox.fakeserver import DAY, NOW, Answer, FakeServer, failure, issue

CANARY = "canary-7d9e"
TOKEN = ApiToken("root@pam!t", Secret(CANARY))
QUICK = Limits(connect=0.5, read=0.5, pauses=(0.01, 0.01, 0.01))


def client(*endpoints, auth=TOKEN, tls=None, limits=QUICK, **options):
    return Client(Connection(endpoints, auth, tls or Tls(), limits), **options)


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_read_carries_its_query_and_a_write_its_form():
    rows = [{"id": "qemu/100", "type": "qemu"}]
    with FakeServer([Answer(data=rows), Answer(data="UPID")]) as server, client(server.endpoint) as proxmox:
        assert proxmox.send(Request("GET", "/cluster/resources", {"type": "vm"})).data == rows
        proxmox.send(
            Request("PUT", "/nodes/n/qemu/100/config", {"name": "a b&c", "onboot": True, "delete": ["a", "b"]})
        )
        read, write = server.seen
    assert read.path == "/api2/json/cluster/resources?type=vm"
    assert write.form == [("name", "a b&c"), ("onboot", "1"), ("delete", "a,b")]
    assert write.headers["content-type"] == "application/x-www-form-urlencoded"
    assert write.headers["authorization"] == f"PVEAPIToken=root@pam!t={CANARY}"
    assert "csrfpreventiontoken" not in write.headers


def test_delete_has_no_body():
    with FakeServer([Answer()]) as server, client(server.endpoint) as proxmox:
        proxmox.send(Request("DELETE", "/nodes/n/qemu/100", {"purge": True}))
        assert server.seen[0].path.endswith("/100?purge=1")
        assert server.seen[0].body == b""


def test_a_quoted_path_is_sent_as_it_is():
    with FakeServer([Answer()]) as server, client(server.endpoint) as proxmox:
        proxmox.send(Request("DELETE", "/nodes/n/tasks/UPID%3An%3A%40"))
        assert server.seen[0].path == "/api2/json/nodes/n/tasks/UPID%3An%3A%40"


def test_what_stands_beside_the_data_is_kept():
    body = json.dumps({"data": [], "total": 7}).encode()
    with FakeServer([Answer(body=body, headers={"Date": "Mon, 23 Nov 2026 19:00:00 GMT"})]) as server:
        answer = client(server.endpoint).send(Request("GET", "/nodes/n/tasks"))
    assert answer.extra == {"total": 7}
    assert answer.date == "Mon, 23 Nov 2026 19:00:00 GMT"


def test_an_error_has_the_servers_words_and_its_class():
    errors = {"cores": "value must have a minimum value of 1"}
    script = [failure(400, "Parameter verification failed.", errors=errors), failure(500, "VM is locked (backup)")]
    with FakeServer(script) as server, client(server.endpoint) as proxmox:
        with pytest.raises(ApiError, match="cores: value must have a minimum value of 1") as caught:
            proxmox.send(Request("PUT", "/nodes/n/qemu/100/config", {"cores": 0}))
        assert caught.value.cls is ErrorClass.INVALID
        assert caught.value.errors == errors
        with pytest.raises(ApiError) as caught:
            proxmox.send(Request("PUT", "/nodes/n/qemu/100/config", {"cores": 1}))
        assert (caught.value.cls, caught.value.what, caught.value.sent) == (ErrorClass.BUSY, "backup", True)
        assert server.connections == 2  # the server closes after an error


def test_an_old_server_says_it_in_the_reason_line_alone():
    with (
        FakeServer([Answer(500, "no options specified", body=b'{"data":null}')]) as server,
        pytest.raises(ApiError) as caught,
    ):
        client(server.endpoint).send(Request("PUT", "/x"))
    assert caught.value.text == "no options specified"


def test_a_read_is_repeated_when_the_connection_breaks():
    with FakeServer([Answer(drop=True), Answer(drop=True), Answer(data=1)]) as server:
        assert client(server.endpoint).send(Request("GET", "/anything")).data == 1
        assert len(server.seen) == 3


def test_a_read_is_given_up_after_three_repetitions():
    with FakeServer([Answer(drop=True)] * 9) as server, pytest.raises(ApiError) as caught:
        client(server.endpoint).send(Request("GET", "/anything"))
    assert len(server.seen) == 4
    assert caught.value.cls is ErrorClass.TRANSIENT


@pytest.mark.parametrize("trouble", [Answer(drop=True), Answer(delay=2)], ids=["dropped", "late"])
def test_a_write_is_sent_once_and_its_fate_is_unknown(trouble):
    with FakeServer([trouble, Answer(data="again")]) as server, FakeServer([Answer()]) as other:
        with pytest.raises(ApiError) as caught:
            client(server.endpoint, other.endpoint).send(Request("POST", "/nodes/n/qemu", {"vmid": 100}))
        assert caught.value.cls is ErrorClass.TRANSIENT
        assert caught.value.sent
        assert len(server.seen) == 1
        assert other.seen == []


def test_the_control_a_write_without_trouble_is_sent():
    with FakeServer([Answer(data="done")]) as server:
        assert client(server.endpoint).send(Request("POST", "/nodes/n/qemu", {"vmid": 100})).data == "done"


def test_a_write_goes_elsewhere_when_nobody_took_the_connection():
    with FakeServer([Answer(data="done")]) as server:
        assert client(closed_port(), server.endpoint).send(Request("POST", "/x")).data == "done"
        assert len(server.seen) == 1


def test_a_write_that_nobody_took_is_known_to_be_unsent():
    with pytest.raises(ApiError, match="connection refused") as caught:
        client(closed_port()).send(Request("POST", "/x"))
    assert not caught.value.sent


def test_an_endpoint_that_is_down_is_asked_last_for_a_while():
    dead = closed_port()
    with FakeServer(lambda _: Answer()) as server:
        proxmox = client(dead, server.endpoint)
        proxmox.send(Request("GET", "/anything"))
        assert [door.endpoint for door in proxmox._in_order("")] == [server.endpoint, dead]


def test_an_http_error_is_an_answer_and_goes_nowhere_else():
    with FakeServer([Answer(595, "No route to host", body=b"")]) as server, FakeServer([Answer()]) as other:
        with pytest.raises(ApiError) as caught:
            client(server.endpoint, other.endpoint).send(Request("GET", "/nodes/pve2/status"))
        assert caught.value.cls is ErrorClass.TRANSIENT
        assert other.seen == []


def test_the_owning_node_is_asked_when_its_endpoint_is_known():
    with FakeServer(lambda _: Answer()) as first, FakeServer(lambda _: Answer()) as second:
        proxmox = client(first.endpoint, second.endpoint.replace("127.0.0.1", "localhost"))
        proxmox.learn_nodes({"pve1": "127.0.0.1", "pve2": "localhost"})
        proxmox.send(Request("GET", "/anything", node="pve2"))
        proxmox.send(Request("GET", "/anything", node="pve1"))
        assert (len(first.seen), len(second.seen)) == (1, 1)


def test_a_connection_is_used_again_but_not_after_three_seconds():
    with FakeServer(lambda _: Answer()) as server, client(server.endpoint, limits=Limits(keepalive=0.1)) as proxmox:
        for _ in range(3):
            proxmox.send(Request("GET", "/anything"))
        assert server.connections == 1
        time.sleep(0.2)
        proxmox.send(Request("POST", "/x"))
        assert server.connections == 2
    assert Limits().keepalive == 3


def test_no_more_than_six_requests_at_once_reach_a_node():
    busy, most, lock = 0, 0, threading.Lock()

    def script(_seen):
        return Answer(delay=0.02)

    with FakeServer(script) as server, client(server.endpoint, limits=Limits()) as proxmox:

        def counted(request):
            nonlocal busy, most
            with lock:
                busy += 1
                most = max(most, busy)
            answer = original(request)
            with lock:
                busy -= 1
            return answer

        transport = HttpTransport(server.endpoint, Tls(), Limits())
        original = transport._transport.handle_request
        transport._transport.handle_request = counted
        proxmox._doors[0]._transport = transport
        results = proxmox.run_all([call(Request("GET", "/anything")) for _ in range(40)])
    assert results == [None] * 40
    assert 2 <= most <= 6


def test_a_gate_is_asked_after_the_wait_for_a_connection_and_keeps_a_request_back():
    lost = threading.Event()

    def gate():
        if lost.is_set():
            raise PxhelmError("the lease passed to another worker")

    with FakeServer(lambda _seen: Answer(delay=0.3)) as server:
        one = client(server.endpoint, limits=Limits(in_flight=1, per_endpoint=1))
        first = threading.Thread(target=lambda: one.send(Request("POST", "/first", gate=gate)))
        first.start()
        while not server.seen:
            time.sleep(0.01)
        second = threading.Timer(0.1, lost.set)
        second.start()
        with pytest.raises(PxhelmError, match="another worker"):
            one.send(Request("POST", "/second", gate=gate))
        first.join()
        assert [seen.path for seen in server.seen] == ["/api2/json/first"]


def test_the_owning_node_is_asked_once_the_cluster_told_where_it_is():
    status = [
        {"id": "cluster", "name": "c", "type": "cluster"},
        {"id": "node/a", "type": "node", "name": "a", "ip": "127.0.0.1"},
        {"id": "node/b", "type": "node", "name": "b", "ip": "localhost"},
    ]
    with FakeServer(lambda _: Answer(data=status)) as one, FakeServer(lambda _: Answer(data=1)) as two:
        other = two.endpoint.replace("127.0.0.1", "localhost")
        with client(one.endpoint, other) as proxmox:
            proxmox.send(Request("GET", "/nodes/b", node="b"))
            proxmox.send(Request("GET", "/cluster/status"))
            proxmox.send(Request("GET", "/anything", node="b"))
    assert [seen.path for seen in two.seen] == ["/api2/json/anything"]


def test_parameters_are_encoded_for_the_version_that_answers():
    with (
        FakeServer(lambda seen: Answer(data={"version": "7.4-3", "release": "7.4", "repoid": "a"})) as server,
        client(server.endpoint) as proxmox,
    ):
        assert proxmox._schema.version == "9.2"
        proxmox.send(Request("GET", "/version"))
        assert proxmox._schema.version == "7.4"


def test_what_ends_a_command_ends_it_from_any_thread():
    class Killed(BaseException):
        pass

    def answer(*_):
        raise Killed

    with client("simulator", open_transport=lambda _: LocalTransport(answer)) as proxmox, pytest.raises(Killed):
        proxmox.run_all([call(Request("GET", "/anything"))])


def test_many_operations_run_at_once_and_keep_their_order():
    def operation(number):
        yield Wait(0.05)
        found = yield from call(Request("GET", f"/n/{number}"))
        if number == 3:
            raise ValueError("three")
        return found

    def script(seen):
        number = int(seen.path.rsplit("/", 1)[1])
        return failure(500, "VM 5 not running") if number == 5 else Answer(data=number)

    with FakeServer(script) as server, client(server.endpoint) as proxmox:
        start = time.monotonic()
        results = proxmox.run_all([operation(n) for n in range(20)])
        assert time.monotonic() - start < 20 * 0.05
    assert [r for r in results if isinstance(r, int)] == [n for n in range(20) if n not in (3, 5)]
    assert isinstance(results[3], ValueError)
    assert results[5].cls is ErrorClass.STOPPED


def test_nothing_at_all_can_be_run():
    with FakeServer([]) as server:
        assert client(server.endpoint).run_all([]) == []


TICKET = {"ticket": "PVE:root@pam:6744F0AA::sig==", "CSRFPreventionToken": "csrf-1", "username": "root@pam"}


def test_a_password_becomes_a_ticket_and_a_write_carries_the_csrf_header():
    with FakeServer([Answer(data=TICKET), Answer(data=1), Answer(data=2)]) as server:
        proxmox = client(server.endpoint, auth=Login("root@pam", Secret(CANARY)))
        proxmox.send(Request("GET", "/anything"))
        proxmox.send(Request("POST", "/x"))
        login, read, write = server.seen
    assert login.form == [("username", "root@pam"), ("password", CANARY)]
    assert read.headers["cookie"] == f"PVEAuthCookie={TICKET['ticket']}"
    assert "csrfpreventiontoken" not in read.headers
    assert write.headers["csrfpreventiontoken"] == "csrf-1"


def test_a_ticket_that_is_refused_is_replaced_once():
    refused = Answer(401, "Permission denied - invalid csrf token", body=b"")
    script = [Answer(data=TICKET), refused, Answer(data=TICKET), Answer(data="done")]
    with FakeServer(script) as server:
        assert client(server.endpoint, auth=Login("root@pam", Secret("x"))).send(Request("POST", "/x")).data == "done"
    with (
        FakeServer([Answer(data=TICKET), refused, Answer(data=TICKET), refused]) as server,
        pytest.raises(ApiError) as caught,
    ):
        client(server.endpoint, auth=Login("root@pam", Secret("x"))).send(Request("POST", "/x"))
    assert caught.value.status == 401


def test_an_old_ticket_is_renewed_with_itself(monkeypatch):
    with FakeServer([Answer(data=TICKET), Answer(), Answer(data=TICKET), Answer()]) as server:
        proxmox = client(server.endpoint, auth=Login("root@pam", Secret(CANARY)))
        proxmox.send(Request("GET", "/anything"))
        monkeypatch.setattr("pxhelm.proxmox.auth.RENEW_AFTER", 0.0)
        proxmox.send(Request("GET", "/anything"))
        assert server.seen[2].form == [("username", "root@pam"), ("password", TICKET["ticket"])]


def test_one_login_serves_many_threads():
    def script(seen):
        return Answer(data=TICKET, delay=0.05) if seen.path.endswith("/ticket") else Answer()

    with FakeServer(script) as server, client(server.endpoint, auth=Login("root@pam", Secret("x"))) as proxmox:
        proxmox.run_all([call(Request("GET", "/anything")) for _ in range(12)])
        assert sum(seen.path.endswith("/ticket") for seen in server.seen) == 1


def test_a_wrong_token_is_said_to_be_wrong():
    with FakeServer([Answer(401, "Authentication failed!", body=b"")]) as server, pytest.raises(ApiError) as caught:
        client(server.endpoint).send(Request("GET", "/anything"))
    assert caught.value.cls is ErrorClass.DENIED
    assert caught.value.message == "cannot sign in to the cluster: Authentication failed!"
    assert "USER@REALM!TOKENID=SECRET" in caught.value.hint


def test_an_unreachable_node_is_named_with_the_reason():
    dead = closed_port()
    with pytest.raises(ApiError) as caught:
        client(dead).send(Request("GET", "/anything"))
    assert caught.value.message == f"cannot reach the cluster: {dead}: connection refused"
    with pytest.raises(ApiError, match="the name cannot be resolved"):
        client("https://no-such-host.invalid:8006").send(Request("POST", "/x"))


def test_something_else_that_answers_is_not_taken_for_proxmox():
    with FakeServer([Answer(body=b"<html>hello")]) as server, pytest.raises(ApiError, match="no Proxmox answer"):
        client(server.endpoint).send(Request("GET", "/anything"))
    moved = Answer(301, "Moved", body=b"", headers={"Location": "https://x:8006/"})
    with FakeServer([moved]) as server, pytest.raises(ApiError, match="redirects to https://x:8006/"):
        client(server.endpoint).send(Request("GET", "/anything"))


def test_an_answer_of_another_shape_is_refused_unless_somebody_wants_to_see_it():
    with FakeServer([Answer(data={"odd": 1}), Answer(data={"odd": 1})]) as server:
        with pytest.raises(ApiError, match="expected a list of objects, got an object"):
            client(server.endpoint).send(Request("GET", "/pools"))
        assert client(server.endpoint).send(Request("GET", "/pools", any_shape=True)).data == {"odd": 1}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    authority = issue(folder, "authority")
    return {
        "authority": authority,
        "good": issue(folder, "good", authority),
        "expired": issue(folder, "expired", authority, valid=(NOW - 3 * DAY, NOW - DAY)),
        "other": issue(folder, "other", authority, host="elsewhere.example"),
        "own": issue(folder, "own"),
    }


def ask(server, **tls):
    with client(server.endpoint, tls=Tls(**tls)) as proxmox:
        return proxmox.send(Request("GET", "/anything")).data


def test_a_certificate_of_the_given_authority_is_trusted(certificates):
    with FakeServer([Answer(data=1)], certificates["good"].server) as server:
        assert ask(server, ca_file=certificates["authority"].file) == 1


def test_a_pinned_certificate_is_trusted_whatever_it_says(certificates):
    for name in ("own", "expired", "other"):
        with FakeServer([Answer(data=1)], certificates[name].server) as server:
            assert ask(server, fingerprint=certificates[name].fingerprint.lower()) == 1


def test_anybody_is_trusted_only_when_told_so(certificates):
    with FakeServer([Answer(data=1)], certificates["own"].server) as server:
        assert ask(server, insecure=True) == 1


@pytest.mark.parametrize(
    ("name", "tls", "message", "hint"),
    [
        ("own", {}, "not signed by a known authority", "tls.fingerprint"),
        ("good", {}, "not signed by a known authority", "pvenode cert info"),
        ("expired", {"ca_file": "authority"}, "certificate has expired on 20", "pvecm updatecerts"),
        ("other", {"ca_file": "authority"}, "for another name: CN=other", "tls.caFile"),
        ("own", {"fingerprint": "AA:BB"}, "not AA:BB", "somebody is in between"),
    ],
)
def test_whoever_is_not_trusted_gets_no_request(certificates, name, tls, message, hint):
    if "ca_file" in tls:
        tls = {"ca_file": certificates[tls["ca_file"]].file}
    with FakeServer(lambda _: Answer(), certificates[name].server) as server:
        with pytest.raises(ApiError, match=message) as caught:
            ask(server, **tls)
        assert server.seen == []
    assert not caught.value.sent
    assert caught.value.cls is ErrorClass.DENIED
    assert hint in caught.value.hint
    if "known authority" in message:
        assert certificates[name].fingerprint in caught.value.hint


def test_a_wrong_certificate_is_not_hidden_by_another_endpoint(certificates):
    with FakeServer(lambda _: Answer(), certificates["own"].server) as bad, FakeServer(lambda _: Answer()) as good:
        proxmox = client(bad.endpoint, good.endpoint)
        with pytest.raises(ApiError, match="not trusted"):
            proxmox.send(Request("GET", "/anything"))


def test_plain_http_behind_https_is_named():
    with FakeServer(lambda _: Answer()) as server, pytest.raises(ApiError, match="no TLS: "):
        client(server.endpoint.replace("http:", "https:")).send(Request("GET", "/anything"))


def test_a_certificate_can_be_looked_at_before_it_is_trusted(certificates):
    with FakeServer([], certificates["expired"].server) as server:
        shown = peek_certificate(server.endpoint)
    assert shown.fingerprint == certificates["expired"].fingerprint
    assert (shown.subject, shown.issuer) == ("CN=expired", "CN=authority")
    assert shown.not_after < NOW


def test_a_missing_ca_file_is_named():
    with pytest.raises(PxhelmError, match="cannot read CA file /no/such/file"):
        client("https://127.0.0.1:1", tls=Tls(ca_file="/no/such/file")).send(Request("GET", "/anything"))


def test_a_file_is_uploaded_with_its_size_and_progress(tmp_path):
    file = tmp_path / "tiny.iso"
    file.write_bytes(b"iso" * 50_000)
    heard = []
    with (
        FakeServer([Answer(data="UPID")]) as server,
        client(server.endpoint) as proxmox,
    ):
        upload = Upload(str(file), 'my "tiny".iso', lambda *p: heard.append(p))
        proxmox.send(Request("POST", "/nodes/n/storage/local/upload", {"content": "iso"}, upload))
        seen = server.seen[0]
    boundary = seen.headers["content-type"].partition("boundary=")[2].encode()
    first, second = seen.body.split(b"--" + boundary)[1:3]
    assert b'name="content"\r\n\r\niso\r\n' in first
    assert b'filename="my %22tiny%22.iso"' in second
    assert second.split(b"\r\n\r\n", 1)[1] == b"iso" * 50_000 + b"\r\n"
    assert int(seen.headers["content-length"]) == len(seen.body)
    assert heard[-1] == (150_000, 150_000)


def test_a_file_that_is_not_there_is_not_uploaded(tmp_path):
    with FakeServer([]) as server, pytest.raises(PxhelmError, match=r"cannot upload .*: no such file"):
        client(server.endpoint).send(Request("POST", "/nodes/n/storage/l/upload", {}, Upload(str(tmp_path / "x"), "x")))


def test_the_description_of_the_api_comes_from_beside_it():
    with FakeServer([Answer(body=b"const apiSchema = []")]) as server:
        answer = client(server.endpoint).send(Request("GET", MANUAL + "api-viewer/apidata.js", download=Download()))
        assert answer.data == b"const apiSchema = []"
        assert server.seen[0].path == "/pve-docs/api-viewer/apidata.js"
        assert "authorization" not in server.seen[0].headers


def test_a_download_becomes_a_file_and_tells_how_far_it_is(tmp_path):
    heard, target = [], tmp_path / "task.log"
    with FakeServer([Answer(body=b"line\n" * 40_000)]) as server:
        download = Download(str(target), lambda *p: heard.append(p))
        answer = client(server.endpoint).send(
            Request("GET", "/nodes/n/tasks/U/log", {"download": True}, download=download)
        )
        assert server.seen[0].path == "/api2/json/nodes/n/tasks/U/log?download=1"
    assert target.read_bytes() == b"line\n" * 40_000
    assert answer.data == b""
    assert heard[-1] == (200_000, 200_000)
    assert [each for each, _ in heard] == sorted(each for each, _ in heard)
    assert list(tmp_path.iterdir()) == [target]


def test_a_download_that_is_refused_writes_nothing(tmp_path):
    target = tmp_path / "task.log"
    with FakeServer([Answer(403, "Permission check failed", body=b"")]) as server, pytest.raises(ApiError) as caught:
        client(server.endpoint).send(Request("GET", "/nodes/n/tasks/U/log", download=Download(str(target))))
    assert caught.value.cls is ErrorClass.DENIED
    assert not target.exists()


def test_a_download_that_breaks_off_leaves_no_file(tmp_path):
    target = tmp_path / "task.log"
    cut = Answer(body=b"line\n", length=50_000)
    with FakeServer([cut] * 4) as server, pytest.raises(ApiError) as caught:
        client(server.endpoint).send(Request("GET", "/nodes/n/tasks/U/log", download=Download(str(target))))
    assert caught.value.cls is ErrorClass.TRANSIENT
    assert list(tmp_path.iterdir()) == []


def test_no_secret_shows(certificates):
    with FakeServer([Answer(401, "No", body=b"")], certificates["own"].server) as server:
        proxmox = client(server.endpoint, tls=Tls(insecure=True))
        with pytest.raises(ApiError) as caught:
            proxmox.send(Request("POST", "/nodes/n/qemu", {"cipassword": Secret(CANARY)}))
    shown = [repr(proxmox), repr(proxmox._connection), repr(caught.value), str(caught.value), caught.value.hint]
    shown += [repr(caught.value.failure), repr(Request("POST", "/x", {"password": Secret(CANARY)}))]
    assert not [text for text in shown if CANARY in text]


class InProcess:
    """A cluster in this process, which takes no files."""

    def __init__(self):
        self.calls = []

    def send(self, method, path, pairs, headers):
        self.calls.append((method, path, list(pairs), dict(headers)))
        return 200, "OK", {"date": "now"}, b'{"data":5}'

    def close(self):
        self.calls.append("closed")


def test_another_transport_can_be_plugged_in(tmp_path):
    inner = InProcess()
    with client("simulator", open_transport=lambda _: inner) as proxmox:
        assert proxmox.run(call(Request("GET", "/anything", {"a": True}))) == 5
        with pytest.raises(PxhelmError, match="carries no files"):
            proxmox.send(Request("POST", "/nodes/n/storage/l/upload", {}, Upload("x", "x")))
    method, path, pairs, headers = inner.calls[0]
    assert (method, path, pairs) == ("GET", "/anything", [("a", "1")])
    assert headers["authorization"].startswith("PVEAPIToken=")
    assert inner.calls[-1] == "closed"


def test_a_cluster_in_this_process_takes_files_and_may_lose_answers(tmp_path):
    (tmp_path / "a.iso").write_bytes(b"content")
    calls = []

    def answer(method, path, params, headers, body):
        calls.append((method, path, params, headers, body))
        if path == "/lost":
            raise ConnectionError("reply dropped")
        return 200, "OK", {"Date": "now"}, b'{"data":1}'

    proxmox = client("local", open_transport=lambda _: LocalTransport(answer))
    start = Request("POST", "/cluster/bulk-action/guest/start", {"vms": ["100", "101"]})
    assert proxmox.send(start).date == "now"
    assert calls[0][2] == {"vms": ["100", "101"]}
    proxmox.send(
        Request("POST", "/nodes/n/storage/l/upload", {"content": "iso"}, Upload(str(tmp_path / "a.iso"), "a.iso"))
    )
    assert calls[1][3]["content-type"].startswith("multipart/form-data")
    assert b'filename="a.iso"' in calls[1][4]
    assert b"content" in calls[1][4]
    with pytest.raises(ApiError, match="reply dropped") as caught:
        proxmox.send(Request("POST", "/lost"))
    assert caught.value.sent


def test_an_endpoint_that_stays_down_is_avoided_ever_longer_up_to_a_minute():
    proxmox = client(closed_port())
    [door] = proxmox._doors
    spans = []
    for _ in range(5):
        door.avoid()
        spans.append(round(door.avoided_until - time.monotonic()))
    assert spans == [10, 20, 40, 60, 60]
    door.answered()
    assert door.avoided_until == 0.0


def test_an_answer_without_end_is_not_kept(monkeypatch):
    monkeypatch.setattr("pxhelm.proxmox.https.MOST", 1 << 20)
    with FakeServer([Answer(data="x" * (1 << 21))]) as server:
        with pytest.raises(ApiError, match="its answer is larger than 1 MiB") as found:
            client(server.endpoint).send(Request("POST", "/nodes/pve1/qemu"))
        assert found.value.sent
