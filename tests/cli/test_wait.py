"""wait: what --for may say, in kubectl's grammar."""

import pytest

from pxhelm.cli.commands.wait import _test
from pxhelm.errors import ExitCode, PxhelmError

WEB = {
    "status": {
        "power": "running",
        "lock": "",
        "cpus": 4,
        "isTemplate": False,
        "addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}],
        "conditions": [{"type": "Ready", "status": "True"}, {"type": "Drifted", "status": "False"}],
    }
}


@pytest.mark.parametrize(
    ("wish", "met"),
    [
        ("condition=Ready", True),
        ("condition=ready=true", True),
        ("condition=Ready=False", False),
        ("condition=Drifted", False),
        ("condition=Drifted=false", True),
        ("condition=Missing", False),
        ("jsonpath={.status.power}=running", True),
        ("jsonpath='{.status.power}'=running".replace("'", ""), True),
        ("jsonpath={.status.power}=stopped", False),
        ("jsonpath=.status.power=running", True),
        ("jsonpath=status.cpus=4", True),
        ("jsonpath={.status.isTemplate}=false", True),
        ("jsonpath={.status.lock}=''", True),
        ("jsonpath={.status.power}", True),
        ("jsonpath={.status.nowhere}", False),
        ("jsonpath={.status.addresses[*].ip}=10.0.0.2", True),
        ('jsonpath={.status.addresses[?(@.ip=="10.0.0.1")].ip}=10.0.0.1', True),
    ],
)
def test_a_wish_is_met_or_not(wish, met):
    assert _test(wish)(WEB) is met


@pytest.mark.parametrize("wish", ["delete", "create"])
def test_being_there_needs_no_look_inside(wish):
    assert _test(wish) is None


@pytest.mark.parametrize(
    "wish", ["", "Ready", "condition", "condition=", "jsonpath=", "jsonpath={.a", "jsonpath={.a}=", "gone"]
)
def test_what_is_no_wish_is_a_usage_error(wish):
    with pytest.raises(PxhelmError) as caught:
        _test(wish)
    assert caught.value.code is ExitCode.USAGE
