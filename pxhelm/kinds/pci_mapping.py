"""A PCI device by name: guests refer to the name, nodes say where they have it."""

from __future__ import annotations

from pxhelm.resource.field import Field
from pxhelm.resource.parts.mapping import Sort, mapping

PCI_MAPPING = mapping(
    Sort(
        "PCIMapping",
        "/cluster/mapping/pci",
        "pci",
        entry=(
            Field("node", "line", help="node that has it"),
            Field("path", "line", help="address there, such as 0000:01:00"),
            Field("id", "line", help="vendor and device, such as 10de:2204"),
            Field("iommuGroup", "int", help="group of devices that go through together"),
            Field("subsystemID", "line", help="vendor and device of the subsystem"),
            Field("comment", "line", help="a remark"),
        ),
        more=(
            Field("mdev", "bool", "mdev", help="the device is shared out in mediated devices"),
            Field(
                "liveMigrationCapable",
                "bool",
                "live-migration-capable",
                help="guests that use it may be moved while they run",
            ),
        ),
    )
)
