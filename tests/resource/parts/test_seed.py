"""Documents of cloud-init that a manifest writes itself."""

import io
import json

import pycdlib
import pytest

from pxhelm.errors import PxhelmError
from pxhelm.resource.parts import seed
from tests.apply.lab import Lab
from tests.kinds.conftest import Applier, resource

VM = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web}
spec:
  disks: {scsi0: {storage: local-lvm, size: 1G}}
  networks: {net0: {bridge: vmbr0, mac: "BC:24:11:00:00:01", ip: 10.0.0.5/24, gateway: 10.0.0.1, ip6: auto}}
  dns: {servers: [10.0.0.53]}
  power: Stopped
  cloudInit: CLOUDINIT
"""
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ops"


def manifest(cloudinit):
    return resource(VM.replace("CLOUDINIT", cloudinit))


def read(made):
    """What a guest sees when it mounts the image."""
    iso = pycdlib.PyCdlib()
    iso.open_fp(io.BytesIO(made))
    assert iso.pvd.volume_identifier.strip() == b"cidata"
    found = {}
    for child in iso.list_children(rr_path="/"):
        name = child.rock_ridge.name() if child.rock_ridge else b""
        if not child.is_dir() and name:
            out = io.BytesIO()
            iso.get_file_from_iso_fp(out, rr_path=f"/{name.decode()}")
            found[name.decode()] = out.getvalue()
    return found


def documents(applier):
    texts = seed.documents(applier.wanted.leaves, applier.observe(), "web")
    assert read(seed.image(texts)) == texts
    return texts


def test_the_image_says_what_the_manifest_says_and_what_proxmox_drive_would(cluster):
    applier = Applier(
        cluster, manifest(f'{{user: ops, sshKeys: ["{KEY}"], userData: {{packages: [nginx], user: me}}}}')
    )
    found = documents(applier)
    head, user = found["user-data"].decode().split("\n", 1)
    assert head == "#cloud-config"
    assert json.loads(user) == {
        "hostname": "web",
        "user": "me",
        "ssh_authorized_keys": [KEY],
        "packages": ["nginx"],
    }
    network = json.loads(found["network-config"])["config"]
    assert network[0]["mac_address"] == "bc:24:11:00:00:01"
    assert network[0]["subnets"] == [
        {"type": "static", "address": "10.0.0.5/24", "gateway": "10.0.0.1"},
        {"type": "ipv6_slaac"},
    ]
    assert network[1]["address"] == ["10.0.0.53"]
    assert set(json.loads(found["meta-data"])) == {"instance-id", "local-hostname"}


def test_a_script_is_handed_over_as_it_is(cluster):
    applier = Applier(cluster, manifest('{user: ops, userData: "#!/bin/sh\\necho hello\\n"}'))
    assert documents(applier)["user-data"] == b"#!/bin/sh\necho hello\n"


def test_a_change_of_the_documents_is_another_image_in_the_same_drive(tmp_path):
    lab = Lab(tmp_path)
    try:
        drives = []
        for package in ("nginx", "apache2"):
            text = VM.replace("CLOUDINIT", f"{{userData: {{packages: [{package}]}}}}").strip()
            mark = lab.mark
            assert not lab.apply(text).failed
            assert sum(e.path.endswith("/upload") for e in lab.writes(mark)) == 1
            mark = lab.mark
            assert lab.plan(text).plan.empty
            lab.apply(text)
            assert not lab.writes(mark)
            ((vmid, row),) = lab.guests().items()
            drives.append(lab.api("GET", f"/nodes/{row['node']}/qemu/{vmid}/config")["ide2"])
        assert all(drive.startswith("local:iso/pxhelm-seed-") for drive in drives)
        assert drives[0] != drives[1]
    finally:
        lab.close()


def test_a_password_that_is_no_hash_never_enters_an_image(cluster):
    from dataclasses import replace

    from pxhelm.secret import Secret

    applier = Applier(cluster, manifest("{userData: {packages: []}}"))
    for password, fits in (("secret", False), ("$6$abc$def", True)):
        applier.wanted = replace(
            applier.wanted, leaves={**applier.wanted.leaves, "cloudInit.password": Secret(password)}
        )
        if fits:
            assert json.loads(documents(applier)["user-data"].decode().split("\n", 1)[1])["password"] == password
        else:
            with pytest.raises(PxhelmError, match="no hash"):
                documents(applier)


def test_a_snippet_cannot_be_uploaded(cluster):
    applier = Applier(cluster, manifest("{delivery: Snippet, userData: {packages: []}}"))
    with pytest.raises(PxhelmError, match="uploads none"):
        applier.steps()
