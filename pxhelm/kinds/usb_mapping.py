"""A USB device by name: guests refer to the name, nodes say where they have it."""

from __future__ import annotations

from pxhelm.resource import natural
from pxhelm.resource.field import Field
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.parts import mapping

_PARTS: tuple[Field, ...] = (
    Field("node", "line"),
    Field("id", "line"),
    Field("path", "line"),
    Field("comment", "line"),
)
_FIELDS: tuple[Field, ...] = (
    *mapping.COMMON,
    Field("map", "records", "map", form="usb-map", parts=_PARTS, help="where the nodes have it, an entry each"),
)
USB_MAPPING = natural.natural(
    Kind(
        name="USBMapping",
        plural="usbmappings",
        short=("usb",),
        namespaced=False,
        guest=False,
        rank=16,
        fields=_FIELDS,
        columns=(Column("NODES", mapping.nodes), Column("DEVICES", mapping.count)),
    ),
    natural.Home("/cluster/mapping/usb", "id", needs={"": ("map",)}),
)
