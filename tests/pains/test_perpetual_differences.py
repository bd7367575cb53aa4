"""Pains 8 to 14, 26, 29: a plan is empty whatever the order and spelling, and costs one read a guest."""

import pytest

from pxhelm.actions import objects
from pxhelm.apply.planning import PlanRequest
from pxhelm.plan.model import Action

HEAD = "apiVersion: proxmox.io/v1\nkind: VirtualMachine\nmetadata: {name: %s}\nspec:\n"
SPEC = {
    "disks": {"scsi0": "{storage: local-lvm, size: 4G, discard: true}", "scsi1": "{storage: local-lvm, size: 2G}"},
    "networks": {"net0": "{bridge: vmbr0}", "net1": "{bridge: vmbr0, vlan: 20}"},
    "tags": "[Web, db, a-1]",
}


def manifest(name, disks, networks, tags):
    lines = ["  power: Stopped", f"  tags: [{', '.join(tags)}]", "  disks:"]
    lines += [f"    {slot}: {SPEC['disks'][slot]}" for slot in disks]
    lines += ["  networks:", *(f"    {slot}: {SPEC['networks'][slot]}" for slot in networks)]
    return HEAD % name + "\n".join(lines) + "\n"


def plan(lab, text):
    resources = objects.parse_text(lab.services, text, "pain.yaml")
    return objects.plan_resources(lab.services, resources, PlanRequest(manager=objects.MANAGER)).plan


@pytest.mark.parametrize("style", ["", "case-sensitive=1", "ordering=alphabetical"])
def test_order_and_case_of_devices_and_tags_make_no_difference(lab, style):
    if style:
        lab.api("PUT", "/cluster/options", **{"tag-style": style})
    lab.apply(manifest("one", ("scsi0", "scsi1"), ("net0", "net1"), ("Web", "db", "a-1")))
    other = manifest("one", ("scsi1", "scsi0"), ("net1", "net0"), ("a-1", "Web", "db"))
    assert [(o.action, o.changes) for o in plan(lab, other).objects] == [(Action.NOTHING, ())]


@pytest.mark.parametrize("style", ["case-sensitive=1", "case-sensitive=1,ordering=alphabetical", "ordering=config"])
def test_tags_that_somebody_wrote_in_another_order_and_case_are_the_same(lab, style):
    lab.api("PUT", "/cluster/options", **{"tag-style": style})
    text = manifest("one", ("scsi0",), ("net0",), ("Web", "db", "a-1"))
    lab.apply(text)
    (row,) = [r for r in lab.api("GET", "/cluster/resources", type="vm") if r.get("name") == "one"]
    at = f"/nodes/{row['node']}/qemu/{row['vmid']}/config"
    lab.api("PUT", at, tags="WEB;db;A-1")
    assert plan(lab, text).empty
    lab.api("PUT", at, tags="web;db")
    assert [[c.path for c in o.changes] for o in plan(lab, text).objects] == [["tags"]]


def test_the_control_another_size_is_a_difference(lab):
    text = manifest("one", ("scsi0", "scsi1"), ("net0", "net1"), ("db",))
    lab.apply(text)
    (planned,) = plan(lab, text.replace("size: 2G", "size: 3G")).objects
    assert [c.path for c in planned.changes] == ["disks.scsi1.size"]


def test_a_plan_reads_each_guest_once_and_never_asks_an_agent_or_a_pool(lab):
    lab.api("POST", "/pools", poolid="prod")
    names = [f"vm{number}" for number in range(12)]
    text = "---\n".join(
        HEAD % name
        + "  power: Stopped\n  pool: prod\n  agent: true\n  disks: {scsi0: {storage: local-lvm, size: 1G}}\n"
        for name in names
    )
    lab.apply(text)
    with lab.counted() as asked:
        assert plan(lab, text).empty
    assert len(asked) <= len(names) + 5
    assert not [call for call in asked if "agent" in call or call.startswith("GET /api2/json/pools")]
    assert all(call.startswith("GET ") for call in asked)
