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


def signed_in(lab, role):
    from pxhelm.proxmox.auth import parse_token
    from pxhelm.proxmox.client import Client, LocalTransport
    from pxhelm.proxmox.connection import Connection

    lab.api("POST", "/access/users", userid="ci@pve")
    made = lab.api("POST", "/access/users/ci@pve/token/plan", privsep=0)
    for path, name in role.items():
        lab.api("PUT", "/access/acl", path=path, users="ci@pve", roles=name)
    lab.services.cluster = Client(
        Connection(("simulator",), parse_token(f"ci@pve!plan={made['value']}")),
        open_transport=lambda _: LocalTransport(lab.simulator.send),
    )


def plan_as(lab, role, text=VM):
    from pxhelm.actions import objects
    from pxhelm.apply.planning import PlanRequest

    signed_in(lab, role)
    resources = objects.parse_text(lab.services, text, "rights.yaml")
    return objects.plan_resources(lab.services, resources, PlanRequest(manager=objects.MANAGER)).plan


def test_what_the_token_may_not_do_is_refused_with_the_plan(lab):
    (blocked,) = plan_as(lab, {"/": "PVEAuditor"}).blocked
    assert blocked.reason == "PermissionDenied"
    for right in ("VM.Clone on /vms/9000", "VM.Allocate on /vms/", "VM.PowerMgmt on /vms/"):
        assert right in blocked.message
    assert blocked.hint.startswith("pveum acl modify /vms/9000 --roles ROLE")


def test_what_only_proxmox_code_decides_is_a_warning(lab):
    lab.api(
        "POST",
        "/access/roles",
        roleid="Most",
        privs="VM.Audit,VM.Clone,VM.Allocate,VM.PowerMgmt,VM.Config.Disk,Sys.Audit",
    )
    found = plan_as(lab, {"/": "Most"})
    assert not found.blocked
    said = "\n".join(found.warnings)
    assert "the token lacks VM.Config.Memory on /vms/" in said
    assert "Datastore.AllocateSpace on /storage/local-lvm" in said


def test_rights_on_a_pool_are_enough_for_a_guest_that_is_made_in_it(lab):
    lab.api("POST", "/pools", poolid="mine")
    lab.api("POST", "/access/roles", roleid="Look", privs="VM.Audit,VM.Clone,Sys.Audit,Datastore.AllocateSpace,SDN.Use")
    found = plan_as(lab, {"/": "Look", "/pool/mine": "PVEAdmin"}, VM.replace("spec: {", "spec: {pool: mine, "))
    assert not found.blocked


CLUSTER = """apiVersion: proxmox.io/v1
kind: Group
metadata: {name: ops}
spec: {}
---
apiVersion: proxmox.io/v1
kind: IPSet
metadata: {name: admins}
spec: {entries: [{cidr: 10.0.0.1}]}
---
apiVersion: proxmox.io/v1
kind: PCIMapping
metadata: {name: gpu}
spec: {map: [{node: pve-node1, path: "0000:01:00.0", id: "10de:2204"}]}
"""


def test_refused_objects_are_not_written_and_the_others_are(lab):
    from pxhelm.actions import objects
    from pxhelm.apply.engine import apply_plan
    from pxhelm.apply.planning import PlanRequest
    from pxhelm.apply.ports import ports_of
    from pxhelm.errors import ExitCode

    lab.api("POST", "/access/roles", roleid="Look", privs="Sys.Audit,Mapping.Audit,Group.Allocate")
    signed_in(lab, {"/": "Look"})
    resources = objects.parse_text(lab.services, CLUSTER, "rights.yaml")
    planned = objects.plan_resources(lab.services, resources, PlanRequest(manager=objects.MANAGER))
    needed = {b.key.kind: b.message.rpartition("lacks ")[2] for b in planned.plan.blocked}
    assert needed == {
        "IPSet": "Sys.Modify on /",
        "PCIMapping": "Mapping.Modify on /mapping/pci",
    }
    with lab.counted() as asked:
        result = apply_plan(ports_of(lab.services), planned)
    assert result.exit_code is ExitCode.PARTIAL
    assert [each for each in asked if not each.startswith("GET")] == ["POST /api2/json/access/groups"]


def test_a_token_that_may_do_all_is_told_nothing(lab):
    found = plan_as(lab, {"/": "Administrator"}, VM + "---\n" + CLUSTER)
    assert not [warning for warning in found.warnings if "lacks" in warning]
    assert not found.blocked


def test_a_plan_that_gives_rights_itself_is_not_refused(lab):
    acl = """apiVersion: proxmox.io/v1
kind: ACL
metadata: {name: more}
spec: {path: /, roles: [Administrator], subjects: [{user: ci@pve}]}
"""
    lab.api("POST", "/access/roles", roleid="Give", privs="Permissions.Modify,Sys.Audit,Mapping.Audit")
    found = plan_as(lab, {"/": "Give"}, acl + "---\n" + CLUSTER.split("---\n")[2])
    assert not found.blocked
    assert any("the token lacks Mapping.Modify on /mapping/pci" in each for each in found.warnings)


def test_a_plan_without_writes_does_not_ask(lab):
    lab.apply(VM)
    from pxhelm.actions import objects
    from pxhelm.apply.planning import PlanRequest

    with lab.counted() as asked:
        resources = objects.parse_text(lab.services, VM, "rights.yaml")
        objects.plan_resources(lab.services, resources, PlanRequest(manager=objects.MANAGER))
    assert not [call for call in asked if "permissions" in call]


def test_the_order_of_starting_is_the_business_of_the_node(lab):
    privs = "VM.Audit,VM.Clone,VM.Allocate,VM.PowerMgmt,VM.Config.Disk,VM.Config.Options,VM.Config.Memory,Sys.Audit"
    lab.api("POST", "/access/roles", roleid="Most", privs=privs)
    found = plan_as(lab, {"/": "Most"}, VM.replace("spec: {", "spec: {startup: {order: 2}, "))
    assert any("the token lacks Sys.Modify on /," in text for text in found.warnings)
