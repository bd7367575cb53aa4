"""wait: what --for may say, in kubectl's grammar."""

import pytest

from pxhelm.actions.inspect import Found
from pxhelm.cli.commands.wait import _test, path_test
from pxhelm.errors import ExitCode, PxhelmError

WEB = {
    "status": {
        "power": "running",
        "lock": "",
        "cpus": 4,
        "isTemplate": False,
        "addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}],
    }
}


@pytest.mark.parametrize(
    ("wish", "met"),
    [
        ("{.status.power}=running", True),
        ("'{.status.power}'=running".replace("'", ""), True),
        ("{.status.power}=stopped", False),
        (".status.power=running", True),
        ("status.cpus=4", True),
        ("{.status.isTemplate}=false", True),
        ("{.status.lock}=''", True),
        ("{.status.power}", True),
        ("{.status.nowhere}", False),
        ("{.status.addresses[*].ip}=10.0.0.2", True),
        ('{.status.addresses[?(@.ip=="10.0.0.1")].ip}=10.0.0.1', True),
    ],
)
def test_a_wish_is_met_or_not(wish, met):
    assert path_test(wish)(WEB) is met


VM = Found("VirtualMachine", "web", row={"vmid": 101, "status": "stopped", "type": "qemu"})
JOB = Found("Job", "migrate", row={"completed": "True"})


@pytest.mark.parametrize(
    ("wish", "one", "met"),
    [
        ("condition=Complete", JOB, True),
        ("condition=complete=false", JOB, False),
        ("condition=Ready", VM, False),
        ("condition=Ready=Unknown", VM, True),
        ("condition=AgentConnected", VM, False),
        ("condition=AgentConnected=false", VM, True),
    ],
)
def test_a_condition_is_met_or_not(wish, one, met):
    assert _test(wish)(None, one) is met


@pytest.mark.parametrize("wish", ["delete", "create"])
def test_being_there_needs_no_look_inside(wish):
    assert _test(wish) is None


@pytest.mark.parametrize(
    "wish",
    [
        "",
        "Ready",
        "condition",
        "condition=",
        "condition=Missing",
        "jsonpath=",
        "jsonpath={.a",
        "jsonpath={.a}=",
        "gone",
    ],
)
def test_what_is_no_wish_is_a_usage_error(wish):
    with pytest.raises(PxhelmError) as caught:
        _test(wish)
    assert caught.value.code is ExitCode.USAGE
