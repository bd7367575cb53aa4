"""Staged changes are applied once per plan, whoever staged them is asked, and an apply that was cut off is gone on with."""

import contextlib
from dataclasses import replace

import pytest

from pxhelm.apply.engine import apply_plan
from pxhelm.apply.job import Patience
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.clusters import Cluster
from tests.apply.lab import QUICK, Lab

ZONE = "apiVersion: proxmox.io/v1\nkind: SDNZone\nmetadata: {name: %s}\nspec: {type: simple%s}\n"
LOCK = "/cluster/sdn/lock"
IMPATIENT = Patience(lock=0.0, first=0.0)
DONE = ObjectKey("SDNChanges", "", "cluster")


def zone(name, more=""):
    return ZONE % (name, more)


def key(name):
    return ObjectKey("SDNZone", "", name)


def sdn_writes(lab, since=0):
    found = [(one.method, one.path.removeprefix("/api2/json")) for one in lab.writes(since) if "/sdn" in one.path]
    return [each for each in found if each[1] != LOCK]


def pending(lab):
    rows = lab.api("GET", "/cluster/sdn/zones", pending=1)
    return {row["zone"]: row["state"] for row in rows if row.get("state")}


def test_all_changes_of_a_plan_are_staged_and_applied_by_one_call(lab):
    planned = lab.plan(zone("one"), zone("two"))
    (ending,) = [o for o in planned.plan.objects if o.key == DONE]
    assert [(s.verb, s.request.path) for s in ending.steps] == [("apply", "/cluster/sdn")]
    assert [(c.path, c.before, c.after) for c in ending.changes] == [("pending", ("one", "two"), ())]
    assert lab.apply(zone("one"), zone("two")).exit_code is ExitCode.OK
    writes = sdn_writes(lab)
    assert writes[-1] == ("PUT", "/cluster/sdn")
    assert sorted(writes[:-1]) == [("POST", "/cluster/sdn/zones")] * 2
    assert pending(lab) == {}


def test_nothing_is_applied_when_nothing_is_staged(lab):
    lab.apply(zone("one"))
    mark = lab.mark
    assert lab.plan(zone("one")).plan.empty
    assert lab.apply(zone("one")).exit_code is ExitCode.OK
    assert lab.writes(mark) == []


def test_the_domain_leaves_nothing_in_the_store(lab):
    lab.apply(zone("one"))
    assert {o.key.kind for o in lab.store.objects.list(_everything())} == {"SDNZone"}


def _everything():
    from pxhelm.store.objects import ObjectQuery

    return ObjectQuery("lab")


def test_what_others_staged_is_told_and_stops_ours_before_anything_is_written(lab):
    lab.api("POST", "/cluster/sdn/zones", zone="theirs", type="simple")
    mark = lab.mark
    planned = lab.plan(zone("one"))
    told = {b.key.address: (b.reason, b.message, b.hint) for b in planned.plan.blocked}
    assert told["SDNChanges/cluster"][:2] == (
        "Pending",
        "cannot apply the changes of the SDN: others have staged changes of theirs",
    )
    assert "--apply-pending" in told["SDNChanges/cluster"][2]
    assert told["SDNZone/one"][0] == "Dependency"
    assert lab.apply(zone("one")).exit_code is ExitCode.CONFLICT
    assert lab.writes(mark) == []


def test_what_others_staged_is_applied_with_ours_when_that_is_allowed(lab):
    lab.api("POST", "/cluster/sdn/zones", zone="theirs", type="simple")
    assert lab.apply(zone("one"), options={"apply-pending": True}).exit_code is ExitCode.OK
    assert pending(lab) == {}


def test_what_others_staged_is_theirs_when_we_change_nothing(lab):
    lab.apply(zone("one"))
    lab.api("POST", "/cluster/sdn/zones", zone="theirs", type="simple")
    assert lab.plan(zone("one")).plan.empty


def test_an_apply_that_was_cut_off_after_staging_is_gone_on_with(lab):
    planned = lab.plan(zone("one"))
    lab.api("POST", "/cluster/sdn/zones", zone="one", type="simple")  # as if staged, and killed before the end
    again = lab.plan(zone("one"), adopt=True)
    assert [(o.key.address, [s.verb for s in o.steps]) for o in again.plan.objects] == [
        ("SDNZone/one", []),
        ("SDNChanges/cluster", ["apply"]),
    ]
    assert apply_plan(lab.ports(), again, QUICK).exit_code is ExitCode.OK
    assert pending(lab) == {}
    assert planned.plan.objects


def test_a_removal_is_staged_and_applied_as_well(lab):
    lab.apply(zone("one"), zone("two"))
    mark = lab.mark
    result = lab.apply(zone("two", ", mtu: 1400"), delete=(key("one"),))
    assert result.exit_code is ExitCode.OK
    assert sdn_writes(lab, mark)[-1] == ("PUT", "/cluster/sdn")
    assert [w for w in sdn_writes(lab, mark) if w[1] == "/cluster/sdn"] == [("PUT", "/cluster/sdn")]
    assert pending(lab) == {}
    assert [row["zone"] for row in lab.api("GET", "/cluster/sdn/zones")] == ["two"]


def test_a_saved_plan_ends_its_domain_too(lab):
    from pxhelm.apply.saved import load_plan, save_plan

    text = save_plan(lab.plan(zone("one")))
    assert apply_plan(lab.ports(), load_plan(lab.ports(), text), QUICK).exit_code is ExitCode.OK
    assert pending(lab) == {}


# -- Proxmox' own lock -----------------------------------------------------------------------------------------------------


def locks(lab, since=0):
    return [one.method for one in lab.writes(since) if one.path.endswith(LOCK)]


def is_locked(lab):
    with contextlib.suppress(Exception):
        lab.api("DELETE", LOCK, **{"lock-token": lab.api("POST", LOCK, **{"allow-pending": 1})})
        return False
    return True


def test_the_lock_is_taken_once_and_given_back_by_applying(lab):
    lab.apply(zone("one"), zone("two"))
    assert locks(lab) == ["POST"]
    assert not is_locked(lab)


def test_the_token_stands_in_the_store_while_it_is_held(lab):
    lab.store.clusters.put(Cluster("lab", settings={"other": 1}))
    seen = []

    def send(method, path, *rest):
        seen.append((method, path, dict(lab.store.clusters.get("lab").settings)))
        return lab.simulator.send(method, path, *rest)

    lab.apply_with(lab.ports(cluster=lab.client_over(send)), zone("one"))
    staged = [settings for method, path, settings in seen if (method, path[-10:]) == ("POST", "/sdn/zones")]
    assert [set(settings) for settings in staged] == [{"other", "sdn-lock"}]
    assert lab.store.clusters.get("lab").settings == {"other": 1}


def test_a_plan_without_changes_of_the_sdn_takes_no_lock(lab):
    lab.apply(zone("one"))
    mark = lab.mark
    lab.apply(zone("one"), "apiVersion: proxmox.io/v1\nkind: Group\nmetadata: {name: ops}\nspec: {}\n")
    assert locks(lab, mark) == []


def test_a_lock_of_somebody_else_is_waited_for_and_named(lab):
    lab.api("POST", LOCK)
    result = lab.apply(zone("one"), how=replace(QUICK, patience=IMPATIENT))
    (first, *_) = [o for o in result.failed if o.key == key("one")]
    assert first.outcome.reason == "Lock"
    assert "invalid lock token" in first.outcome.message
    assert sdn_writes(lab) == []
    assert is_locked(lab)


BAD = "apiVersion: proxmox.io/v1\nkind: SDNZone\nmetadata: {name: two}\nspec: {type: simple, ipam: none}\n"


def test_what_fails_while_it_is_staged_leaves_no_lock_and_nothing_staged(lab):
    result = lab.apply(zone("one"), BAD)
    assert result.exit_code is ExitCode.FAILED
    told = {o.key.name: o.outcome.message for o in result.failed}
    assert "none not existing" in told["two"]
    assert told["one"].endswith("what was staged (one) was taken back")
    assert not is_locked(lab)
    assert pending(lab) == {}
    assert lab.api("GET", "/cluster/sdn/zones") == []


def test_the_lock_of_a_run_that_was_killed_is_given_back_by_the_next(lab):
    token = lab.api("POST", LOCK)
    lab.store.clusters.put(Cluster("lab", settings={"sdn-lock": token}))
    lab.apply("apiVersion: proxmox.io/v1\nkind: Group\nmetadata: {name: ops}\nspec: {}\n")
    assert not is_locked(lab)
    assert lab.store.clusters.get("lab").settings.get("sdn-lock") is None


# -- what waits for the domain to be applied -------------------------------------------------------------------------------

LAN = """apiVersion: proxmox.io/v1
kind: SDNZone
metadata: {name: lab}
spec: {type: simple, ipam: pve, dhcp: dnsmasq}
---
apiVersion: proxmox.io/v1
kind: SDNVNet
metadata: {name: lan}
spec: {zone: lab}
---
apiVersion: proxmox.io/v1
kind: SDNSubnet
metadata: {name: lan-v4}
spec:
  vnet: lan
  cidr: 10.9.0.0/24
  gateway: 10.9.0.1
  dhcpRanges: [{start: 10.9.0.100, end: 10.9.0.110}]
  addresses: %s
"""
GUEST = """apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: db}
spec: {cpu: {cores: 1}, networks: {net0: {bridge: lan, mac: "BC:24:11:00:00:0A"}}}
"""


def given(lab):
    rows = lab.api("GET", "/cluster/sdn/ipams/pve/status")
    return {row["ip"]: row.get("vmid") or row.get("mac") for row in rows if not row.get("gateway")}


def test_addresses_are_given_once_the_subnet_runs(lab):
    first = LAN % '[{ip: 10.9.0.10, mac: "bc:24:11:00:00:01"}]'
    assert lab.apply(first).exit_code is ExitCode.OK
    assert given(lab) == {"10.9.0.10": "BC:24:11:00:00:01"}
    assert lab.plan(first).plan.empty
    second = LAN % '[{ip: 10.9.0.11, mac: "bc:24:11:00:00:01"}]'
    assert lab.apply(second).exit_code is ExitCode.OK
    assert given(lab) == {"10.9.0.11": "BC:24:11:00:00:01"}
    assert lab.destroy(ObjectKey("SDNSubnet", "", "lan-v4")).exit_code is ExitCode.OK
    assert given(lab) == {}


def test_a_guest_of_the_same_plan_gets_its_address(lab):
    text = LAN % "[{ip: 10.9.0.10, guest: db}]"
    result = lab.apply(text, GUEST)
    assert result.exit_code is ExitCode.OK, [o.outcome for o in result.failed]
    (vmid,) = lab.guests()
    assert given(lab) == {"10.9.0.10": vmid}
    assert lab.plan(text, GUEST).plan.empty
    mark = lab.mark
    lab.apply(text, GUEST)
    assert lab.writes(mark) == []


def test_an_address_for_a_guest_that_is_not_in_the_network_is_refused_with_its_reason(lab):
    lab.apply(LAN % "[]")
    lab.api("POST", "/nodes/pve-node1/qemu", vmid=150, name="other")
    result = lab.apply(LAN % "[{ip: 10.9.0.10, guest: {vmid: 150}}]")
    (failed, *_) = result.failed
    assert "no network card of it in lan" in failed.outcome.message
    assert given(lab) == {}


def test_the_firewall_of_a_network_is_written_once_it_runs(lab):
    wall = "spec: {zone: lab, firewall: {enabled: true, policyForward: DROP, rules: [%s]}}"
    web = "{name: web, type: forward, action: ACCEPT, macro: HTTPS}"
    first = (LAN % "[]").replace("spec: {zone: lab}", wall % web)
    assert lab.apply(first).exit_code is ExitCode.OK
    path = "/cluster/sdn/vnets/lan/firewall"
    options = lab.api("GET", f"{path}/options")
    assert (options["enable"], options["policy_forward"]) == (1, "DROP")
    assert [row["macro"] for row in lab.api("GET", f"{path}/rules")] == ["HTTPS"]
    assert lab.plan(first).plan.empty
    assert lab.apply((LAN % "[]").replace("spec: {zone: lab}", wall % "")).exit_code is ExitCode.OK
    assert lab.api("GET", f"{path}/rules") == []
    assert lab.apply(LAN % "[]").exit_code is ExitCode.OK
    assert "policy_forward" not in lab.api("GET", f"{path}/options")


# -- what is staged and not applied ----------------------------------------------------------------------------------------


def test_a_removal_that_was_taken_back_is_still_ours(lab):
    assert lab.apply(zone("one")).exit_code is ExitCode.OK
    result = lab.apply(BAD, delete=(key("one"),))
    assert {o.key.name for o in result.failed} == {"one", "two", "cluster"}
    assert pending(lab) == {}
    assert [o.key.name for o in lab.store.objects.list(_everything()) if o.key.kind == "SDNZone"] == ["one", "two"]
    assert lab.destroy(key("one"), key("two")).exit_code is ExitCode.OK
    assert lab.api("GET", "/cluster/sdn/zones") == []
    assert lab.store.objects.list(_everything()) == ()


def test_what_was_taken_back_counts_as_not_yet_brought_about(lab):
    lab.apply(zone("one"), BAD)
    assert not brought_about(lab, "one")
    assert lab.apply(zone("one")).exit_code is ExitCode.OK
    assert pending(lab) == {}
    assert brought_about(lab, "one")


def brought_about(lab, name):
    (row,) = [each for each in lab.store.objects.list(_everything()) if each.key.name == name]
    return row.observed_generation == row.generation


def test_what_others_staged_stays_staged_when_ours_fails(lab):
    lab.api("POST", "/cluster/sdn/zones", zone="theirs", type="simple")
    result = lab.apply(zone("one"), BAD, options={"apply-pending": True})
    (ending,) = [o for o in result.failed if o.key == DONE]
    assert ending.outcome.message.endswith("still staged: one, theirs")
    assert "pxhelm api post /cluster/sdn/rollback" in ending.outcome.hint
    assert pending(lab) == {"one": "new", "theirs": "new"}
    assert not is_locked(lab)


def test_what_others_stage_between_plan_and_lock_is_not_applied(lab):
    planned = lab.plan(zone("one"))
    lab.api("POST", "/cluster/sdn/zones", zone="theirs", type="simple")
    result = apply_plan(lab.ports(), planned, QUICK)
    (first, *_) = [o for o in result.failed if o.key == key("one")]
    assert "others have staged changes of theirs" in first.outcome.message
    assert "--apply-pending" in first.outcome.hint
    assert (result.exit_code, pending(lab)) == (ExitCode.REFUSED, {"theirs": "new"})
    assert not is_locked(lab)


def test_what_cannot_be_taken_back_is_told_and_the_next_run_takes_it_back(lab):
    def send(method, path, *rest, **more):
        if path.endswith("/sdn/rollback"):
            return lab.simulator.send(method, "/api2/json/nodes/no-such-node/status", *rest, **more)
        return lab.simulator.send(method, path, *rest, **more)

    result = lab.apply_with(lab.ports(cluster=lab.client_over(send)), zone("one"), BAD)
    (ending,) = [o for o in result.failed if o.key == DONE]
    assert "; still staged: one, since cannot POST /cluster/sdn/rollback" in ending.outcome.message
    assert is_locked(lab)
    with pytest.raises(PxhelmError, match="had staged changes of one: they were taken back") as refused:
        lab.apply(zone("three"))
    assert refused.value.code is ExitCode.CONFLICT
    assert pending(lab) == {}
    assert lab.apply(zone("three")).exit_code is ExitCode.OK
    assert (pending(lab), is_locked(lab)) == ({}, False)


@pytest.mark.parametrize("release", ["7.4", "8.4"])
def test_versions_without_rollback_write_back_what_was_there(tmp_path, release):
    lab = Lab(tmp_path, release=release)
    first = LAN % "[]"
    if release == "7.4":
        first = first.replace(", dhcp: dnsmasq", "").replace(
            "  dhcpRanges: [{start: 10.9.0.100, end: 10.9.0.110}]\n", ""
        )
    assert lab.apply(first, zone("spare")).exit_code is ExitCode.OK
    before = [_bare(lab.api("GET", path)) for path in SDN_LISTS]
    changed = first.replace("zone: lab", "zone: lab, alias: x").replace("gateway: 10.9.0.1", "gateway: 10.9.0.9")
    changed = changed.replace("10.9.0.110", "10.9.0.120").replace("ipam: pve", "ipam: pve, mtu: 1400")
    result = lab.apply(changed, zone("new"), BAD, delete=(key("spare"),))
    assert {o.key.name for o in result.failed} == {"lab", "lan", "lan-v4", "new", "two", "spare", "cluster"}
    assert [_bare(lab.api("GET", path)) for path in SDN_LISTS] == before
    assert locks(lab) == []
    assert [one.method for one in lab.writes() if one.path.endswith("/rollback")] == []
    lab.close()


SDN_LISTS = ("/cluster/sdn/zones", "/cluster/sdn/vnets", "/cluster/sdn/vnets/lan/subnets")


def _bare(rows):
    return sorted(({k: v for k, v in row.items() if k != "digest"} for row in rows), key=str)


def test_a_lock_that_may_be_our_own_is_told_and_never_broken(lab):
    theirs = lab.api("POST", LOCK)
    lab.store.clusters.put(Cluster("lab", settings={"sdn-lock": {"asking": 1764273600.0}}))
    result = lab.apply(zone("one"))
    (first, *_) = [o for o in result.failed if o.key == key("one")]
    assert "cut off while it took the lock at 2025-11-27 20:00:00 UTC" in first.outcome.message
    assert first.outcome.hint.endswith("pxhelm api delete /cluster/sdn/lock force=1")
    assert result.exit_code is ExitCode.REFUSED
    assert locks(lab) == ["POST", "POST"]
    lab.api("DELETE", LOCK, **{"lock-token": theirs})
    assert lab.apply(zone("one")).exit_code is ExitCode.OK
    assert lab.store.clusters.get("lab").settings == {}


def test_what_a_living_run_of_the_same_process_has_staged_is_left_alone(lab):
    meanwhile = []

    def send(method, path, *rest, **more):
        answer = lab.simulator.send(method, path, *rest, **more)
        if (method, path[-10:]) == ("POST", "/sdn/zones"):
            meanwhile.append(lab.apply("apiVersion: proxmox.io/v1\nkind: Group\nmetadata: {name: ops}\nspec: {}\n"))
            meanwhile.append(lab.apply(zone("two"), options={"apply-pending": True}))
        return answer

    assert lab.apply_with(lab.ports(cluster=lab.client_over(send)), zone("one")).exit_code is ExitCode.OK
    assert [result.exit_code for result in meanwhile] == [ExitCode.OK, ExitCode.LOCKED]
    assert [row["zone"] for row in lab.api("GET", "/cluster/sdn/zones")] == ["one"]
    assert (pending(lab), is_locked(lab)) == ({}, False)


def test_a_token_that_somebody_broke_is_not_held_on_to(lab):
    lab.api("POST", LOCK)
    lab.store.clusters.put(Cluster("lab", settings={"sdn-lock": {"token": "old", "ours": ["one"], "alone": True}}))
    result = lab.apply(zone("one"), how=replace(QUICK, patience=IMPATIENT))
    (first, *_) = [o for o in result.failed if o.key == key("one")]
    assert first.outcome.reason == "Lock"
    assert is_locked(lab)
    assert pending(lab) == {}


def test_a_second_call_never_applies_what_the_first_could_not(lab):
    lab.apply(zone("one"), zone("spare"))
    vnet = "apiVersion: proxmox.io/v1\nkind: SDNVNet\nmetadata: {name: lan}\nspec: {zone: one}\n"
    planned = lab.plan(zone("one"), vnet, GUEST, BAD, delete=(key("spare"),))
    assert [o.key.name for o in planned.plan.objects if o.key.kind == DONE.kind] == ["cluster", "cluster-removal"]
    result = apply_plan(lab.ports(), planned, QUICK)
    assert {o.key.name for o in result.failed} == {"lan", "two", "db", "spare", "cluster", "cluster-removal"}
    assert pending(lab) == {}
    assert sorted(row["zone"] for row in lab.api("GET", "/cluster/sdn/zones")) == ["one", "spare"]
    assert lab.api("GET", "/cluster/sdn/vnets") == []


# -- interfaces of nodes ---------------------------------------------------------------------------------------------------

CHAIN = """apiVersion: proxmox.io/v1
kind: Network
metadata: {name: above, annotations: {pxhelm.io/deletion-policy: Delete}}
spec: {iface: aa9, nodes: [pve-node1], type: vlan, vlan: {id: 7, rawDevice: middle}}
---
apiVersion: proxmox.io/v1
kind: Network
metadata: {name: middle, annotations: {pxhelm.io/deletion-policy: Delete}}
spec: {iface: bb9, nodes: [pve-node1], type: bridge, bridge: {ports: [aa1, lower]}}
---
apiVersion: proxmox.io/v1
kind: Network
metadata: {name: lower, annotations: {pxhelm.io/deletion-policy: Delete}}
spec: {iface: zz9, nodes: [pve-node1], type: bridge}
"""


def test_an_interface_comes_after_those_it_is_made_of_and_goes_before_them(lab):
    assert lab.apply(CHAIN).exit_code is ExitCode.OK
    rows = {row["iface"]: row for row in lab.api("GET", "/nodes/pve-node1/network")}
    assert (rows["aa9"]["vlan-raw-device"], rows["bb9"]["bridge_ports"]) == ("bb9", "aa1 zz9")
    assert lab.plan(CHAIN).plan.empty
    made = [one.params["iface"] for one in lab.writes() if one.method == "POST"]
    assert made == ["zz9", "bb9", "aa9"]
    assert (
        lab.destroy(*(ObjectKey("Network", "", name) for name in ("lower", "middle", "above"))).exit_code is ExitCode.OK
    )
    gone = [one.path.rpartition("/")[2] for one in lab.writes() if one.method == "DELETE"]
    assert gone == ["aa9", "bb9", "zz9"]
