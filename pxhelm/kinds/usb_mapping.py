"""A USB device by name: guests refer to the name, nodes say where they have it."""

from __future__ import annotations

from pxhelm.resource.field import Field
from pxhelm.resource.parts.mapping import Sort, mapping

USB_MAPPING = mapping(
    Sort(
        "USBMapping",
        "/cluster/mapping/usb",
        "usb",
        entry=(Field("node", "line"), Field("id", "line"), Field("path", "line"), Field("comment", "line")),
    )
)
