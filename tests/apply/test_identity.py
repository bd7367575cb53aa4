"""No guest of somebody else's is ever touched, whatever happens around us."""

import itertools
import json

import pytest

from pxhelm.apply.command import Result
from pxhelm.apply.engine import apply_plan
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.apply.vmids import start_of
from pxhelm.errors import ExitCode
from pxhelm.plan.model import Action
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.bindings import BindingState
from pxhelm.store.objects import ObjectKey as StoreKey
from tests.apply.lab import QUICK, vm

WEB = ObjectKey("VirtualMachine", "production", "web-server")


def stored(lab):
    return lab.store.objects.get(StoreKey("lab", WEB.kind, WEB.namespace, WEB.name))


def binding(lab):
    return lab.store.bindings.get(stored(lab).uid)


def foreign(lab, vmid, name="theirs", **more):
    return lab.api("POST", "/nodes/pve-node2/qemu", vmid=vmid, name=name, **more)


def config(lab, vmid, node="pve-node2"):
    return lab.api("GET", f"/nodes/{node}/qemu/{vmid}/config")


def first_vmid():
    return 10000 + start_of("inst0001") % 90000


def outcome(result):
    (only,) = result.objects
    return only.outcome


def destroy_by_hand(lab, vmid, node="pve-node1"):
    lab.api("POST", f"/nodes/{node}/qemu/{vmid}/status/stop")
    lab.api("DELETE", f"/nodes/{node}/qemu/{vmid}")


def test_a_vmid_that_is_taken_when_planning_is_passed_over(lab):
    foreign(lab, first_vmid())
    assert lab.apply(vm()).exit_code is ExitCode.OK
    assert binding(lab).vmid == first_vmid() + 1


def test_a_vmid_taken_between_plan_and_apply_is_passed_over(lab):
    planned = lab.plan(vm())
    foreign(lab, first_vmid())
    before = config(lab, first_vmid())
    result = apply_plan(lab.ports(), planned, QUICK)
    assert outcome(result).result is Result.DONE
    assert binding(lab).vmid == first_vmid() + 1
    assert config(lab, first_vmid()) == before


def test_a_vmid_taken_between_look_and_create_is_passed_over_and_left_alone(lab):
    """The race that only Proxmox' own claim can decide."""
    planned = lab.plan(vm())
    send = lab.simulator.send

    def racing(method, path, *rest, **more):
        if method == "POST" and path.endswith("/clone") and first_vmid() not in lab.guests():
            foreign(lab, first_vmid())
        return send(method, path, *rest, **more)

    ports = lab.ports(cluster=lab.client_over(racing))
    result = apply_plan(ports, planned, QUICK)
    assert outcome(result).result is Result.DONE, outcome(result)
    assert binding(lab).vmid == first_vmid() + 1
    assert config(lab, first_vmid())["name"] == "theirs"
    clones = [e for e in lab.writes() if e.path.endswith("/clone")]
    assert [e.status for e in clones] == [500, 200]


def test_a_pinned_vmid_of_somebody_else_is_a_conflict(lab):
    foreign(lab, 500)
    before = lab.mark
    result = lab.apply(vm(spec="  vmid: 500"))
    assert (outcome(result).reason, result.exit_code) == ("Taken", ExitCode.CONFLICT)
    assert "500" in outcome(result).message
    assert lab.writes(before) == []


def test_a_guest_replaced_by_a_foreign_one_is_an_identity_conflict(lab):
    lab.apply(vm())
    vmid = binding(lab).vmid
    destroy_by_hand(lab, vmid)
    foreign(lab, vmid, name="web-server")
    before, mark = config(lab, vmid), lab.mark
    for result in (lab.apply(vm(cores=2)), lab.destroy(WEB)):
        assert (outcome(result).reason, result.exit_code) == ("IdentityConflict", ExitCode.CONFLICT)
    assert lab.writes(mark) == []
    assert config(lab, vmid) == before


def test_a_guest_replaced_after_the_plan_is_not_touched(lab):
    lab.apply(vm())
    vmid = binding(lab).vmid
    change, removal = lab.plan(vm(cores=2)), plan_objects(lab.ports(), (), PlanRequest(delete=(WEB,)))
    destroy_by_hand(lab, vmid)
    foreign(lab, vmid, name="web-server")
    mark = lab.mark
    for planned in (change, removal):
        assert outcome(apply_plan(lab.ports(), planned, QUICK)).reason == "IdentityConflict"
    assert lab.writes(mark) == []


def test_a_clone_of_our_guest_is_not_taken_for_it(lab):
    lab.apply(vm())
    vmid = binding(lab).vmid
    lab.api("POST", f"/nodes/pve-node1/qemu/{vmid}/clone", newid=700, full=1)
    destroy_by_hand(lab, vmid)
    result = lab.apply(vm())
    assert result.count(Action.CREATE) == 1
    assert len([r for r in lab.guests().values() if r["vmid"] != 700]) == 1
    assert config(lab, 700, "pve-node1")["name"] == "Copy-of-VM-web-server"


def test_a_guest_destroyed_by_others_is_made_anew(lab):
    lab.apply(vm())
    destroy_by_hand(lab, binding(lab).vmid)
    result = lab.apply(vm())
    assert outcome(result).result is Result.DONE
    assert len(lab.guests()) == 1
    assert binding(lab).state is BindingState.BOUND
    assert lab.plan(vm()).plan.empty


def test_a_marker_taken_out_by_hand_is_put_back_because_the_uuid_proves_the_guest(lab):
    lab.apply(vm())
    vmid = binding(lab).vmid
    lab.api("PUT", f"/nodes/pve-node1/qemu/{vmid}/config", delete="description")
    assert lab.apply(vm()).exit_code is ExitCode.OK
    assert f"u={stored(lab).uid}" in config(lab, vmid, "pve-node1")["description"]


LB = """
apiVersion: proxmox.io/v1
kind: Container
metadata: {name: lb, namespace: production}
spec:
  node: pve-node1
  template: local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst
  memory: 512
  rootfs: {storage: local-lvm, size: 4G}
  networks: [{bridge: vmbr0, ip: dhcp}]
"""


def test_a_container_without_its_marker_is_known_by_volume_and_mac_and_gets_the_marker_back(lab):
    lab.apply(LB)
    (vmid,) = lab.guests()
    lab.api("PUT", f"/nodes/pve-node1/lxc/{vmid}/config", delete="description")
    assert lab.apply(LB).exit_code is ExitCode.OK
    assert "pxhelm:1" in lab.api("GET", f"/nodes/pve-node1/lxc/{vmid}/config")["description"]
    (event,) = [e for e in lab.store.events.list("lab") if e.reason == "MarkerRestored"]
    assert "volumes and MAC addresses proved it ours" in event.message


def test_a_container_without_its_marker_and_with_another_mac_is_not_touched(lab):
    lab.apply(LB)
    (vmid,) = lab.guests()
    lab.api("PUT", f"/nodes/pve-node1/lxc/{vmid}/config", delete="description", net0="name=eth0,bridge=vmbr0,ip=dhcp")
    mark = lab.mark
    assert outcome(lab.apply(LB)).reason == "IdentityConflict"
    assert lab.writes(mark) == []


def test_a_locked_guest_is_blocked_and_never_unlocked(lab):
    lab.apply(vm())
    vmid = binding(lab).vmid
    lab.set_lock(vmid, "backup")
    mark = lab.mark
    result = lab.apply(vm(cores=2))
    assert outcome(result).reason == "Lock"
    assert result.exit_code is ExitCode.REFUSED
    assert "backup" in outcome(result).message
    assert lab.writes(mark) == []
    assert lab.plan(vm()).plan.empty


def test_an_offline_node_makes_its_guests_unknown_and_nothing_is_made_anew(lab):
    lab.apply(vm())
    lab.set_node("pve-node1", online=False)
    mark = lab.mark
    for result in (lab.apply(vm(cores=2)), lab.destroy(WEB)):
        assert outcome(result).reason == "ObservationUnknown"
    assert lab.writes(mark) == []
    assert binding(lab).state is BindingState.BOUND


def test_without_quorum_a_guest_that_is_not_listed_is_unknown_and_nothing_is_made_anew(lab):
    lab.apply(vm())
    destroy_by_hand(lab, binding(lab).vmid)
    lab.simulator.change(lambda world: world.state.edit("cluster", "main").update(quorate=False))
    mark = lab.mark
    for result in (lab.apply(vm()), lab.destroy(WEB)):
        assert (outcome(result).reason, "no quorum" in outcome(result).message) == ("ObservationUnknown", True)
    assert lab.writes(mark) == []
    assert binding(lab).state is BindingState.BOUND


def test_a_guest_that_the_token_cannot_see_is_unknown_not_absent(lab):
    lab.apply(vm())
    send = lab.simulator.send

    def hiding(method, path, *rest, **more):
        status, reason, headers, body = send(method, path, *rest, **more)
        if path == "/cluster/resources":
            data = [row for row in json.loads(body)["data"] if row.get("vmid") != binding(lab).vmid]
            body = json.dumps({"data": data}).encode()
        return status, reason, headers, body

    planned = plan_objects(lab.ports(cluster=lab.client_over(hiding)), lab.resources(vm()), PlanRequest())
    (blocked,) = planned.plan.blocked
    assert (blocked.reason, "VM.Audit" in blocked.message) == ("ObservationUnknown", True)


def test_a_guest_migrated_by_others_is_followed_and_is_no_drift(lab):
    lab.apply(vm())
    vmid = binding(lab).vmid
    lab.api("POST", f"/nodes/pve-node1/qemu/{vmid}/migrate", target="pve-node3", **{"with-local-disks": 1}, online=1)
    assert lab.guests()[vmid]["node"] == "pve-node3"
    assert lab.plan(vm()).plan.empty
    assert lab.apply(vm(cores=2)).exit_code is ExitCode.OK
    assert config(lab, vmid, "pve-node3")["cores"] == 2


@pytest.mark.parametrize("vmids", [(8, 4)])
def test_two_installations_at_once_never_touch_each_others_guests(lab, tmp_path, vmids):
    """Same cluster, separate stores, the same VMIDs to begin with: Proxmox' claim decides."""
    import threading

    from pxhelm.store.sqlite import open_store

    count, installations = vmids
    results = []

    def run(number):
        ids = itertools.count(1)
        ports = lab.ports(
            installation=f"inst{number}",
            store=open_store(tmp_path / f"store-{number}.db"),
            new_id=lambda: f"{number:08d}-0000-4000-8000-{next(ids):012d}",
            vmid_range=(20000, 20000 + count * installations - 1),
        )
        names = [vm(f"web-{number}-{i}") for i in range(count)]
        results.append(apply_plan(ports, plan_objects(ports, lab.resources(*names), PlanRequest()), QUICK))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(installations)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [r.exit_code for r in results] == [ExitCode.OK] * installations, [
        o.outcome.message for r in results for o in r.failed
    ]
    names = sorted(row["name"] for row in lab.guests().values())
    assert names == sorted(f"web-{n}-{i}" for n in range(installations) for i in range(count))
