"""What an apply found in the way of an object is told by ``get`` and ``describe`` afterwards, until a run finds nothing there."""

import json

from pxhelm.actions import objects
from pxhelm.actions.conditions import conditions
from pxhelm.actions.describe import describe
from pxhelm.actions.inspect import find_one
from pxhelm.apply.planning import PlanRequest
from pxhelm.cli.views.describe import describe_text


def manifest(kind, name, spec, **annotations):
    body = {"apiVersion": "proxmox.io/v1", "kind": kind, "metadata": {"name": name, "annotations": annotations}}
    return json.dumps({**body, "spec": spec})


def pool(comment, **annotations):
    return manifest("Pool", "prod", {"comment": comment}, **annotations)


def nas(path):
    return manifest("Storage", "nas", {"type": "dir", "path": path})


def vm(cores, power):
    return manifest("VirtualMachine", "web", {"memory": 512, "cpu": {"cores": cores}, "power": power})


def applied(lab, text, manager=objects.MANAGER):
    resources = objects.parse_text(lab.services, text, "test.yaml")
    return objects.carry_out(
        lab.services, objects.plan_resources(lab.services, resources, PlanRequest(manager=manager))
    )


def told(lab, kind, name):
    about = describe(lab.services, find_one(lab.services, (kind,), name))
    found = {each.type: (each.status, each.reason) for each in conditions(about.found, whole=True)}
    return found, describe_text(about, lab.services.now().timestamp())


def test_a_conflict_is_told_with_its_leaves_until_it_is_over(lab):
    applied(lab, pool("one"))
    assert told(lab, "Pool", "prod")[0]["Conflict"] == ("False", "")
    assert applied(lab, pool("two"), "helm:default/shop").failed
    found, text = told(lab, "Pool", "prod")
    assert found["Conflict"] == ("True", "Conflict")
    assert found["Blocked"] == ("False", "")
    assert "comment: kubectl:pxhelm has one, wanted is two" in text
    assert not applied(lab, pool("one"), "helm:default/shop").failed
    assert told(lab, "Pool", "prod")[0]["Conflict"] == ("False", "")


def test_a_refusal_is_told_and_since_when(lab):
    def blocked():
        return next(c for c in lab.store.conditions.of([one_uid(lab, "Storage", "nas")]) if c.type == "Blocked")

    applied(lab, nas("/srv/a"))
    assert applied(lab, nas("/srv/b")).failed
    assert told(lab, "Storage", "nas")[0]["Blocked"] == ("True", "Refused")
    first = blocked()
    assert applied(lab, nas("/srv/c")).failed
    assert blocked() == first


def one_uid(lab, kind, name):
    return find_one(lab.services, (kind,), name).stored.uid


def test_a_lock_that_is_gone_blocks_no_more_though_nobody_applied(lab):
    applied(lab, vm(1, "Running"))
    vmid = str(find_one(lab.services, ("VirtualMachine",), "web").vmid)
    lab.simulator.change(lambda world: world.state.edit("guest", vmid)["conf"].update(lock="backup"))
    assert applied(lab, vm(2, "Running")).failed
    assert told(lab, "VirtualMachine", "web")[0]["Blocked"] == ("True", "Lock")
    lab.simulator.change(lambda world: world.state.edit("guest", vmid)["conf"].pop("lock"))
    assert told(lab, "VirtualMachine", "web")[0]["Blocked"] == ("False", "")


def test_a_restart_that_waits_for_its_window_blocks_until_the_restart(lab):
    applied(lab, vm(1, "Running"))
    now = lab.services.now()
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(now.weekday() + 3) % 7]
    window = {"policy": "Running", "restart": "Window", "window": f"{day} 02:00-03:00"}
    assert not applied(lab, vm(2, window)).failed
    found, shown = told(lab, "VirtualMachine", "web")
    assert found["Blocked"] == ("True", "Window")
    assert "which opens in" in shown


def test_what_waits_for_it_is_blocked_by_name(lab):
    after = {"pxhelm.io/depends-on": "Storage/nas"}
    applied(lab, f"{nas('/srv/a')}\n---\n{pool('one', **after)}")
    assert applied(lab, f"{nas('/srv/b')}\n---\n{pool('two', **after)}").failed
    assert told(lab, "Pool", "prod")[0]["Blocked"] == ("True", "Dependency")


def test_an_object_that_nothing_was_ever_in_the_way_of_costs_no_row(lab):
    applied(lab, pool("one"))
    assert lab.store.conditions.of([one_uid(lab, "Pool", "prod")]) == ()
