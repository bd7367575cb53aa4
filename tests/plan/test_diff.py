"""The three-way merge, rule by rule (engine.md D5.3)."""

from pxhelm.plan.leaf import base_of, covers, shown
from pxhelm.plan.remembered import INHERITED
from pxhelm.resource.effect import Effect
from pxhelm.resource.model import ABSENT
from pxhelm.secret import Secret
from tests.plan.wishes import MINE, changes, diff, fingerprint, found, wanted

THEIRS = "helm:prod/other"
GIB = 1 << 30


def test_a_leaf_that_is_as_wanted_is_owned_without_a_write():
    result = diff(wanted({"cpu.cores": 2}), found(cores=2))
    assert result.changes == ()
    assert result.owned == {"hostname": "web", "cpu.cores": 2}


def test_a_leaf_that_differs_and_nobody_owns_is_written():
    assert changes(diff(wanted({"cpu.cores": 4}), found(cores=2))) == [("cpu.cores", "set", 2, 4)]


def test_unset_equals_the_default_of_proxmox():
    assert diff(wanted({"cpu.cores": 1, "cpu.numa": False}), found()).changes == ()


def test_a_leaf_that_another_manager_owns_with_another_value_is_a_conflict():
    result = diff(wanted({"cpu.cores": 4}), found(cores=2), {THEIRS: {"cpu.cores": 2}})
    assert [(c.path, c.owner, c.theirs, c.ours) for c in result.conflicts] == [("cpu.cores", THEIRS, 2, 4)]
    assert result.changes == ()


def test_a_leaf_that_another_manager_owns_with_our_value_is_written_together():
    result = diff(wanted({"cpu.cores": 4}), found(cores=2), {THEIRS: {"cpu.cores": 4}})
    assert (changes(result), result.conflicts) == ([("cpu.cores", "set", 2, 4)], ())


def test_force_takes_over():
    result = diff(wanted({"cpu.cores": 4}), found(cores=2), {THEIRS: {"cpu.cores": 2}}, force=True)
    assert (changes(result), result.conflicts) == ([("cpu.cores", "set", 2, 4)], ())


def test_a_leaf_that_was_ours_and_is_no_longer_wanted_is_unset():
    result = diff(wanted(), found(tags="a"), {MINE: {"tags": ["a"]}})
    assert changes(result) == [("tags", "unset", ("a",), None)]
    assert result.owned == {"hostname": "web", "tags": ["a"]}, "still ours until it is gone"


def test_a_leaf_that_others_still_own_is_not_unset():
    bases = {MINE: {"tags": ["a"]}, THEIRS: {"tags": ["a"]}}
    result = diff(wanted(), found(tags="a"), bases)
    assert (result.changes, result.owned) == ((), {"hostname": "web"})


def test_what_was_never_ours_is_left_alone():
    assert diff(wanted(), found(tags="a", cores=8, net0="virtio=BC:24:11:00:00:01,bridge=vmbr0")).changes == ()


def test_unset_in_the_manifest_clears_what_the_template_brought():
    assert changes(diff(wanted(unset=("tags",)), found(tags="a"))) == [("tags", "unset", ("a",), None)]
    assert diff(wanted(unset=("tags",)), found()).changes == ()


def test_absent_in_the_manifest_removes_an_inherited_device_once():
    live = found(ide3="none,media=cdrom")
    assert changes(diff(wanted(absent=("disks.ide3",)), live)) == [("disks.ide3", "unset", "present", None)]
    assert diff(wanted(absent=("disks.ide3",)), found()).changes == ()


def test_a_device_that_was_ours_goes_as_a_whole():
    live = found(scsi1="local-lvm:vm-10000-disk-1,size=8G")
    bases = {MINE: {"disks.scsi1.storage": "local-lvm", "disks.scsi1.size": 8 * GIB}}
    assert [(c.path, c.op.value) for c in diff(wanted(), live, bases).changes] == [("disks.scsi1", "unset")]


def test_owning_no_more_than_the_size_of_an_inherited_disk_does_not_make_it_ours_to_remove():
    live = found(scsi0="local-lvm:vm-10000-disk-0,size=8G")
    result = diff(wanted(), live, {MINE: {"disks.scsi0.size": 8 * GIB}})
    assert all(c.path != "disks.scsi0" for c in result.changes)


def test_a_device_that_came_with_the_template_stays_when_its_manifest_speaks_of_it_no_longer():
    live = found(scsi1="local-lvm:vm-10000-disk-1,size=8G,ssd=1")
    mine = {"disks.scsi1.storage": "local-lvm", "disks.scsi1.ssd": True, INHERITED: ["disks.scsi1"]}
    assert changes(diff(wanted(), live, {MINE: mine})) == [("disks.scsi1.ssd", "unset", True, None)]
    del mine[INHERITED]
    assert [(c.path, c.op.value) for c in diff(wanted(), live, {MINE: mine}).changes] == [("disks.scsi1", "unset")]


def test_a_nic_that_came_with_the_template_stays_where_it_is_when_its_manifest_speaks_of_it_no_longer():
    live = found(net0="virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=20")
    mine = {"networks.net0.bridge": "vmbr0", "networks.net0.vlan": 20, INHERITED: ["networks.net0"]}
    assert changes(diff(wanted(), live, {MINE: mine})) == [("networks.net0.vlan", "unset", 20, None)]
    del mine[INHERITED]
    assert [(c.path, c.op.value) for c in diff(wanted(), live, {MINE: mine}).changes] == [("networks.net0", "unset")]


def test_owning_no_more_than_the_address_of_an_inherited_nic_clears_the_address_alone():
    live = found(net0="virtio=BC:24:11:00:00:01,bridge=vmbr0", ipconfig0="ip=dhcp")
    result = diff(wanted(), live, {MINE: {"networks.net0.ip": "dhcp"}})
    assert changes(result) == [("networks.net0.ip", "unset", "dhcp", None)]


def test_an_ignored_leaf_is_neither_seen_nor_written_nor_owned():
    notes = {"pxhelm.io/ignore-differences": "cpu.cores, networks.*.mtu"}
    desired = wanted({"cpu.cores": 4, "networks.net0.mtu": 9000, "networks.net0.bridge": "vmbr0"}, annotations=notes)
    result = diff(desired, found(cores=2, net0="virtio=BC:24:11:00:00:01,bridge=vmbr0"), {MINE: {"cpu.cores": 4}})
    assert result.changes == ()
    assert set(result.owned) == {"hostname", "networks.net0.bridge"}


def test_drift_is_what_others_changed_of_what_we_own_and_still_want():
    result = diff(wanted({"cpu.cores": 4}), found(cores=2), {MINE: {"cpu.cores": 4}})
    assert [(d.path, d.base, d.live) for d in result.drift] == [("cpu.cores", 4, 2)]
    assert diff(wanted({"cpu.cores": 8}), found(cores=4), {MINE: {"cpu.cores": 4}}).drift == ()


def test_what_is_merely_pending_is_not_written_again_but_said():
    live = found(power="running", cores=2, pending={"cores": 4})
    result = diff(wanted({"cpu.cores": 4}), live)
    assert result.changes == ()
    assert result.notes == ("cpu.cores waits for a restart: configured is 4, the running guest has 2",)


def test_what_waits_is_said_as_a_manifest_says_it():
    live = found(power="running", memory=2048, pending={"memory": 4096})
    notes = diff(wanted({"memory.size": 4 << 30}), live).notes
    assert notes == ("memory.size waits for a restart: configured is 4G, the running guest has 2G",)


def test_an_input_of_the_creation_that_changes_later_is_a_note_and_never_a_write():
    bases = {MINE: {"source.clone.name": "debian-11"}}
    result = diff(wanted({"source.clone.name": "debian-12"}), found(), bases)
    assert result.changes == ()
    assert "source.clone.name is an input of the creation" in result.notes[0]
    assert result.owned["source.clone.name"] == "debian-11"


def test_what_cannot_be_read_back_is_compared_by_the_fingerprint_of_what_was_applied():
    desired = wanted({"cloudInit.password": Secret("four")})
    live = found(cipassword="**********")
    assert [c.path for c in diff(desired, live).changes] == ["cloudInit.password"]
    assert diff(desired, live, {MINE: {"cloudInit.password": {"hmac": "hmac-of-4"}}}).changes == ()
    assert diff(desired, live, {MINE: {"cloudInit.password": {"hmac": "hmac-of-5"}}}).changes != ()
    written = diff(desired, live, written=frozenset(("cloudInit.password",)))
    assert (written.changes, written.owned["cloudInit.password"]) == ((), {"hmac": "hmac-of-4"})


def test_a_secret_taken_out_of_the_manifest_is_unset():
    result = diff(wanted(), found(cipassword="**********"), {MINE: {"cloudInit.password": {"hmac": "x"}}})
    assert [(c.path, c.op.value) for c in result.changes] == [("cloudInit.password", "unset")]


def test_everything_is_a_change_of_what_does_not_exist():
    result = diff(wanted({"cpu.cores": 1, "power.policy": "Running"}), ABSENT)
    assert {c.path for c in result.changes} == {"hostname", "cpu.cores", "power.policy"}
    assert result.owned == {}


def test_each_change_says_what_it_does_to_the_guest_as_it_is():
    running = diff(wanted({"cpu.cores": 4}), found(power="running", cores=2))
    assert [c.effect for c in running.changes] == [Effect.RESTART]
    stopped = diff(wanted({"cpu.cores": 4}), found(cores=2))
    assert [c.effect for c in stopped.changes] == [Effect.ONLINE]


def test_a_secret_is_remembered_as_a_fingerprint_and_shown_as_stars():
    assert base_of(("a", Secret("four")), fingerprint) == ["a", {"hmac": "hmac-of-4"}]
    assert shown([Secret("four"), {"hmac": "x"}, "plain"]) == ["***", "***", "plain"]


def test_a_pattern_covers_what_is_below_it():
    assert covers(("networks.*.mtu", "disks"), "networks.net0.mtu")
    assert covers(("disks",), "disks.scsi0.size")
    assert not covers(("networks.*.mtu",), "networks.net0")
