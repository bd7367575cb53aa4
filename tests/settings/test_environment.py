"""What the environment says of every context."""

from __future__ import annotations

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.settings.context import Context, Ssh
from pxhelm.settings.environment import Variables


def test_without_variables_a_context_stays_as_it_is():
    context = Context("home", allow_value_from=("acme",), ssh=Ssh("root@pve"), shared_paths={"nas": "/mnt/nas"})
    assert Variables.read({}).on(context) == context


def test_variables_stand_over_the_context_and_lists_grow():
    context = Context(
        "home", allow_value_from=("acme",), shared_paths={"nas": "/mnt/nas", "iso": "/mnt/iso"}, at_once=3
    )
    variables = Variables.read(
        {
            "PXHELM_ALLOW_COMMANDS": "1",
            "PXHELM_ALLOW_VALUE_FROM": "team,other",
            "PXHELM_SSH": "root@{node}",
            "PXHELM_SHARED_PATHS": "nas=/srv/nas",
            "PXHELM_QPS": "2.5",
        }
    )
    found = variables.on(context)
    assert found.allow_commands
    assert found.allow_value_from == ("acme", "team", "other")
    assert found.ssh.host == "root@{node}"
    assert found.shared_paths == {"nas": "/srv/nas", "iso": "/mnt/iso"}
    assert (found.at_once, found.per_second) == (3, 2.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PXHELM_QPS", "-1"),
        ("PXHELM_BURST_LIMIT", "many"),
        ("PXHELM_SHARED_PATHS", "nas"),
        ("PXHELM_SHARED_PATHS", "=/x"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(name, value):
    with pytest.raises(PxhelmError, match=f"cannot use {name}: "):
        Variables.read({name: value})
