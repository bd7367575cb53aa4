"""Guests that the HA manager looks after."""

from dataclasses import replace

import pytest

from pxhelm.resource.kind import Change
from tests.kinds.conftest import Applier, resource

VM = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web}
spec:
  disks: {scsi0: {storage: shared, size: 1G}}
  ha: HA
  power: POWER
"""


def manifest(ha, power="OnCreate"):
    return resource(VM.replace("HA", ha).replace("POWER", power))


@pytest.mark.parametrize(
    ("power", "state", "agrees"),
    [
        ("Running", "started", True),
        ("Running", "ignored", True),
        ("Running", "stopped", False),
        ("Running", "disabled", False),
        ("Stopped", "stopped", True),
        ("Stopped", "disabled", True),
        ("Stopped", "started", False),
        ("OnCreate", "stopped", True),
        ("Unmanaged", "started", True),
    ],
)
def test_power_and_ha_must_not_contradict_each_other(cluster, power, state, agrees):
    applier = Applier(cluster, manifest(f"{{state: {state}}}", power))
    refused = applier.kind.refuse(applier.change(applier.observe()))
    assert bool(refused) is not agrees


def test_true_means_started_and_the_manager_starts_it(cluster):
    applier = Applier(cluster, manifest("true"))
    applier.target = replace(applier.target, wants=frozenset(("ha",)))
    assert applier.apply() == ["create", "ha"]
    assert cluster.call("GET", "/cluster/ha/resources/vm:20001")["state"] == "started"
    assert applier.apply() == []


def test_the_manager_lets_go_of_a_guest_before_it_is_destroyed(cluster):
    applier = Applier(cluster, manifest("{state: stopped}"))
    applier.target = replace(applier.target, wants=frozenset(("ha",)))
    applier.apply()
    live = applier.observe()
    gone = applier.kind.steps(Change(applier.target, live, None, op="op2"))
    assert [step.verb for step in gone] == ["tombstone", "ha-remove", "destroy"]
