"""Sets of guests: members come with the set, and those that are too many go, the last first."""

import pytest

from pxhelm.apply.engine import apply_plan
from pxhelm.apply.saved import save_plan
from pxhelm.errors import ExitCode
from pxhelm.plan.document import loads
from pxhelm.plan.model import Action
from pxhelm.resource.identity import ObjectKey
from tests.apply.lab import QUICK

SET = """
apiVersion: proxmox.io/v1
kind: GuestSet
metadata: {name: worker}
spec:
  replicas: %d
  template: {kind: Container, spec: {node: pve-node1, source: {image: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"}, power: Stopped, rootfs: {storage: local-lvm, size: 1G}}}
"""


def members(lab):
    return sorted(row["name"] for row in lab.guests().values() if str(row["name"]).startswith("worker-"))


def test_members_are_made_and_those_that_are_too_many_go(lab):
    planned = lab.plan(SET % 2)
    assert [b.message for b in planned.plan.blocked] == []
    result = apply_plan(lab.ports(), planned, QUICK)
    assert result.exit_code is ExitCode.OK, result.error()
    assert members(lab) == ["worker-0", "worker-1"]
    assert lab.plan(SET % 2).plan.empty
    less = lab.plan(SET % 1)
    assert [o.key.name for o in less.plan.objects if o.action is Action.DELETE] == ["worker-1"]
    assert apply_plan(lab.ports(), less, QUICK).exit_code is ExitCode.OK
    assert members(lab) == ["worker-0"]


def test_members_go_with_their_set(lab):
    lab.apply(SET % 2)
    assert lab.destroy(ObjectKey("GuestSet", "default", "worker")).exit_code is ExitCode.OK
    assert members(lab) == []


VMS = """
apiVersion: proxmox.io/v1
kind: GuestSet
metadata: {name: worker}
spec:
  replicas: 4
  updateStrategy: STRATEGY
  template: {spec: {node: pve-node1, memory: MEMORY, power: {policy: Running, restart: IfRequired}}}
"""


def machines(memory, strategy="{type: Rolling}"):
    return VMS.replace("MEMORY", str(memory)).replace("STRATEGY", strategy)


def key(number):
    return ObjectKey("VirtualMachine", "default", f"worker-{number}")


def rebooted(lab, since):
    names = {str(row["vmid"]): row["name"] for row in lab.guests().values()}
    return [names[e.path.split("/")[6]] for e in lab.writes(since) if e.path.endswith("/status/reboot")]


def test_members_are_restarted_one_after_the_other_the_last_first(lab):
    lab.apply(machines(512))
    mark = lab.mark
    assert lab.apply(machines(1024)).exit_code is ExitCode.OK
    assert rebooted(lab, mark) == ["worker-3", "worker-2", "worker-1", "worker-0"]


@pytest.mark.parametrize(
    ("strategy", "waits_for"),
    [
        ("{}", {0: [1], 1: [2], 2: [3], 3: []}),
        ("{type: Rolling, maxUnavailable: 2}", {0: [2], 1: [3], 2: [], 3: []}),
        ("{maxUnavailable: 9}", {0: [], 1: [], 2: [], 3: []}),
    ],
)
def test_no_more_members_are_away_at_once_than_the_set_says(lab, strategy, waits_for):
    lab.apply(machines(512, strategy))
    plan = loads(save_plan(lab.plan(machines(1024, strategy)))).plan  # a saved plan says it too
    found = {n: [k.name for k in plan.order.all[key(n)] if k.name.startswith("worker-")] for n in range(4)}
    assert found == {n: [f"worker-{m}" for m in below] for n, below in waits_for.items()}
    assert set(plan.awaited) == {key(n) for n in range(4)}


def test_what_disrupts_nobody_is_not_held_up(lab):
    lab.apply(machines(512))
    plan = lab.plan(machines(512).replace("node:", "tags: [new], node:")).plan
    assert plan.awaited == ()
    assert {k.name for n in range(4) for k in plan.order.all[key(n)]} & {"worker-0", "worker-1", "worker-2"} == set()


def test_when_one_cannot_be_changed_those_behind_it_stay_as_they_are(lab):
    lab.apply(machines(512))
    planned = lab.plan(machines(1024))
    mark = lab.mark
    (second,) = (row["vmid"] for row in lab.guests().values() if row["name"] == "worker-2")
    lab.set_lock(second, "backup")
    result = apply_plan(lab.ports(), planned, QUICK)
    assert rebooted(lab, mark) == ["worker-3"]
    assert {o.key.name: o.outcome.reason for o in result.failed if o.key.kind != "GuestSet"} == {
        "worker-2": "Lock",
        "worker-1": "Dependency",
        "worker-0": "Dependency",
    }


def test_a_template_in_which_high_members_wait_for_low_ones_rolls_upwards(lab):
    lab.apply(machines(512))
    text = machines(1024).replace(
        "template: {", 'template: {metadata: {annotations: {pxhelm.io/depends-on: "VirtualMachine/default/$(name)"}}, '
    )
    plan = lab.plan(text.replace("$(name)", "worker-0")).plan
    assert not plan.blocked
    assert [[k.name for k in plan.order.all[key(n)] if k.name.startswith("worker-")] for n in (1, 2, 3)] == [
        ["worker-0"],
        ["worker-0", "worker-1"],
        ["worker-0", "worker-2"],
    ]


def test_who_waits_for_a_set_to_be_ready_waits_for_its_members(lab):
    text = (
        machines(512)
        .replace("power:", "readiness: {tcp: {port: 1}, timeout: 1s}, power:")
        .replace("replicas: 4", "replicas: 1")
    )
    after = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: after, annotations: {pxhelm.io/depends-on: "GuestSet/default/worker:Ready"}}
spec: {node: pve-node1}
"""
    result = lab.apply(text, after)
    assert {o.key.name: o.outcome.reason for o in result.failed} == {
        "worker-0": "NotReady",
        "after": "Dependency",
    }


def test_members_that_are_there_stay_with_on_delete_and_new_ones_are_as_the_template_says(lab):
    later = machines(1024, "{type: OnDelete}").replace("replicas: 4", "replicas: 5")
    lab.apply(machines(512))
    planned = lab.plan(later)
    assert {o.key.name: o.action for o in planned.plan.objects if o.key.kind != "GuestSet"} == {
        **{f"worker-{n}": Action.READ for n in range(4)},
        "worker-4": Action.CREATE,
    }
    assert apply_plan(lab.ports(), planned, QUICK).exit_code is ExitCode.OK
    assert sorted(row["maxmem"] >> 20 for row in lab.guests().values()) == [512, 512, 512, 512, 1024]
    assert lab.plan(machines(512, "{type: OnDelete}")).plan.objects[0].action is not Action.READ
