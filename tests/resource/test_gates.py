"""Versions of Proxmox and the rights of root, by the API schemas of 7.4, 8.4 and 9.2."""

import pytest

from pxhelm import kinds
from pxhelm.kinds import KINDS
from pxhelm.manifest import load_manifests
from pxhelm.resource.decode import decode
from pxhelm.resource.encode import encode
from pxhelm.resource.gates import check_version, lacking, root_only
from pxhelm.resource.kind import LeafChange, Op

VM, CT, STO = (kinds.KINDS[name] for name in ("VirtualMachine", "Container", "Storage"))


@pytest.mark.parametrize(
    ("kind", "paths", "version"),
    [
        # kinds.md 13, "Absent in older Proxmox"
        (VM, ("memory.ksm", "networks.net0.hostTunnel", "cpu.level", "cpu.guestPhysBits", "machine.awBits"), "8.4"),
        (
            VM,
            ("cloudInit.upgrade", "usb.usb0.mapping", "display.clipboard", "machine.viommu", "disks.scsi0.vendor"),
            "7.4",
        ),
        (VM, ("virtiofs.virtiofs0.mapping",), "7.4"),
        (CT, ("env.A", "entrypoint", "mounts.mp0.idmap", "networks.net0.hostManaged"), "8.4"),
        (CT, ("devices.dev0.path",), "7.4"),
        (STO, ("snapshotAsVolumeChain", "saferemoveStepsize", "zfsBasePath"), "8.4"),
        (STO, ("createBasePath", "createSubdirs", "skipCertVerification"), "7.4"),
    ],
)
def test_what_an_older_version_lacks(kind, paths, version):
    assert lacking(kind, paths, version) == paths
    assert lacking(kind, paths, "9.2") == ()


@pytest.mark.parametrize("version", ["7.4", "8.4", "9.2"])
def test_what_every_version_has(version):
    paths = (
        "memory.size",
        "cpu.cores",
        "disks.scsi0.storage",
        "networks.net0.bridge",
        "networks.net0.ip",
        "tags",
        "vmid",
    )
    assert lacking(VM, paths, version) == ()


def test_a_missing_field_is_told_with_its_place():
    text = "apiVersion: proxmox.io/v1\nkind: VirtualMachine\nmetadata: {name: a}\nspec:\n  memory: {ksm: false}\n"
    (error,) = check_version(VM, kinds.parse(load_manifests(text, "a.yaml"))[0], "8.4")
    assert (error.message, error.where.line) == ("cannot use memory.ksm: Proxmox VE 8.4 does not have it", 5)


def test_what_only_root_may_set():
    changes = [LeafChange(p, Op.SET, None, "x") for p in ("cpu.cores", "options.args", "cpu.affinity", "usb.usb0.host")]
    assert root_only(VM, changes, {}) == ("options.args", "cpu.affinity", "usb.usb0.host")


def test_every_feature_of_a_privileged_container_is_for_root():
    changes = [LeafChange(f"features.{name}", Op.SET, None, True) for name in ("nesting", "keyctl")]
    assert root_only(CT, changes, {"unprivileged": True}) == ("features.keyctl",)
    assert root_only(CT, changes, {"unprivileged": False}) == ("features.nesting", "features.keyctl")


@pytest.mark.parametrize(("version", "text"), [("7.4", "freeze-fs-on-backup=0"), ("9.2", "freeze-fs=0")])
def test_a_key_is_written_as_its_version_calls_it(version, text):
    found = encode(KINDS["VirtualMachine"], {"agent": "enabled=1"}, {"agent.freezeFS": False}, version=version)
    assert found.params == {"agent": f"1,{text}"}


def test_several_paths_of_one_text_are_kept_apart_where_a_version_has_no_array():
    writes = {"excludePaths": ("/var/x, y", "/srv")}
    old = encode(KINDS["BackupJob"], {}, writes, version="7.4").params
    assert old == {"exclude-path": "/var/x, y\0/srv"}
    assert encode(KINDS["BackupJob"], {}, writes).params == {"exclude-path": ["/var/x, y", "/srv"]}
    assert decode(KINDS["BackupJob"], old) == writes
