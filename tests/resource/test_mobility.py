"""What keeps a guest on its node."""

import pytest

from pxhelm.kinds import KINDS
from pxhelm.resource.kind import Surroundings
from pxhelm.resource.mobility import anchors
from pxhelm.resource.model import Existence, Live

AROUND = Surroundings(storages={("one", "local"): {"shared": 0}, ("one", "nas"): {"shared": 1}})


@pytest.mark.parametrize(
    ("leaves", "kept_by"),
    [
        ({"pci.hostpci0.host": "0000:01:00"}, ("pci.hostpci0.host",)),
        ({"pci.hostpci0.mapping": "gpu"}, ()),
        ({"usb.usb0.host": "spice", "usb.usb1.host": "10c4:ea60"}, ("usb.usb1.host",)),
        ({"serial.serial0": "socket", "serial.serial1": "/dev/ttyS0"}, ("serial.serial1",)),
        ({"parallel.parallel0": "/dev/parport0"}, ("parallel.parallel0",)),
        ({"ivshmem.size": 1 << 20, "ivshmem.name": "x"}, ("ivshmem.size",)),
        ({"disks.ide2.cdrom": "local:iso/pxhelm-seed-0.iso"}, ("disks.ide2.cdrom",)),
        ({"disks.ide2.cdrom": "nas:iso/pxhelm-seed-0.iso", "disks.ide3.cdrom": "none"}, ()),
        ({"disks.scsi0.storage": "local"}, ()),
    ],
)
def test_devices_and_media_of_the_host_keep_a_machine(leaves, kept_by):
    assert anchors(KINDS["VirtualMachine"], Live(Existence.PRESENT, leaves, node="one"), AROUND) == kept_by


def test_a_bind_mount_keeps_a_container_unless_it_is_everywhere():
    leaves = {"mounts.mp0.hostPath": "/a", "mounts.mp1.hostPath": "/b", "mounts.mp1.shared": True}
    found = anchors(KINDS["Container"], Live(Existence.PRESENT, leaves, node="one"), AROUND)
    assert found == ("mounts.mp0.hostPath",)
