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
            Field("node", "line"),
            Field("path", "line"),
            Field("id", "line"),
            Field("iommuGroup", "int"),
            Field("subsystemID", "line"),
            Field("comment", "line"),
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
