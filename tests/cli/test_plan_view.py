"""A plan reads as the user expects: symbols, leaves with their effect, steps, footer. Golden text by syrupy."""

import pytest

from pxhelm.cli.views.plan import plan_text
from pxhelm.plan.model import Action, Blocked, Drift, ObjectPlan, Plan
from pxhelm.proxmox.request import Request
from pxhelm.resource.effect import Effect
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import LeafChange, Op
from pxhelm.resource.step import Guard, Step, Undo
from pxhelm.secret import Secret

GIB = 2**30


def key(name):
    return ObjectKey("VirtualMachine", "prod", name)


def step(verb, **more):
    return Step(verb, Request("PUT", "/nodes/pve1/qemu/100/config"), Guard.DIGEST, **more)


CREATED = ObjectPlan(
    key("web"),
    "",
    Action.CREATE,
    changes=(
        LeafChange("memory.size", Op.SET, None, 8 * GIB),
        LeafChange("tags", Op.SET, None, ("prod", "web")),
        LeafChange("cloudInit.password", Op.SET, None, Secret("hunter2")),
    ),
    steps=(step("clone", detail={"from": "debian (9000)"}), step("start")),
    vmid=10023,
    node="pve1",
)
CHANGED = ObjectPlan(
    key("db"),
    "u",
    Action.UPDATE,
    changes=(
        LeafChange("cpu.cores", Op.SET, 2, 4, Effect.RESTART, "a running guest gets processors at its next start"),
        LeafChange("description", Op.UNSET, "old", None, Effect.METADATA),
        LeafChange("disks.scsi0.size", Op.SET, 4 * GIB, 8 * GIB, Effect.ONLINE),
    ),
    steps=(step("config"), step("resize", undo=Undo.IRREVERSIBLE)),
    drift=(Drift("cpu.cores", 4, 2),),
    notes=("the template has changed since: a machine keeps what it was made from",),
    vmid=10024,
)
GONE = ObjectPlan(key("old"), "v", Action.DELETE, steps=(step("destroy", frees_bytes=20 * GIB),), vmid=10025)
SAME = ObjectPlan(key("same"), "w", Action.NOTHING)
REFUSED = Blocked(key("locked"), "Lock", "VM 10026 is locked (backup)", "wait for the backup to end")

PLANS = {
    "empty": Plan("home", "kubectl:pxhelm", (SAME,)),
    "everything": Plan("home", "helm:prod/shop", (CREATED, CHANGED, GONE, SAME), (REFUSED,)),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_reads_well(name, snapshot):
    assert plan_text(PLANS[name]) == snapshot


def test_a_secret_is_not_in_it():
    assert "hunter2" not in plan_text(PLANS["everything"])
