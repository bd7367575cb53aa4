"""A snippet's former file goes once nobody has it: no guest, no snapshot, no other object, and only if we put it there."""

import json
import time

import pytest

from pxhelm.apply.engine import apply_plan
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.apply.saved import load_plan, save_plan
from pxhelm.apply.undo import remember, undo
from pxhelm.errors import ExitCode
from pxhelm.plan.model import Action
from pxhelm.plan.removal import check_deletions
from pxhelm.proxmox.errors import ApiError, ErrorClass, Failure
from pxhelm.resource.deletions import Word
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.leases import Holder
from pxhelm.store.objects import ObjectQuery
from pxhelm.store.outcome import LeaseHeldError
from tests.apply.lab import QUICK
from tests.apply.test_deliveries import by_hand

SNIPPET = """
apiVersion: proxmox.io/v1
kind: Snippet
metadata: {name: NAME.yaml}
spec: {storage: local, nodes: [pve-node1], delivery: SSH, content: {hostname: CONTENT}}
"""
GUEST = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: NAME}
spec:
  node: pve-node1
  power: Stopped
  disks: {scsi0: {storage: local-lvm, size: 1G}}
  cloudInit: {userData: {snippet: base.yaml}}
"""
CONTAINER = """
apiVersion: proxmox.io/v1
kind: Container
metadata: {name: ct}
spec:
  node: pve-node1
  power: Stopped
  rootfs: {storage: local-lvm, size: 1G}
  source: {image: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"}
"""
KEY = ObjectKey("Snippet", "", "base.yaml")
WEB = ObjectKey("VirtualMachine", "default", "web")


def snippet(content, name="base"):
    return SNIPPET.replace("CONTENT", content).replace("NAME", name)


def guest(name="web"):
    return GUEST.replace("NAME", name)


class Site:
    """A lab in which snippets get to their storage."""

    def __init__(self, lab):
        self.lab = lab
        self.foreign = set(self.files())

    def ports(self, **changes):
        return self.lab.ports(**{"errand": by_hand(self.lab, []), "allowed": frozenset({"ssh"}), **changes})

    def plan(self, *texts, **request):
        return plan_objects(self.ports(), self.lab.resources(*texts), PlanRequest(**request))

    def apply(self, *texts, **request):
        result = apply_plan(self.ports(), self.plan(*texts, **request), QUICK)
        assert result.exit_code is ExitCode.OK, [o.outcome for o in result.failed]
        return result

    def files(self):
        rows = self.lab.api("GET", "/nodes/pve-node1/storage/local/content", content="snippets")
        return [row["volid"] for row in rows]

    def ours(self):
        return set(self.files()) - self.foreign

    def rows(self):
        return [o.key.name for o in self.lab.store.objects.list(ObjectQuery("lab", kind="Snippet"))]

    def former(self, *texts, **request):
        """Return the plan of the former file, the only one."""
        (found,) = (o for o in self.plan(*texts, **request).plan.objects if "~replaced-" in o.key.name)
        return found

    def snapshot(self, name="before"):
        (vmid,) = self.lab.guests()
        self.lab.api("POST", f"/nodes/pve-node1/qemu/{vmid}/snapshot", snapname=name)
        return vmid


@pytest.fixture
def site(lab):
    return Site(lab)


def test_the_guest_gets_the_new_file_and_the_old_one_goes(site):
    site.apply(snippet("one"), guest())
    (old,) = site.ours()
    planned = site.plan(snippet("two"), guest())
    gone = next(o for o in planned.plan.objects if o.action is Action.DELETE)
    assert set(gone.depends_on) == {KEY, WEB}
    assert gone.notes == (f"{old}: Snippet/base.yaml has another file, and nobody else has this one",)
    assert [s.request.path for s in gone.steps] == [f"/nodes/pve-node1/storage/local/content/{old.replace('/', '%2F')}"]
    assert apply_plan(site.ports(), planned, QUICK).exit_code is ExitCode.OK
    (new,) = site.ours()
    assert new != old
    (vmid,) = site.lab.guests()
    assert site.lab.api("GET", f"/nodes/pve-node1/qemu/{vmid}/config")["cicustom"] == f"user={new}"
    assert site.rows() == ["base.yaml"]
    assert site.plan(snippet("two"), guest()).plan.empty


def test_a_saved_plan_collects_it_too(site):
    site.apply(snippet("one"), guest())
    (old,) = site.ours()
    text = save_plan(site.plan(snippet("two"), guest()))
    assert apply_plan(site.ports(), load_plan(site.ports(), text), QUICK).exit_code is ExitCode.OK
    assert old not in site.ours()
    assert site.rows() == ["base.yaml"]
    text = save_plan(site.plan(snippet("three"), guest()))
    site.apply(snippet("four"), guest())
    (now,) = site.ours()
    result = apply_plan(site.ports(), load_plan(site.ports(), text), QUICK)
    assert {o.outcome.reason for o in result.failed} == {"Stale", "Dependency"}
    assert site.ours() == {now}
    assert site.rows() == ["base.yaml"]


def test_many_former_files_need_no_word(site):
    names = [f"base{n}" for n in range(5)]
    site.apply(*(snippet("one", name) for name in names))
    plan = site.plan(*(snippet("two", name) for name in names)).plan
    assert plan.count(Action.DELETE) == 5
    check_deletions(plan, 5, 5, Word())


def test_files_that_go_together_are_asked_for_once(site):
    names = [f"base{n}" for n in range(5)]
    site.apply(*(snippet("one", name) for name in names), guest().replace("base.yaml", "base0.yaml"))
    before = site.lab.mark
    site.apply(*(snippet("two", name) for name in names))
    asked = [e for e in site.lab.simulator.log() if e.id > before and e.path.endswith("/pending")]
    assert len(asked) == 2 * (len(site.lab.guests()) + 1)  # for the plan, and before they go; one is a template
    assert len(site.ours()) == 6


def test_a_guest_of_another_manifest_keeps_it_until_that_is_applied(site):
    site.apply(snippet("one"), guest())
    (old,) = site.ours()
    kept = site.former(snippet("two"))
    assert kept.action is Action.READ
    assert f"cannot remove {old}: VM " in kept.notes[0]
    assert "(web) has it (cicustom)" in kept.notes[0]
    site.apply(snippet("two"))
    assert old in site.ours()
    assert len(site.rows()) == 2
    assert site.plan(snippet("two")).plan.empty
    site.apply(snippet("two"), guest())
    assert old not in site.ours()
    assert site.rows() == ["base.yaml"]


def test_a_snapshot_keeps_it_until_the_snapshot_is_gone(site):
    site.apply(snippet("one"), guest())
    (old,) = site.ours()
    vmid = site.snapshot()
    assert "the snapshot before of VM" in site.former(snippet("two"), guest()).notes[0]
    site.apply(snippet("two"), guest())
    assert old in site.ours()
    site.lab.api("DELETE", f"/nodes/pve-node1/qemu/{vmid}/snapshot/before")
    site.apply(snippet("two"), guest())
    assert old not in site.ours()


def test_a_guest_that_began_to_use_it_after_the_plan_keeps_it(site):
    site.apply(snippet("one"))
    (old,) = site.ours()
    planned = site.plan(snippet("two"))
    site.lab.api("POST", "/nodes/pve-node1/qemu", vmid=555, name="late", cicustom=f"user={old}")
    assert apply_plan(site.ports(), planned, QUICK).exit_code is ExitCode.OK
    assert old in site.ours()
    assert len(site.rows()) == 2
    assert any("VM 555 (late) has it (cicustom)" in getattr(event, "message", "") for event in site.lab.told)


def test_a_container_that_runs_it_as_its_hook_keeps_it(site):
    site.apply(snippet("one"), CONTAINER)
    (old,) = site.ours()
    (vmid,) = site.lab.guests()
    site.lab.simulator.change(lambda world: world.state.edit("guest", str(vmid))["conf"].update(hookscript=old))
    assert f"CT {vmid} (ct) has it (hookscript)" in site.former(snippet("two")).notes[0]


def test_a_file_that_was_there_before_us_stays(site):
    name = site.plan(snippet("one")).plan.objects[0].steps[0].errand.file
    volume = f"local:snippets/{name}"

    def change(world):
        row = {"volid": volume, "content": "snippets", "format": "snippet", "size": 23, "ctime": 0}
        world.state.put("volume", f"pve-node1/{volume}", row)

    site.lab.simulator.change(change)
    site.apply(snippet("one"))
    site.apply(snippet("two"))
    assert volume in site.files()
    assert site.rows() == ["base.yaml"]
    site.apply(snippet("one"))
    site.apply(delete=(KEY,))
    assert volume in site.files()


def test_a_file_that_one_node_had_before_us_stays_there(site):
    site.apply(snippet("one"))
    (old,) = site.ours()
    site.lab.store.objects.delete(site.lab.store.objects.list(ObjectQuery("lab"))[0].uid)
    site.apply(everywhere("one"))
    site.apply(everywhere("two"))
    assert old in site.ours()


def everywhere(content):
    return snippet(content).replace("nodes: [pve-node1], ", "")


def test_a_file_on_a_node_that_is_away_is_not_forgotten(site):
    site.apply(everywhere("one"))
    (old,) = site.ours()
    site.lab.set_node("pve-node2", online=False)
    assert "storage local is not available on pve-node2" in site.former(everywhere("two")).notes[0]
    site.apply(everywhere("two"))
    assert old in site.ours()
    for node in ("pve-node1", "pve-node3"):
        site.lab.api("DELETE", f"/nodes/{node}/storage/local/content/{old}")
    assert "it stays: storage local is not available" in site.former(everywhere("two")).notes[0]
    site.lab.set_node("pve-node2", online=True)
    site.apply(everywhere("two"))
    assert site.rows() == ["base.yaml"]
    assert old not in {
        row["volid"] for row in site.lab.api("GET", "/nodes/pve-node2/storage/local/content", content="snippets")
    }


def test_a_file_is_not_forgotten_with_a_storage_that_is_hidden_but_with_one_that_is_gone(site):
    site.lab.api("POST", "/storage", storage="extra", type="dir", path="/srv/extra", content="snippets")
    site.apply(snippet("one").replace("local", "extra"))

    def hiding(method, path, *rest, **more):
        status, reason, headers, body = site.lab.simulator.send(method, path, *rest, **more)
        if path == "/cluster/resources":
            rows = [row for row in json.loads(body)["data"] if row.get("storage") != "extra"]
            body = json.dumps({"data": rows}).encode()
        return status, reason, headers, body

    ports = site.ports(cluster=site.lab.client_over(hiding))
    (blocked,) = plan_objects(ports, (), PlanRequest(delete=(KEY,))).plan.blocked
    assert "no node shows storage extra: is it disabled" in blocked.message
    site.lab.api("PUT", "/storage/extra", disable="1")
    (blocked,) = site.plan(delete=(KEY,)).plan.blocked
    assert "storage extra is not available on" in blocked.message
    site.lab.api("DELETE", "/storage/extra")
    site.apply(delete=(KEY,))
    assert site.rows() == []


def test_a_snippet_is_not_deleted_half(site):
    site.apply(everywhere("one"))
    site.lab.set_node("pve-node2", online=False)
    (blocked,) = site.plan(delete=(KEY,)).plan.blocked
    assert "storage local is not available on pve-node2" in blocked.message


def test_a_file_that_somebody_changed_stays(site):
    site.apply(snippet("one"))
    (old,) = site.ours()

    def change(world):
        world.state.edit("volume", f"pve-node1/{old}")["size"] += 1

    site.lab.simulator.change(change)
    assert "somebody changed it" in site.former(snippet("two")).notes[0]
    site.apply(snippet("two"))
    assert old in site.ours()


def test_the_file_of_another_object_stays(site):
    site.apply(snippet("one"))
    (old,) = site.ours()
    twin = snippet("one", "other").replace("delivery", "filename: base.yaml, delivery")
    site.apply(twin)
    assert site.ours() == {old}
    assert "Snippet/other.yaml has it (as its own)" in site.former(snippet("two")).notes[0]
    site.apply(snippet("two"))
    assert old in site.ours()


def test_content_that_comes_back_is_the_old_file_again(site):
    site.apply(snippet("one"), guest())
    (old,) = site.ours()
    site.snapshot()
    site.apply(snippet("two"), guest())
    assert len(site.ours()) == 2
    assert [o.action for o in site.plan(snippet("one"), guest()).plan.objects if o.key.kind == "Snippet"] == [
        Action.NOTHING,
        Action.DELETE,  # of the second one
    ]
    site.apply(snippet("one"), guest())
    assert site.ours() == {old}
    assert site.rows() == ["base.yaml"]
    site.apply(snippet("three"), guest())
    assert old in site.ours()  # still in the snapshot, and still known to be ours
    assert len(site.rows()) == 2


def test_a_file_that_somebody_is_about_to_remove_is_not_taken_back(site):
    site.apply(snippet("one"), guest())
    site.apply(snippet("two"))
    aside = next(o for o in site.lab.store.objects.list(ObjectQuery("lab")) if "~replaced-" in o.key.name)
    lease = site.lab.store.leases.acquire(f"object:{aside.uid}", Holder("there", "boot", 2, "x"), 60.0, time.time())
    with pytest.raises(LeaseHeldError):
        site.apply(snippet("one"), guest())
    assert len(site.rows()) == 2
    site.lab.store.leases.release(lease)
    site.apply(snippet("one"), guest())
    assert site.rows() == ["base.yaml"]


@pytest.mark.parametrize("said", ["deletion-policy: Retain", "prevent-destroy: 'true'", "management: 'Observe,Update'"])
def test_a_manifest_that_keeps_its_files_keeps_the_former_ones(site, said):
    def keeping(content):
        return snippet(content).replace("{name: base.yaml}", f"{{name: base.yaml, annotations: {{pxhelm.io/{said}}}}}")

    site.apply(snippet("one"))
    (old,) = site.ours()
    site.apply(keeping("two"))
    assert old in site.ours()
    assert site.rows() == ["base.yaml"]


def test_a_snippet_that_a_guest_has_is_not_deleted(site):
    site.apply(snippet("one"), guest())
    (blocked,) = site.plan(delete=(KEY,)).plan.blocked
    assert blocked.reason == "Refused"
    assert "(web) has it (cicustom)" in blocked.message
    site.apply(delete=(KEY, WEB))
    assert site.ours() == set()


def test_a_guest_that_starts_using_a_snippet_after_the_plan_stops_its_deletion(site):
    site.apply(snippet("one"))
    (old,) = site.ours()
    planned = site.plan(delete=(KEY,))
    site.lab.api("POST", "/nodes/pve-node1/qemu", vmid=555, name="late", cicustom=f"user={old}")
    result = apply_plan(site.ports(), planned, QUICK)
    assert "VM 555 (late) has it" in result.failed[0].outcome.message
    assert old in site.ours()
    assert site.rows() == ["base.yaml"]


def test_former_files_go_with_their_object(site):
    site.apply(snippet("one"), guest())
    site.apply(snippet("two"))
    assert len(site.ours()) == 2
    site.apply(delete=(KEY, WEB))
    assert site.ours() == set()
    assert site.rows() == []


@pytest.mark.parametrize("used", [True, False], ids=["used", "unused"])
def test_what_failed_is_taken_back_to_the_former_file(site, used):
    guests = (guest(),) if used else ()
    site.apply(snippet("one"), *guests)
    before = site.ours()
    deliver = site.ports().errand

    def errand(delivery):
        if delivery.file.startswith("bad-"):
            raise ApiError(Failure("write", delivery.file, 0, "no space"), cls=ErrorClass.FAILED)
        return deliver(delivery)

    planned = site.plan(snippet("two"), *guests, snippet("x", "bad"))
    known = remember(site.ports(), planned)
    result = apply_plan(site.ports(errand=errand), planned, QUICK)
    assert [o.key.name.partition("~")[0] for o in result.failed] == ["bad.yaml", "base.yaml"]
    assert len(site.ours()) == 2
    undone = undo(site.ports(), planned, result, known, QUICK)
    assert undone.complete, undone
    assert site.ours() == before
    site.apply(delete=(ObjectKey("Snippet", "", "bad.yaml"),))
    assert site.rows() == ["base.yaml"]
    assert site.plan(snippet("one"), *guests).plan.empty
    site.apply(snippet("three"), *guests)
    assert len(site.ours()) == 1
