"""Images with ``deletion-policy: Delete``: the file goes with the object, or when it has another one, unless somebody has it."""

import pytest

from pxhelm.errors import ExitCode
from pxhelm.plan.model import Action
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.objects import ObjectQuery
from tests.apply.test_crash import crash_at, free_leases, from_every_point

IMAGE = """
apiVersion: proxmox.io/v1
kind: Image
metadata: {name: tools, annotations: {pxhelm.io/deletion-policy: Delete}}
spec:
  storage: local
  nodes: [pve-node1]
  content: iso
  filename: FILE
  source: {url: "https://example.com/tools.iso"}
"""
KEPT = IMAGE.replace(", annotations: {pxhelm.io/deletion-policy: Delete}", "")
KEY = ObjectKey("Image", "", "tools")


def image(file, text=IMAGE):
    return text.replace("FILE", file)


def checked(digit, text=IMAGE):
    return f"{image('tools.iso', text)}  checksum: sha256:{digit * 64}\n"


def isos(lab):
    rows = lab.api("GET", "/nodes/pve-node1/storage/local/content", content="iso")
    return {row["volid"].rpartition("/")[2] for row in rows if "tools" in row["volid"]}


def rows(lab):
    return [o.key.name for o in lab.store.objects.list(ObjectQuery("lab"))]


def drive(lab, file, vmid=555):
    lab.api("POST", "/nodes/pve-node1/qemu", vmid=vmid, name="user", ide2=f"local:iso/{file},media=cdrom")


def configured(lab, **config):
    """Make a guest that says so, whatever Proxmox would check before."""
    lab.api("POST", "/nodes/pve-node1/qemu", vmid=555, name="user")
    lab.simulator.change(lambda world: world.state.edit("guest", "555")["conf"].update(config))


def apply(lab, *texts, **request):
    result = lab.apply(*texts, **request)
    assert result.exit_code is ExitCode.OK, [o.outcome for o in result.failed]


def former(lab, *texts):
    (found,) = (o for o in lab.plan(*texts).plan.objects if "~replaced-" in o.key.name)
    return found


def test_another_filename_is_another_file_and_the_old_one_goes(lab):
    apply(lab, image("tools-1.iso"))
    assert former(lab, image("tools-2.iso")).action is Action.DELETE
    apply(lab, image("tools-2.iso"))
    assert isos(lab) == {"tools-2.iso"}
    assert rows(lab) == ["tools"]


def test_by_default_the_old_one_stays(lab):
    apply(lab, image("tools-1.iso", KEPT))
    apply(lab, image("tools-2.iso", KEPT))
    assert isos(lab) == {"tools-1.iso", "tools-2.iso"}
    assert rows(lab) == ["tools"]


def test_the_old_one_stays_in_a_drive(lab):
    apply(lab, image("tools-1.iso"))
    drive(lab, "tools-1.iso")
    assert "VM 555 (user) has it (ide2)" in former(lab, image("tools-2.iso")).notes[0]
    apply(lab, image("tools-2.iso"))
    assert isos(lab) == {"tools-1.iso", "tools-2.iso"}
    lab.api("PUT", "/nodes/pve-node1/qemu/555/config", delete="ide2")
    apply(lab, image("tools-2.iso"))
    assert isos(lab) == {"tools-2.iso"}


def test_the_old_one_stays_in_a_drive_that_knows_its_storage_by_another_name(lab):
    apply(lab, image("tools-1.iso"))
    lab.api("POST", "/storage", storage="twin", type="dir", path="/var/lib/vz", content="iso")
    configured(lab, ide2="twin:iso/tools-1.iso,media=cdrom")
    assert "VM 555 (user) has it (ide2)" in former(lab, image("tools-2.iso")).notes[0]


def test_a_file_of_the_same_name_on_another_storage_is_another_file(lab):
    apply(lab, image("tools-1.iso"))
    lab.api("POST", "/storage", storage="other", type="dir", path="/srv/other", content="iso")
    configured(lab, ide2="other:iso/tools-1.iso,media=cdrom")
    assert former(lab, image("tools-2.iso")).action is Action.DELETE


def test_the_old_one_stays_where_an_argument_names_it_by_its_path(lab):
    apply(lab, image("tools-1.iso"))
    configured(lab, args="-drive file=/var/lib/vz/template/iso/tools-1.iso")
    assert "VM 555 (user) has it (args)" in former(lab, image("tools-2.iso")).notes[0]


def test_a_running_guest_that_has_it_until_its_restart_keeps_it(lab):
    apply(lab, image("tools-1.iso"))
    drive(lab, "tools-1.iso")
    lab.api("POST", "/nodes/pve-node1/qemu/555/status/start")
    lab.api("PUT", "/nodes/pve-node1/qemu/555/config", delete="ide2")
    (entry,) = (row for row in lab.api("GET", "/nodes/pve-node1/qemu/555/pending") if row["key"] == "ide2")
    assert entry["delete"]
    assert "VM 555 (user) has it" in former(lab, image("tools-2.iso")).notes[0]


def test_an_image_in_a_drive_is_not_deleted(lab):
    apply(lab, image("tools-1.iso"))
    drive(lab, "tools-1.iso")
    (blocked,) = lab.plan(delete=(KEY,)).plan.blocked
    assert blocked.message == "cannot remove local:iso/tools-1.iso: VM 555 (user) has it (ide2)"
    lab.api("DELETE", "/nodes/pve-node1/qemu/555")
    apply(lab, delete=(KEY,))
    assert isos(lab) == set()


def test_another_checksum_of_the_same_file_is_refused(lab):
    apply(lab, checked("a"))
    (blocked,) = lab.plan(checked("b")).plan.blocked
    assert "without replacing it: checksum" in blocked.message
    assert "give the new file another filename" in blocked.hint


def test_another_checksum_is_fetched_anew_when_that_is_asked_for(lab):
    apply(lab, checked("a"))
    (item,) = lab.plan(checked("b"), replace=frozenset({"*"})).plan.objects
    assert (item.action, [s.verb for s in item.steps]) == (Action.REPLACE, ["delete", "fetch"])
    drive(lab, "tools.iso")
    (blocked,) = lab.plan(checked("b"), replace=frozenset({"*"})).plan.blocked
    assert "VM 555 (user) has it (ide2)" in blocked.message
    lab.api("DELETE", "/nodes/pve-node1/qemu/555")
    apply(lab, checked("b"), replace=frozenset({"*"}))
    assert lab.plan(checked("b")).plan.empty


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_another_checksum_is_gone_on_with_from_every_point(lab, after):
    text = IMAGE.replace("Delete}", "Delete, pxhelm.io/replace-policy: Recreate}")

    def try_at(number):
        apply(lab, checked("a", text))
        crashed = crash_at(lab, number, after, lambda ports: lab.apply_with(ports, checked("b", text)))
        free_leases(lab)
        apply(lab, checked("b", text))
        assert isos(lab) == {"tools.iso"}, number
        assert lab.plan(checked("b", text)).plan.empty, number
        return crashed

    assert from_every_point(0, 1, try_at) > 20


def test_another_url_of_the_same_file_is_only_told(lab):
    apply(lab, image("tools-1.iso"))
    (item,) = lab.plan(image("tools-1.iso").replace("example.com", "example.org")).plan.objects
    assert item.steps == ()
    assert "source.url is an input of the creation" in item.notes[0]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_another_filename_is_gone_on_with_from_every_point(lab, after):
    lab.api(
        "POST",
        "/nodes/pve-node1/storage/local/download-url",
        content="iso",
        filename="theirs-tools.iso",
        url="https://x/y",
    )

    def try_at(number):
        apply(lab, image("tools-1.iso"))
        crashed = crash_at(lab, number, after, lambda ports: lab.apply_with(ports, image("tools-2.iso")))
        free_leases(lab)
        apply(lab, image("tools-2.iso"))
        assert isos(lab) == {"tools-2.iso", "theirs-tools.iso"}, number
        assert rows(lab) == ["tools"], number
        assert lab.plan(image("tools-2.iso")).plan.empty, number
        return crashed

    assert from_every_point(0, 1, try_at) > 20
