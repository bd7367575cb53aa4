"""The little language of faults."""

import pytest

from pxhelm.simulator.faults import Fault, Faults, parse


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("drop-reply", Fault("drop-reply")),
        ("drop-request POST /nodes/*/qemu #2", Fault("drop-request", "", "POST", "/nodes/*/qemu", 2, 2)),
        ("5xx-after-effect=503 PUT */config #2-", Fault("5xx-after-effect", "503", "PUT", "*/config", 2, 0)),
        ("slow=3 GET", Fault("slow", "3", "GET")),
        ("node-down=pve-node2", Fault("node-down", "pve-node2")),
    ],
)
def test_a_fault_is_read(text, fault):
    assert parse(text) == fault


@pytest.mark.parametrize("text", ["", "explode", "drop-reply somewhere", "node-down"])
def test_what_cannot_be_read_is_said(text):
    with pytest.raises(ValueError, match=r"fault|node"):
        parse(text)


def test_only_the_requests_meant_are_counted():
    faults = Faults(["drop-reply POST /a #2-3"])
    met = [bool(faults.meet(method, "/a")) for method in ("POST", "GET", "POST", "POST", "POST")]
    assert met == [False, False, True, True, False]


def test_a_node_that_is_down_comes_back_when_the_fault_is_gone(tmp_path, api_at):
    file = str(tmp_path / "cluster.db")
    down = api_at(state_file=file, time_scale=0, faults=("node-down=pve-node2", "quorum-lost"))
    assert down.fails("GET", "/nodes/pve-node2/qemu")[0] == 595
    assert down.fails("POST", "/nodes/pve-node1/qemu", vmid=300)[1] == "cluster not ready - no quorum?"
    up = api_at(state_file=file, time_scale=0)
    assert up("GET", "/nodes/pve-node2/qemu") == []
    assert up.task("POST", "/nodes/pve-node1/qemu", vmid=300) == "OK"
