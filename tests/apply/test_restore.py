"""A store that was lost: what the guests' markers bring back (engine.md D2.2, goal G9)."""

from dataclasses import replace

import pytest

from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.apply.restore import Marked, plan_restoration, restore
from pxhelm.errors import PxhelmError
from pxhelm.plan.model import Action
from pxhelm.resource.identity import Marker, ObjectKey
from pxhelm.resource.model import Existence, Target
from pxhelm.store.bindings import BindingState
from pxhelm.store.clusters import Cluster
from pxhelm.store.memory import MemoryStore
from pxhelm.store.objects import ObjectQuery

GUEST = """
apiVersion: proxmox.io/v1
kind: {kind}
metadata: {{name: {name}, namespace: {namespace}, labels: {{app: shop}}}}
spec:
  memory: 256
  power: Stopped
"""
MACHINE = "  disks: [{storage: local-lvm, size: 1G}]\n  cloudInit: {user: ops, drive: {storage: local-lvm}}\n"
CONTAINER = (
    "  template: local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst\n"
    "  rootfs: {storage: local-lvm, size: 1G}\n  networks: {net0: {bridge: vmbr0}}\n"
)


def guest(number, namespace="shop"):
    kind = "Container" if number % 5 == 4 else "VirtualMachine"
    text = GUEST.format(kind=kind, name=f"guest-{number}", namespace=namespace)
    return text + (CONTAINER if kind == "Container" else MACHINE)


def marked(lab):
    found = []
    for vmid, row in lab.guests().items():
        kind = lab.ports().kind_of("Container" if row["type"] == "lxc" else "VirtualMachine")
        target = Target(ObjectKey(kind.name, "", row["name"]), "", row["node"], vmid, row=row)
        live = lab.client().run(kind.observe(target))
        if live.existence is Existence.PRESENT and live.marker is not None and live.marker.vmid == vmid:
            found.append(Marked(kind, live, row["name"]))
    return found


def without_store(lab, installation="inst0002"):
    """Return ports over an empty store, as somebody has who lost theirs."""
    store = MemoryStore()
    store.clusters.put(Cluster("lab", installation=installation))
    return lab.ports(store=store, installation=installation)


def rebuilt(lab, ports, wanted="", namespace="default"):
    planned = plan_restoration(ports, marked(lab), wanted, namespace)
    restore(ports, planned)
    return planned, replace(ports, installation=planned.installation)


def test_every_guest_of_a_lost_store_is_bound_again_and_the_plan_is_empty(lab):
    texts = [guest(n) for n in range(210)]
    assert not lab.apply(*texts).failed
    ports = without_store(lab)
    planned, again = rebuilt(lab, ports)
    assert (planned.installation, planned.takes_over, len(planned.restored)) == ("inst0001", True, 210)
    bindings = again.store.bindings.list("lab")
    assert {b.vmid for b in bindings} == set(lab.guests())
    assert {b.state for b in bindings} == {BindingState.BOUND}
    mark = lab.mark
    plan = plan_objects(again, lab.resources(*texts), PlanRequest()).plan
    assert plan.empty, [(o.key.address, o.steps) for o in plan.objects if o.action is not Action.NOTHING]
    assert not lab.apply_with(again, *texts).failed
    assert lab.writes(mark) == []
    assert len(lab.guests()) == 210


def test_what_was_made_for_a_release_says_so_again(lab):
    lab.apply(guest(1), release="shop/front", manager="helm:shop/front")
    _, again = rebuilt(lab, without_store(lab))
    (stored,) = again.store.objects.list(ObjectQuery("lab"))
    assert (stored.release, stored.labels) == ("shop/front", {"app.kubernetes.io/managed-by": "Helm"})
    assert b"meta.helm.sh/release-name" in stored.manifest


def test_several_installations_have_to_be_told_apart_by_the_user(lab):
    lab.apply(guest(1))
    other = replace(without_store(lab), installation="inst0003", store=MemoryStore())
    lab.apply_with(other, guest(2))
    ports = without_store(lab)
    with pytest.raises(PxhelmError, match="several installations left markers: inst0001"):
        plan_restoration(ports, marked(lab), "", "default")
    with pytest.raises(PxhelmError, match="no guest carries its marker"):
        plan_restoration(ports, marked(lab), "nobody", "default")
    planned, _ = rebuilt(lab, ports, "inst0003")
    assert [g.key.name for g in planned.restored] == ["guest-2"]
    assert planned.others == {"inst0001": 1}


def test_a_store_that_knows_its_guests_takes_over_nobody_elses(lab):
    lab.apply(guest(1))
    lab.apply_with(replace(without_store(lab), installation="inst0003"), guest(2))
    with pytest.raises(PxhelmError, match="this store belongs to inst0001"):
        plan_restoration(lab.ports(), marked(lab), "inst0003", "default")


def test_what_a_restored_backup_has_forgotten_is_bound_again(lab):
    lab.apply(guest(1), guest(2))
    binding = next(b for b in lab.store.bindings.list("lab") if b.vmid == max(lab.guests()))
    lab.store.bindings.drop(binding)
    lab.store.objects.delete(binding.uid)
    planned, again = rebuilt(lab, lab.ports())
    assert [g.outcome for g in planned.guests].count("bound") == 1
    assert [g.guest.live.vmid for g in planned.restored] == [binding.vmid]
    assert plan_objects(again, lab.resources(guest(1), guest(2)), PlanRequest()).plan.empty


def edited(one, **changes):
    """Return a guest whose marker somebody edited."""
    return replace(one, live=replace(one.live, marker=replace(one.marker, **changes)))


def test_two_guests_that_say_they_are_the_same_object_are_left_to_a_human(lab):
    lab.apply(guest(1), guest(2))
    one, two = marked(lab)
    same = plan_restoration(without_store(lab), [one, edited(two, uid=one.marker.uid)], "", "default")
    assert [g.outcome for g in same.guests] == ["conflict", "conflict"]
    named = plan_restoration(without_store(lab), [one, edited(two, name=one.marker.name)], "", "default")
    assert [g.outcome for g in named.guests] == ["conflict", "conflict"]


def test_a_guest_under_creation_is_told_and_left_for_later(lab):
    lab.apply(guest(1))
    (one,) = marked(lab)
    planned = plan_restoration(without_store(lab), [replace(one, live=replace(one.live, lock="clone"))], "", "default")
    assert [g.outcome for g in planned.guests] == ["being-made"]


def test_a_marker_of_an_older_version_gets_the_name_of_its_guest(lab):
    lab.apply(guest(1))
    (one,) = marked(lab)
    old = Marker(one.marker.installation, one.marker.uid, one.marker.vmid, "op")
    planned = plan_restoration(without_store(lab), [replace(one, live=replace(one.live, marker=old))], "", "prod")
    assert [(g.key.address, g.assumed) for g in planned.guests] == [("VirtualMachine/prod/guest-1", True)]
