"""What may be done with each object, decided before anything is written."""

from dataclasses import replace

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.plan.build import build
from pxhelm.plan.model import Action, Blocked, ObjectPlan, Plan
from pxhelm.plan.removal import check_deletions
from pxhelm.proxmox.request import Request
from pxhelm.resource.deletions import Word
from pxhelm.resource.identity import Marker, ObjectKey
from pxhelm.resource.model import ABSENT, Existence, Live, Reference, Resource
from pxhelm.resource.step import Guard, Step
from tests.plan.wishes import MINE, OURS, VIEW, WEB, found, known, policy, subject, wanted

GIB = 1 << 30


def plan(*subjects, **more):
    return build(subjects, VIEW, policy(**more))


def one(made):
    assert len(made.objects) + len(made.blocked) == 1
    return (*made.objects, *made.blocked)[0]


def test_what_is_absent_is_created_with_all_its_steps():
    item = one(plan(subject(wanted({"cpu.cores": 2}))))
    assert (item.action, [s.verb for s in item.steps]) == (Action.CREATE, ["create", "start"])
    assert item.generation == 1
    assert item.node == "n1"


def test_what_differs_is_updated_at_its_digest():
    item = one(plan(subject(wanted({"cpu.cores": 4}), found(cores=2), known())))
    assert (item.action, item.digest) == (Action.UPDATE, "d1")
    assert item.steps[0].request.params["digest"] == "d1"


def test_what_is_as_wanted_needs_nothing():
    made = plan(subject(wanted({"cpu.cores": 2}), found(cores=2), known()))
    assert one(made).action is Action.NOTHING
    assert made.empty


def test_what_cannot_be_seen_is_blocked_whatever_is_wanted():
    unknown = Live(Existence.UNKNOWN, reason="node n1 is offline", vmid=10000)
    for desired in (wanted(), None):
        item = one(plan(subject(desired, unknown, known())))
        assert isinstance(item, Blocked)
        assert (item.reason, "node n1 is offline" in item.message) == ("ObservationUnknown", True)


def test_a_locked_guest_is_blocked_only_if_something_has_to_be_done():
    locked = replace(found(cores=2), lock="backup")
    assert one(plan(subject(wanted({"cpu.cores": 4}), locked, known()))).reason == "Lock"
    assert one(plan(subject(None, locked, known()))).reason == "Lock"
    assert one(plan(subject(wanted({"cpu.cores": 2}), locked, known()))).action is Action.NOTHING


def test_a_guest_of_somebody_else_at_our_vmid_is_an_identity_conflict():
    theirs = found(marker=Marker("inst", "uid-2", 10000, "op"))
    for desired in (wanted({"cpu.cores": 4}), None):
        assert one(plan(subject(desired, theirs, known()))).reason == "IdentityConflict"


def test_a_marker_that_names_another_vmid_proves_nothing():
    copied = found(marker=replace(OURS, vmid=10001))
    assert one(plan(subject(wanted(), copied, known()))).reason == "IdentityConflict"


def test_a_vmid_that_was_only_reserved_is_given_up_to_whoever_has_it():
    theirs = found(marker=None)
    item = one(plan(subject(wanted(), theirs, known(bound=False))))
    assert (item.action, "another one will be chosen" in item.notes[0]) == (Action.CREATE, True)


def test_a_guest_that_is_just_being_made_is_planned_as_a_whole():
    half = replace(found(marker=None), lock="clone")
    item = one(plan(subject(wanted({"cpu.cores": 2}), half, known(bound=False, creating=True))))
    assert (item.action, [s.verb for s in item.steps]) == (Action.CREATE, ["create", "start"])
    assert "is under way" in item.notes[0]


def test_a_guest_that_is_just_being_made_is_not_removed_before_it_says_whose_it_is():
    half = replace(found(marker=None), lock="clone")
    assert one(plan(subject(None, half, known(bound=False, creating=True)))).reason == "Lock"
    theirs = one(plan(subject(None, half, known(bound=False))))
    assert (theirs.action, theirs.steps) == (Action.DELETE, ()), "only our reservation is given back"


def test_a_pinned_vmid_that_somebody_holds_is_refused_unless_adoption_is_asked_for():
    theirs, pinned = found(marker=None), {"vmid": 10000}
    item = one(plan(subject(wanted(pinned), theirs)))
    assert item.reason == "Taken"
    notes = {"pxhelm.io/adopt-from": "vmid:10000"}
    item = one(plan(subject(wanted(pinned, annotations=notes), theirs)))
    assert (item.action, [s.verb for s in item.steps][:1]) == (Action.ADOPT, ["config"])
    assert "description" in item.steps[0].request.params, "the marker is written first"


def test_taking_ownership_of_everything_never_takes_a_guest():
    assert one(plan(subject(wanted({"vmid": 10000}), found(marker=None)), adopt=True)).reason == "Taken"


def test_a_conflict_lists_leaf_owner_both_values_and_the_ways_out():
    memory = known(bases={"helm:prod/other": {"cpu.cores": 2}})
    item = one(plan(subject(wanted({"cpu.cores": 4}), found(cores=2), memory)))
    assert item.reason == "Conflict"
    assert "cpu.cores: helm:prod/other has 2, wanted is 4" in item.message
    assert "--force-conflicts" in item.hint


def test_shrinking_a_disk_is_refused():
    live = found(scsi0="local-lvm:vm-10000-disk-0,size=50G")
    item = one(plan(subject(wanted({"disks.scsi0.size": 10 * GIB}), live, known())))
    assert item.reason == "Refused"
    assert "disks.scsi0.size" in item.message


def test_a_replacement_has_to_be_asked_for():
    pinned = wanted({"vmid": 777})
    refused = one(plan(subject(pinned, found(), known())))
    assert (refused.reason, "--replace VirtualMachine/prod/web" in refused.hint) == ("Refused", True)
    item = one(plan(subject(pinned, found(), known()), replace=frozenset((WEB.address,))))
    assert item.action is Action.REPLACE
    assert [s.verb for s in item.steps if s.verb in ("destroy", "create")] == ["destroy", "create"]
    assert item.frees_bytes > 0


def test_prevent_destroy_forbids_delete_and_replace():
    memory = known(annotations={"pxhelm.io/prevent-destroy": "true"})
    for made in (
        plan(subject(None, found(), memory)),
        plan(subject(wanted({"vmid": 777}), found(), memory), replace=frozenset("*")),
    ):
        assert (one(made).reason, "prevent-destroy" in one(made).message) == ("Refused", True)


def test_a_protected_guest_is_not_even_shut_down():
    item = one(plan(subject(None, found(power="running", protection=1), known())))
    assert (item.reason, "protected" in item.message) == ("Refused", True)


def test_a_removal_buries_stops_and_destroys():
    item = one(plan(subject(None, found(power="running"), known())))
    assert [s.verb for s in item.steps] == ["tombstone", "shutdown", "destroy"]


def test_what_is_gone_already_is_only_forgotten():
    item = one(plan(subject(None, ABSENT, known())))
    assert (item.action, item.steps) == (Action.DELETE, ())


def test_retain_lets_the_guest_go_without_touching_more_than_its_marker():
    memory = known(annotations={"pxhelm.io/deletion-policy": "Retain"})
    item = one(plan(subject(None, found(), memory)))
    assert [s.verb for s in item.steps] == ["release"]
    kept = one(plan(subject(None, found(), known()), keep=frozenset((WEB,))))
    assert [s.verb for s in kept.steps] == ["release"]


def test_what_was_never_ours_is_not_deleted():
    assert one(plan(subject(None, found(marker=None)))).action is Action.NOTHING


def test_a_storage_that_exists_has_to_be_adopted():
    key = ObjectKey("Storage", "", "local")
    live = Live(Existence.PRESENT, {"type": "dir"}, {"type": "dir"})
    desired = Resource(key, {"type": "dir"})
    assert one(plan(subject(desired, live, key=key, vmid=0))).reason == "Exists"
    assert one(plan(subject(desired, live, key=key, vmid=0), adopt=True)).action is Action.ADOPT


def test_an_offline_node_says_so():
    item = one(build((subject(wanted({"placement.nodes": ("n9",)})),), VIEW, policy()))
    assert (item.reason, "n9" in item.message) == ("Invalid", True)


def test_dependencies_come_first_and_removals_last():
    pool = ObjectKey("Pool", "", "shop")
    vm = wanted({"pool": "shop"}, references=(Reference("pool", ("Pool",), "prod", "shop"),))
    old = ObjectKey("VirtualMachine", "prod", "old")
    made = plan(
        subject(None, found(), known(), key=old),
        subject(vm),
        subject(Resource(pool, {}), key=pool, vmid=0),
    )
    assert [o.key.name for o in made.objects] == ["shop", "web", "old"]
    assert made.objects[1].depends_on == (pool,)


def deletions(count, verb="destroy"):
    keys = [ObjectKey("VirtualMachine", "prod", f"vm-{n}") for n in range(count)]
    step = Step(verb, Request("DELETE", "/nodes/n/qemu/100"), Guard.IDENTITY)
    return Plan("lab", MINE, tuple(ObjectPlan(k, "u", Action.DELETE, steps=(step,)) for k in keys))


def test_many_deletions_of_a_plan_need_a_word():
    check_deletions(deletions(3), 4, 1, Word())
    with pytest.raises(PxhelmError, match="delete 4 of 5"):
        check_deletions(deletions(4), 5, 1, Word())
    check_deletions(deletions(4), 5, 1, Word(confirmed=4))


def test_what_is_only_let_go_is_no_deletion():
    check_deletions(deletions(9, "release"), 9, 0, Word())
