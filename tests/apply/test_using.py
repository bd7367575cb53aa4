"""A storage that guests have something on keeps its definition."""

import pytest

from pxhelm.apply.using import uses
from pxhelm.errors import ExitCode
from pxhelm.resource.identity import ObjectKey

STORAGE = """
apiVersion: proxmox.io/v1
kind: Storage
metadata: {name: zz, annotations: {pxhelm.io/deletion-policy: Delete}}
spec: {type: zfspool, pool: rpool/data, content: [images]}
"""
GUEST = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web}
spec: {vmid: 30001, power: Stopped, disks: {scsi0: {storage: zz, size: 1G}}}
"""
KEY, WEB = ObjectKey("Storage", "", "zz"), ObjectKey("VirtualMachine", "default", "web")


def storages(lab):
    return {row["storage"] for row in lab.api("GET", "/storage")}


def test_a_storage_in_use_stays_and_says_by_whom(lab):
    lab.apply(STORAGE, GUEST)
    result = lab.destroy(KEY)
    assert [o.outcome.message for o in result.failed] == ["guests have something on zz: 30001"]
    assert "zz" in storages(lab)


def test_it_goes_with_the_last_guest_that_uses_it(lab):
    lab.apply(STORAGE, GUEST)
    assert lab.destroy(KEY, WEB).exit_code is ExitCode.OK
    assert "zz" not in storages(lab)


def test_a_storage_on_which_a_snapshot_has_something_stays(lab):
    lab.apply(STORAGE, GUEST.replace("storage: zz", "storage: local-lvm"))
    (guest,) = lab.guests().values()
    lab.api("POST", f"/nodes/{guest['node']}/qemu/30001/snapshot", snapname="before")
    lab.simulator.change(
        lambda world: world.state.edit("guest", "30001")["snaps"]["before"].update(scsi1="zz:vm-30001-disk-1")
    )
    result = lab.destroy(KEY)
    assert [o.outcome.message for o in result.failed] == ["guests have something on zz: 30001"]


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"scsi0": "zz:vm-1-disk-0,size=1G"}, True),
        ({"ide2": "file=zz:iso/a.iso,media=cdrom"}, True),
        ({"vmstatestorage": "zz"}, True),
        ({"vmstatestorage": "local\nzz"}, True),
        ({"scsi0": "local:vm-1-disk-0\nzz:vm-1-disk-0"}, True),
        ({"rootfs": "zzz:subvol-1-disk-0,size=1G"}, False),
        ({"name": "zz", "description": "zz: the old one"}, False),
    ],
)
def test_a_configuration_tells_what_it_uses(config, found):
    assert uses(config, "zz") is found
