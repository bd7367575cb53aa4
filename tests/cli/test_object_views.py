"""Tables and documents of objects."""

import json

import pytest

from pxhelm.actions.health import ready
from pxhelm.actions.inspect import Found
from pxhelm.cli.views.objects import Look, document, names_text, phase, table_text
from pxhelm.store.bindings import Binding, BindingState
from pxhelm.store.objects import ObjectKey, StoredObject

NOW = 1_000_000.0
ROW = {
    "type": "qemu",
    "vmid": 101,
    "name": "web-1",
    "node": "pve1",
    "status": "running",
    "maxcpu": 4,
    "maxmem": 8 << 30,
    "maxdisk": 50 << 30,
    "tags": "prod;web",
    "pool": "shop",
    "uptime": 90,
}


def ours(row=None, *, owned=None, observed=1, state=BindingState.BOUND):
    key = ObjectKey("lab", "VirtualMachine", "production", "web")
    stored = StoredObject("uid-1", key, "production/shop", {"app": "shop"}, 1, observed, b"", NOW)
    binding = Binding("lab", 101, "uid-1", "VirtualMachine", state, "uuid-1", since=NOW - 7200)
    return Found(
        "VirtualMachine",
        "web",
        "production",
        ROW if row is None else row,
        stored,
        binding,
        {} if owned is None else owned,
    )


FOREIGN = Found("VirtualMachine", "web-1", row=ROW)


def lines(kind, found, **look):
    return [line.split() for line in table_text(kind, found, Look(NOW, **look)).splitlines()]


def test_a_table_has_the_columns_of_the_kind_between_ready_and_age():
    header, row = lines("VirtualMachine", [ours()])
    assert header == ["NAME", "READY", "POWER", "VMID", "NODE", "CPU", "MEMORY", "IP", "AGE"]
    assert row == ["web", "True", "running", "101", "pve1", "4", "8G", "-", "120m"]


@pytest.mark.parametrize(
    ("owned", "row", "shown"),
    [
        ({"ha.state": "started"}, {"status": "stopped", "hastate": "started"}, "False"),
        ({"ha.state": "started"}, {"status": "running", "hastate": "started"}, "True"),
        ({"ha.state": "started"}, {"status": "running", "hastate": "error"}, "False"),
        ({"ha.state": "stopped"}, {"status": "running", "hastate": "stopped"}, "False"),
        ({"ha.state": "disabled"}, {"status": "stopped", "hastate": "disabled"}, "True"),
        ({"ha.state": "ignored", "power.policy": "Running"}, {"status": "stopped"}, "False"),
        ({"power.policy": "OnCreate"}, {"status": "stopped"}, "True"),
    ],
)
def test_a_guest_is_ready_only_in_the_power_state_that_is_wanted(owned, row, shown):
    assert ready(ours({**ROW, **row}, owned=owned)) == shown


def test_somebody_elses_guest_has_no_readiness_no_age_and_no_namespace():
    header, row = lines("VirtualMachine", [FOREIGN], namespaces=True)
    assert header[0] == "NAMESPACE"
    assert row[:3] == ["-", "web-1", "-"]
    assert row[-1] == "-"


def test_wide_adds_release_and_drift():
    header, row = lines("VirtualMachine", [ours()], wide=True)
    shown = dict(zip(header, row, strict=True))
    assert shown["RELEASE"] == "production/shop"
    assert shown["DRIFT"] == "-"
    assert shown["TAGS"] == "prod;web"


def test_headers_can_be_left_out_and_names_prefixed():
    assert lines("VirtualMachine", [ours()], headers=False, prefix=True)[0][0] == "vm/web"


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (FOREIGN, ""),
        (ours(), "True"),
        (ours(observed=0), "False"),
        (ours({}), "False"),
        (ours(ROW | {"lock": "backup"}), "False"),
        (ours(ROW | {"status": "stopped"}), "True"),
        (ours(ROW | {"status": "stopped"}, owned={"power.policy": "Running"}), "False"),
        (ours(owned={"power.policy": "Stopped"}), "False"),
        (ours(owned={"power.policy": "OnCreate"}), "True"),
    ],
)
def test_ready_means_as_wanted(found, wanted):
    assert ready(found) == wanted


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (ours(), "Running"),
        (ours(ROW | {"status": "stopped"}), "Stopped"),
        (ours(ROW | {"lock": "backup"}), "Locked"),
        (ours(ROW | {"lock": "clone"}), "Creating"),
        (ours({}), "Unknown"),
        (ours({}, state=BindingState.RESERVED), "Pending"),
        (ours(state=BindingState.RELEASING), "Deleting"),
    ],
)
def test_phase_sums_up(found, wanted):
    assert phase(found) == wanted


def test_a_document_has_kubectls_form():
    found = json.loads(json.dumps(document(ours())))
    assert found["metadata"] == {
        "name": "web",
        "namespace": "production",
        "uid": "uid-1",
        "generation": 1,
        "creationTimestamp": "1970-01-12T11:46:40Z",
        "labels": {
            "app": "shop",
            "pxhelm.io/kind": "VirtualMachine",
            "pxhelm.io/node": "pve1",
            "pxhelm.io/pool": "shop",
            "pxhelm.io/release": "shop",
            "tag.pxhelm.io/prod": "",
            "tag.pxhelm.io/web": "",
        },
    }
    status = found["status"]
    assert status["binding"] == {"vmid": 101, "uuid": "uuid-1", "cluster": "lab"}
    assert (status["node"], status["power"], status["release"], status["ready"]) == (
        "pve1", "running", "production/shop", True,
    )  # fmt: skip
    assert "drifted" not in status


def test_what_is_not_ours_has_neither_uid_nor_namespace():
    assert set(document(FOREIGN)["metadata"]) == {"name", "labels"}


def test_names_carry_the_short_kind():
    assert names_text([ours(), Found("Container", "db"), Found("Storage", "local")]) == "vm/web\nct/db\nstorage/local\n"
