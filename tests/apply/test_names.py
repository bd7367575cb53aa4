"""What names in references mean: objects of the plan, then those that the store has of other releases."""

from pxhelm.errors import ExitCode

IMAGE = """
apiVersion: proxmox.io/v1
kind: Image
metadata: {name: tools}
spec: {storage: local, content: iso, filename: tools-1.2.iso, source: {url: "https://example.org/tools-1.2.iso"}}
"""
SNIPPET = """
apiVersion: proxmox.io/v1
kind: Snippet
metadata: {name: base-user}
spec: {storage: local, filename: base-user.yaml}
"""
VM = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web}
spec:
  node: pve-node1
  disks: {scsi0: {storage: local-lvm, size: 1G}, ide0: {cdrom: tools}}
  power: Stopped
"""


def config(lab):
    (guest,) = lab.guests().values()
    return lab.api("GET", f"/nodes/{guest['node']}/qemu/{guest['vmid']}/config")


def test_an_image_of_another_release_is_found_by_its_name(lab):
    assert lab.apply(IMAGE, manager="helm:default/images", release="default/images").exit_code is ExitCode.OK
    assert lab.apply(VM).exit_code is ExitCode.OK
    assert config(lab)["ide0"].startswith("local:iso/tools-1.2.iso,media=cdrom")
    assert lab.plan(VM).plan.empty


def test_a_name_that_nobody_has_stays_as_it_is_written(lab):
    planned = lab.plan(VM.replace("cdrom: tools", 'cdrom: "local:iso/debian.iso"'))
    assert "local:iso/debian.iso" in str(planned.plan.objects[0].steps[0].request.params["ide0"])


def test_a_snippet_is_named_like_anything_else(lab):
    def put(world):
        from pxhelm.simulator import volumes

        volumes.put(
            world,
            "pve-node1",
            "local:snippets/base-user.yaml",
            {"size": 1, "ctime": 1, "format": "snippet", "content": "snippets"},
        )

    lab.simulator.change(put)
    text = VM.replace("ide0: {cdrom: tools}", "").replace(
        "power:", "cloudInit: {userData: {snippet: base-user}, drive: {storage: local-lvm}}\n  power:"
    )
    result = lab.apply(SNIPPET, text)
    assert result.exit_code is ExitCode.OK, result.error()
    assert config(lab)["cicustom"] == "user=local:snippets/base-user.yaml"
    assert lab.plan(SNIPPET, text).plan.empty
    assert lab.plan(text).plan.empty
