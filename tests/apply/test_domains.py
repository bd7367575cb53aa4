"""Staged changes are applied once per plan, whoever staged them is asked, and an apply that was cut off is gone on with."""

from pxhelm.apply.engine import apply_plan
from pxhelm.errors import ExitCode
from pxhelm.resource.identity import ObjectKey
from tests.apply.lab import QUICK

ZONE = "apiVersion: proxmox.io/v1\nkind: SDNZone\nmetadata: {name: %s}\nspec: {type: simple%s}\n"
DONE = ObjectKey("SDNChanges", "", "cluster")


def zone(name, more=""):
    return ZONE % (name, more)


def key(name):
    return ObjectKey("SDNZone", "", name)


def sdn_writes(lab, since=0):
    return [(one.method, one.path.removeprefix("/api2/json")) for one in lab.writes(since) if "/sdn" in one.path]


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
