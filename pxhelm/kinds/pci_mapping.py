"""A PCI device by name: guests refer to the name, nodes say where they have it."""

from __future__ import annotations

from pxhelm.resource import natural
from pxhelm.resource.field import Field
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.parts import mapping

_PARTS: tuple[Field, ...] = (
    Field("node", "line"),
    Field("path", "line"),
    Field("id", "line"),
    Field("iommuGroup", "int"),
    Field("subsystemID", "line"),
    Field("comment", "line"),
)
_FIELDS: tuple[Field, ...] = (
    *mapping.COMMON,
    Field("mdev", "bool", "mdev", help="the device is shared out in mediated devices"),
    Field(
        "liveMigrationCapable", "bool", "live-migration-capable", help="guests that use it may be moved while they run"
    ),
    Field("map", "records", "map", form="pci-map", parts=_PARTS, help="where the nodes have it, an entry each"),
)
PCI_MAPPING = natural.natural(
    Kind(
        name="PCIMapping",
        plural="pcimappings",
        short=("pci",),
        namespaced=False,
        guest=False,
        rank=16,
        fields=_FIELDS,
        columns=(Column("NODES", mapping.nodes), Column("DEVICES", mapping.count)),
    ),
    natural.Home("/cluster/mapping/pci", "id", needs={"": ("map",)}),
)
