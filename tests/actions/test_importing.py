"""Import: the plan of what was taken over is empty, whatever people made by hand."""

from dataclasses import replace

from pxhelm.actions import importing
from pxhelm.actions.objects import MANAGER, parse_text
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.apply.ports import ports_of
from pxhelm.golang.yaml import load
from pxhelm.plan.model import Action
from tests.actions.handmade import handmade


def import_all(lab):
    wanted = importing.prepare(lab.services, importing.choose(lab.services, importing.ImportRequest()))
    result = importing.carry_out(lab.services, wanted)
    assert not result.failed, [(o.key.address, o.outcome.message) for o in result.failed]
    return wanted


def plan_of(lab, wanted, manager=MANAGER):
    resources = parse_text(lab.services, "---\n".join(one.text for one in wanted.objects), "import")
    return plan_objects(ports_of(lab.services), resources, PlanRequest(manager=manager)).plan


def make_by_hand(lab, count, seed=1):
    for number, (guest, vmid, params) in enumerate(handmade(count, seed)):
        lab.api("POST", f"/nodes/pve-node{number % 3 + 1}/{guest}", vmid=vmid, **params)
        if number % 3 == 0:
            lab.api("POST", f"/nodes/pve-node{number % 3 + 1}/{guest}/{vmid}/status/start")


def test_what_was_made_by_hand_is_imported_with_an_empty_plan(lab):
    make_by_hand(lab, 200)
    before = {vmid: lab.config(guest, vmid, number) for number, (guest, vmid, _) in enumerate(handmade(200))}
    wanted = import_all(lab)
    assert len(wanted.objects) >= 200
    plan = plan_of(lab, wanted)
    assert not plan.blocked
    assert {o.key.address: o.changes or o.steps for o in plan.objects if o.action is not Action.NOTHING} == {}
    after = {vmid: lab.config(guest, vmid, number) for number, (guest, vmid, _) in enumerate(handmade(200))}
    assert after == before, "nothing but the marker was written"


def test_passwords_are_in_no_manifest(lab):
    make_by_hand(lab, 12)
    assert "canary" not in "".join(one.text for one in import_all(lab).objects)


def test_an_import_gives_way_to_whoever_applies(lab):
    make_by_hand(lab, 1)
    wanted = import_all(lab)
    text = next(one.text for one in wanted.objects if one.found.vmid == 5000)
    lab.apply(text.replace("spec:\n", "spec:\n  tags: [changed]\n", 1) if "tags:" not in text else text)
    owners = {leaf.manager for o in lab.store.objects.list(_query()) for leaf in lab.store.objects.owned(o.uid)}
    assert MANAGER in owners


def test_tags_that_labels_are_become_labels_and_no_tags_of_the_manifest(lab):
    lab.api("PUT", "/nodes/pve-node2/qemu/101/config", tags="app.shop;app.b;tier;prod")
    lab.services.place = replace(lab.services.place, label_tags=("app", "tier"))
    (found,) = [one for one in importing.choose(lab.services, importing.ImportRequest()) if one.vmid == 101]
    wanted = importing.prepare(lab.services, [found])
    body = load(wanted.objects[0].text)
    assert body["metadata"]["labels"] == {"app": "b", "tier": ""}
    assert body["spec"]["tags"] == ["app.shop", "prod"]
    importing.carry_out(lab.services, wanted)
    assert plan_of(lab, wanted).empty
    assert set(lab.api("GET", "/nodes/pve-node2/qemu/101/config")["tags"].split(";")) == {
        "app.shop",
        "app.b",
        "tier",
        "prod",
    }


def _query():
    from pxhelm.store.objects import ObjectQuery

    return ObjectQuery("lab", kind="VirtualMachine")
