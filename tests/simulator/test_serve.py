"""The simulator behind a socket and in the process: transactions, keep-alive, faults, the log."""

import json
import sqlite3
import ssl

import httpx
import pytest

from pxhelm.simulator.options import Options
from pxhelm.simulator.seed import TOKEN
from pxhelm.simulator.serve import Lost, Server, open_simulator

HEADERS = {"Authorization": f"PVEAPIToken={TOKEN}"}


@pytest.fixture
def server(tmp_path):
    server = Server(Options(state_file=str(tmp_path / "cluster.db"), port=0, time_scale=0))
    server.start()
    yield server
    server.stop()


def client(server):
    return httpx.Client(
        base_url=f"{server.url}/api2/json",
        headers=HEADERS,
        verify=ssl.create_default_context(cafile=server.authority_file),
    )


def test_its_certificate_verifies_with_its_authority(server):
    with client(server) as api:
        assert api.get("/version").json()["data"]["version"] == "9.2.11"


def test_the_connection_closes_after_an_error_and_after_a_hundred_requests(server):
    with client(server) as api:
        assert api.get("/version").headers["connection"] == "Keep-Alive"
        assert api.get("/nope").headers["connection"] == "close"
        seen = [api.get("/version").headers["connection"] for _ in range(101)]
        assert seen.index("close") == 99


def test_plain_http_is_redirected(server):
    answer = httpx.get(server.url.replace("https", "http") + "/api2/json/version")
    assert answer.status_code == 301
    assert answer.headers["location"].startswith("https://")


def test_the_log_tells_every_request_and_masks_secrets(server):
    with client(server) as api:
        api.post("/access/users", data={"userid": "a@pve", "password": "canary-1234"})
        entries = httpx.get(f"{server.url}/simulator/log", verify=False).json()
    assert [(e["method"], e["path"], e["status"]) for e in entries] == [("POST", "/api2/json/access/users", 200)]
    assert entries[0]["user"] == "root@pam!pxhelm"
    assert "canary-1234" not in json.dumps(entries)


def test_two_openings_of_one_file_see_each_other(tmp_path):
    file = str(tmp_path / "cluster.db")
    one, two = (open_simulator(Options(state_file=file, time_scale=0)) for _ in range(2))
    one.send("POST", "/pools", {"poolid": "a"}, HEADERS)
    two.send("POST", "/pools", {"poolid": "b"}, HEADERS)
    assert [p["poolid"] for p in json.loads(one.send("GET", "/pools", {}, HEADERS)[3])["data"]] == ["a", "b"]
    two.send("DELETE", "/pools/a", {}, HEADERS)
    assert [p["poolid"] for p in json.loads(one.send("GET", "/pools", {}, HEADERS)[3])["data"]] == ["b"]
    one.close()
    two.close()


def test_a_dropped_request_has_no_effect_and_a_dropped_reply_has(api_at):
    api = api_at(time_scale=0, faults=("drop-request POST /pools #1", "drop-reply POST /pools #2"))
    for name in ("a", "b"):
        with pytest.raises(Lost):
            api("POST", "/pools", poolid=name)
    assert [p["poolid"] for p in api("GET", "/pools")] == ["b"]


def test_a_5xx_after_effect_leaves_the_effect(api_at):
    api = api_at(time_scale=0, faults=("5xx-after-effect=503 POST /pools",))
    assert api.fails("POST", "/pools", poolid="a")[0] == 503
    assert [p["poolid"] for p in api("GET", "/pools")] == ["a"]


def test_an_expired_certificate_is_refused(tmp_path):
    server = Server(Options(state_file=str(tmp_path / "c.db"), port=0, faults=("expired-cert",)))
    (tmp_path / "ca.pem").write_bytes(server.authority)
    server.start()
    try:
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        with pytest.raises(httpx.ConnectError, match="expired"):
            httpx.get(f"{server.url}/api2/json/version", verify=context)
    finally:
        server.stop()


def test_removed_rows_are_forgotten_and_neighbours_notice(tmp_path, monkeypatch):
    monkeypatch.setattr("pxhelm.simulator.serve.KEPT_REMOVED", 3)
    options = Options(state_file=str(tmp_path / "cluster.db"), time_scale=0)
    neighbour = open_simulator(options)
    busy = open_simulator(options)
    for number in range(6):
        busy.send("POST", "/pools", {"poolid": f"p{number}"}, HEADERS)
    assert len(json.loads(neighbour.send("GET", "/pools", {}, HEADERS)[3])["data"]) == 6
    for number in range(6):
        busy.send("DELETE", f"/pools/p{number}", {}, HEADERS)
    third = open_simulator(options)
    assert third._database.execute("SELECT count(*) FROM rows WHERE value IS NULL").fetchone() == (0,)
    assert json.loads(neighbour.send("GET", "/pools", {}, HEADERS)[3])["data"] == []
    for simulator in (neighbour, busy, third):
        simulator.close()


def test_an_answer_that_cannot_be_stored_changes_nothing(tmp_path):
    simulator = open_simulator(Options(state_file=str(tmp_path / "cluster.db"), time_scale=0))
    simulator._database.execute("PRAGMA query_only = ON")
    with pytest.raises(sqlite3.OperationalError):
        simulator.send("POST", "/pools", {"poolid": "a"}, HEADERS)
    simulator._database.execute("PRAGMA query_only = OFF")
    assert json.loads(simulator.send("GET", "/pools", {}, HEADERS)[3])["data"] == []
    simulator.close()
