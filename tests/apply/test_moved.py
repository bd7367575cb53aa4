"""An object gets another name, and nothing else happens to it (engine.md D12)."""

import pytest

from pxhelm.apply import undo
from pxhelm.apply.command import Result
from pxhelm.apply.engine import apply_plan
from pxhelm.apply.saved import load_plan, save_plan
from pxhelm.cli.views.plan import plan_text
from pxhelm.errors import ExitCode, StageError
from pxhelm.plan.model import Action
from pxhelm.resource.identity import ObjectKey, split_description
from pxhelm.store.objects import ObjectQuery
from tests.apply.lab import QUICK, vm
from tests.apply.test_crash import crash_at, free_leases, from_every_point, truth


def moved(source, name="shop", **more):
    return vm(name, metadata=f"  annotations: {{pxhelm.io/moved-from: {source}}}", **more)


def key(name, namespace="production", kind="VirtualMachine"):
    return ObjectKey(kind, namespace, name)


def rows(lab):
    return {(o.key.namespace, o.key.name): o for o in lab.store.objects.list(ObjectQuery("lab"))}


def only(lab):
    ((vmid, row),) = lab.guests().items()
    return vmid, row


def marker(lab, vmid):
    return split_description(lab.api("GET", f"/nodes/pve-node1/qemu/{vmid}/config")["description"])[1]


def test_a_guest_keeps_its_vmid_and_says_its_new_name(lab):
    lab.apply(vm("web"))
    vmid, _ = only(lab)
    uid, mark = rows(lab)["production", "web"].uid, lab.mark
    planned = lab.plan(moved("web"))
    (o,) = planned.plan.objects
    assert (o.action, o.uid, o.vmid, o.moved_from) == (Action.UPDATE, uid, vmid, key("web"))
    assert f"VirtualMachine/production/shop is moved from {key('web').address}  (VMID {vmid} on" in plan_text(
        planned.plan
    )
    assert apply_plan(lab.ports(), planned, QUICK).exit_code is ExitCode.OK
    assert [(e.method, e.path.rpartition("/")[2]) for e in lab.writes(mark)] == [("PUT", "config")]
    assert only(lab)[0] == vmid
    assert only(lab)[1]["name"] == "shop"
    assert (marker(lab, vmid).uid, marker(lab, vmid).name) == (uid, "production/shop")
    assert {k: o.uid for k, o in rows(lab).items()} == {("production", "shop"): uid}
    assert [e.message for e in lab.store.events.list("lab", uid, 5) if e.reason == "Moved"] == [
        f"it was {key('web').address}"
    ]
    assert lab.plan(moved("web")).plan.empty  # of a name that nobody knows it says nothing
    assert lab.plan(vm("shop")).plan.empty


def test_between_namespaces_only_the_mark_is_written(lab):
    lab.apply(vm("web"))
    vmid, _ = only(lab)
    text = moved("production/web", "web").replace("namespace: production", "namespace: shop")
    mark = lab.mark
    assert lab.apply(text).exit_code is ExitCode.OK
    (write,) = lab.writes(mark)
    assert set(write.params) == {"description", "digest"}
    assert marker(lab, vmid).name == "shop/web"
    assert lab.plan(text).plan.empty


def test_what_nobody_knows_is_simply_made(lab):
    planned = lab.plan(moved("web"))
    assert (planned.plan.objects[0].action, planned.plan.objects[0].moved_from) == (Action.CREATE, None)


def test_a_chain_of_names_is_followed_to_the_one_that_is_known(lab):
    lab.apply(vm("first"))
    (o,) = lab.plan(moved("'second, VirtualMachine/production/first'", "third")).plan.objects
    assert o.moved_from == key("first")


def test_both_names_are_refused_and_nothing_is_touched(lab):
    lab.apply(vm("web"), vm("shop"))
    mark = lab.mark
    result = lab.apply(moved("web"), delete=(key("web"),))
    assert (result.exit_code, result.error().message) == (
        ExitCode.CONFLICT,
        "cannot move VirtualMachine/production/web to VirtualMachine/production/shop: both exist",
    )
    assert lab.writes(mark) == []
    assert len(lab.guests()) == 2


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([vm("web"), moved("web")], "both are in the manifests"),
        ([moved("shop", "web"), moved("web", "shop")], "each of them says that it was the other"),
        ([moved("Container/web")], "they are of different kinds"),
        ([moved("shop")], "it is the same name"),
        ([moved("web", "a"), moved("web", "b")], "VirtualMachine/production/a says the same of itself"),
    ],
)
def test_a_contradiction_is_told_with_its_place(lab, texts, message):
    with pytest.raises(StageError) as caught:
        lab.plan(*texts)
    error = next(e for e in caught.value.errors if message in e.message)
    assert error.where.file == "test.yaml"
    assert "moved-from" in error.where.text


def test_a_rename_takes_nothing_from_another_release(lab):
    lab.apply(vm("web"), release="default/theirs", manager="helm:default/theirs")
    (blocked,) = lab.plan(moved("web"), release="default/ours").plan.blocked
    assert "it belongs to the release default/theirs" in blocked.message
    both = moved("web", spec="  hostname: web").replace(
        "{pxhelm.io/", "{pxhelm.io/adopt-from: 'release:default/theirs', pxhelm.io/"
    )
    (o,) = lab.plan(both, release="default/ours", manager="helm:default/ours", adopt=True).plan.objects
    assert o.moved_from == key("web")


def test_a_release_renames_nothing_that_is_nobodys(lab):
    lab.apply(vm("web"))
    (blocked,) = lab.plan(moved("web"), release="default/ours").plan.blocked
    assert "it belongs to no release" in blocked.message


def test_what_others_call_by_the_former_name_later_does_not_matter(lab):
    ours = {"release": "default/ours", "manager": "helm:default/ours"}
    lab.apply(vm("web"), **ours)
    lab.apply(moved("web"), **ours)
    lab.apply(vm("web"))
    assert lab.plan(moved("web"), **ours).plan.empty


def test_a_saved_plan_moves_too_and_a_second_time_does_nothing(lab):
    lab.apply(vm("web"))
    text = save_plan(lab.plan(moved("web")))
    assert apply_plan(lab.ports(), load_plan(lab.ports(), text), QUICK).exit_code is ExitCode.OK
    mark = lab.mark
    assert apply_plan(lab.ports(), load_plan(lab.ports(), text), QUICK).exit_code is ExitCode.CONFLICT
    assert lab.writes(mark) == []


def test_what_was_moved_gets_its_name_back_when_the_apply_is_taken_back(lab):
    lab.apply(vm("web"), POOL.replace("NAME", "name: old"))
    vmid, _ = only(lab)
    planned = lab.plan(
        moved("web", cores=2), POOL.replace("NAME", "name: new, annotations: {pxhelm.io/moved-from: old}")
    )
    before = undo.remember(lab.ports(), planned)
    result = apply_plan(lab.ports(), planned, QUICK)
    assert undo.undo(lab.ports(), planned, result, before, QUICK).complete
    assert set(rows(lab)) == {("production", "web"), ("", "old")}
    assert (only(lab)[1]["name"], marker(lab, vmid).name) == ("web", "production/web")
    assert lab.plan(vm("web"), POOL.replace("NAME", "name: old")).plan.empty


POOL = """
apiVersion: proxmox.io/v1
kind: Pool
metadata: {NAME}
spec: {id: front, comment: Shop}
"""


def test_what_has_an_id_of_its_own_is_renamed_in_the_store_alone(lab):
    lab.apply(POOL.replace("NAME", "name: old"))
    mark = lab.mark
    text = POOL.replace("NAME", "name: new, annotations: {pxhelm.io/moved-from: old}")
    result = lab.apply(text)
    assert [o.outcome.result for o in result.objects] == [Result.DONE]
    assert lab.writes(mark) == []
    assert list(rows(lab)) == [("", "new")]
    assert lab.plan(text).plan.empty


def test_an_id_that_would_change_with_the_name_is_told_how_to_keep(lab):
    lab.apply(POOL.replace("NAME", "name: old").replace("id: front, ", ""))
    text = POOL.replace("NAME", "name: new, annotations: {pxhelm.io/moved-from: old}").replace("id: front, ", "")
    (blocked,) = lab.plan(text).plan.blocked
    assert "spec.id: old" in blocked.hint


RULES = """
apiVersion: proxmox.io/v1
kind: IPSet
metadata: {name: SET}
spec: {entries: [{cidr: 10.0.0.0/24}]}
---
apiVersion: proxmox.io/v1
kind: SecurityGroup
metadata: {name: GROUP}
spec: {rules: [{name: ssh, type: in, action: ACCEPT, macro: SSH, source: +SET}]}
---
apiVersion: proxmox.io/v1
kind: Firewall
metadata: {name: cluster}
spec: {target: {cluster: true}, rules: [{name: base, group: GROUP}]}
"""


def test_sets_and_groups_of_another_name_are_made_before_the_rules_follow_and_the_old_ones_go(lab):
    """Proxmox could rename them, but rules that name the old one would dangle until they are written anew (ADR 23)."""
    lab.apply(RULES.replace("SET", "admins").replace("GROUP", "base"))
    dangling = []

    def send(method, path, *rest, **more):
        answer = lab.simulator.send(method, path, *rest, **more)
        if method != "GET":
            sets = {row["name"] for row in lab.api("GET", "/cluster/firewall/ipset")}
            groups = {row["group"] for row in lab.api("GET", "/cluster/firewall/groups")}
            named = {r["action"] for r in lab.api("GET", "/cluster/firewall/rules")}
            rules = [r for g in groups for r in lab.api("GET", f"/cluster/firewall/groups/{g}")]
            dangling.extend((named - groups) | ({r["source"].lstrip("+") for r in rules if "source" in r} - sets))
        return answer

    old = tuple(ObjectKey(kind, "", name) for kind, name in (("IPSet", "admins"), ("SecurityGroup", "base")))
    wanted = RULES.replace("SET", "ops").replace("GROUP", "ground")
    result = apply_plan(lab.ports(cluster=lab.client_over(send)), lab.plan(wanted, delete=old), QUICK)
    assert {o.outcome.result for o in result.objects} == {Result.DONE}
    assert {row["name"] for row in lab.api("GET", "/cluster/firewall/ipset")} == {"ops"}
    assert {row["group"] for row in lab.api("GET", "/cluster/firewall/groups")} == {"ground"}
    assert dangling == []


SECRET = """
apiVersion: proxmox.io/v1
kind: Secret
metadata: {NAME, namespace: production}
spec: {generate: {token: {length: 20}}}
"""


def test_a_secret_keeps_the_value_that_was_made_for_it(lab):
    def web(secret):
        return vm(
            "web", spec=f"  cloudInit: {{password: {{valueFrom: {{secretRef: {{name: {secret}, key: token}}}}}}}}"
        )

    lab.apply(SECRET.replace("NAME", "name: old"), web("old"))
    new = SECRET.replace("NAME", "name: new, annotations: {pxhelm.io/moved-from: old}")
    planned = lab.plan(new, web("new"))
    assert {o.key.name: (o.action, o.steps) for o in planned.plan.objects}["web"] == (Action.NOTHING, ())
    mark = lab.mark
    assert apply_plan(lab.ports(), planned, QUICK).exit_code is ExitCode.OK
    assert lab.writes(mark) == []


SET = """
apiVersion: proxmox.io/v1
kind: GuestSet
metadata: {name: NAME, namespace: production, annotations: {ANNOTATION}}
spec:
  replicas: 2
  template: {spec: {template: debian-12-template, memory: 512}}
"""


def test_a_set_takes_its_members_along(lab):
    lab.apply(SET.replace("NAME", "web").replace("ANNOTATION", ""))
    before = set(lab.guests())
    assert (
        lab.apply(SET.replace("NAME", "shop").replace("ANNOTATION", "pxhelm.io/moved-from: web")).exit_code
        is ExitCode.OK
    )
    assert set(lab.guests()) == before
    assert {row["name"] for row in lab.guests().values()} == {"shop-0", "shop-1"}
    assert {name for _, name in rows(lab)} == {"shop", "shop-0", "shop-1"}


JOB = """
apiVersion: proxmox.io/v1
kind: BackupJob
metadata: {name: nightly, namespace: production}
spec: {schedule: "02:00", storage: local, guests: {selector: {app: shop}}}
"""


def test_what_selects_a_guest_selects_it_under_its_new_name(lab):
    labelled = vm("web", metadata="  labels: {app: shop}", spec="  hostname: host")
    lab.apply(labelled, JOB)
    new = vm(
        "shop", metadata="  labels: {app: shop}\n  annotations: {pxhelm.io/moved-from: web}", spec="  hostname: host"
    )
    planned = lab.plan(new, JOB)
    assert planned.plan.blocked == ()
    assert {o.key.kind: o.action for o in planned.plan.objects}["BackupJob"] is Action.NOTHING
    assert apply_plan(lab.ports(), planned, QUICK).exit_code is ExitCode.OK
    assert lab.plan(new, JOB).plan.empty


def test_a_set_that_is_renamed_and_scaled_down_loses_what_is_too_many(lab):
    lab.apply(SET.replace("NAME", "web").replace("ANNOTATION", ""))
    fewer = (
        SET.replace("NAME", "shop")
        .replace("ANNOTATION", "pxhelm.io/moved-from: web")
        .replace("replicas: 2", "replicas: 1")
    )
    assert lab.apply(fewer).exit_code is ExitCode.OK
    assert {row["name"] for row in lab.guests().values()} == {"shop-0"}
    assert {name for _, name in rows(lab)} == {"shop", "shop-0"}


def test_a_set_that_got_the_old_name_afterwards_keeps_its_members(lab):
    lab.apply(SET.replace("NAME", "web").replace("ANNOTATION", ""))
    renamed = SET.replace("NAME", "shop").replace("ANNOTATION", "pxhelm.io/moved-from: web")
    lab.apply(renamed)
    lab.apply(SET.replace("NAME", "web").replace("ANNOTATION", ""))
    result = lab.apply(renamed)
    assert {b.reason for b in result.plan.blocked} == {"Moved"}
    assert {row["name"] for row in lab.guests().values()} == {"shop-0", "shop-1", "web-0", "web-1"}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_move_is_made_from_every_point_of_a_crash(lab, after):
    def try_at(number):
        lab.apply(vm("web"))
        vmid, _ = only(lab)
        crashed = crash_at(lab, number, after, lambda ports: lab.apply_with(ports, moved("web")))
        free_leases(lab)
        assert lab.apply(moved("web")).exit_code is ExitCode.OK, number
        truth(lab, 1)
        assert only(lab)[0] == vmid, number
        assert marker(lab, vmid).name == "production/shop", number
        assert lab.plan(moved("web")).plan.empty, number
        assert lab.destroy(key("shop")).exit_code is ExitCode.OK
        return crashed

    assert from_every_point(0, 1, try_at) > 5
