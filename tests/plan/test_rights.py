"""Rights: Proxmox' rules of how they reach down, and what is said with a plan."""

import pytest

from pxhelm.plan.rights import allowed
from tests.actions.conftest import lab

__all__ = ["lab"]
VM = """apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web}
spec: {template: debian-12-template, memory: 2G, disks: [{storage: local-lvm, size: 8G}], power: Running}
"""


@pytest.mark.parametrize(
    ("path", "privilege", "holds"),
    [
        ("/vms/100", "VM.Audit", True),
        ("/vms/200", "VM.Audit", False),  # something else is said of it
        ("/vms/200", "VM.Clone", True),
        ("/storage/local", "VM.Audit", False),
        ("/pool/a", "Pool.Audit", True),
        ("/pool/a/b", "Pool.Audit", False),  # it does not reach below
    ],
)
def test_what_is_said_of_the_nearest_path_counts(path, privilege, holds):
    granted = {"/vms": {"VM.Audit": 1}, "/vms/200": {"VM.Clone": 1}, "/pool/a": {"Pool.Audit": 0}}
    assert allowed(granted, path, privilege) is holds


def plan_as(lab, role):
    from pxhelm.actions import objects
    from pxhelm.apply.planning import PlanRequest
    from pxhelm.proxmox.auth import parse_token
    from pxhelm.proxmox.client import Client, LocalTransport
    from pxhelm.proxmox.connection import Connection

    lab.api("POST", "/access/users", userid="ci@pve")
    made = lab.api("POST", "/access/users/ci@pve/token/plan", privsep=0)
    lab.api("PUT", "/access/acl", path="/", users="ci@pve", roles=role)
    lab.services.cluster = Client(
        Connection(("simulator",), parse_token(f"ci@pve!plan={made['value']}")),
        open_transport=lambda _: LocalTransport(lab.simulator.send),
    )
    resources = objects.parse_text(lab.services, VM, "rights.yaml")
    return objects.plan_resources(lab.services, resources, PlanRequest(manager=objects.MANAGER)).plan


def test_what_the_token_may_not_do_is_told_with_the_plan(lab):
    said = "\n".join(plan_as(lab, "PVEAuditor").warnings)
    for right in (
        "VM.Allocate",
        "VM.Clone on /vms/9000",
        "VM.PowerMgmt",
        "Datastore.AllocateSpace on /storage/local-lvm",
    ):
        assert right in said
    assert "pveum acl modify" in said


def test_a_token_that_may_do_all_is_told_nothing(lab):
    assert not [warning for warning in plan_as(lab, "Administrator").warnings if "lacks" in warning]


def test_a_plan_without_writes_does_not_ask(lab):
    lab.apply(VM)
    from pxhelm.actions import objects
    from pxhelm.apply.planning import PlanRequest

    with lab.counted() as asked:
        resources = objects.parse_text(lab.services, VM, "rights.yaml")
        objects.plan_resources(lab.services, resources, PlanRequest(manager=objects.MANAGER))
    assert not [call for call in asked if "permissions" in call]
