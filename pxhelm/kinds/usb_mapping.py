"""A USB device by name: guests refer to the name, nodes say where they have it."""

from __future__ import annotations

from pxhelm.resource.field import Field
from pxhelm.resource.parts.mapping import Sort, mapping

USB_MAPPING = mapping(
    Sort(
        "USBMapping",
        "/cluster/mapping/usb",
        "usb",
        entry=(
            Field("node", "line", help="node that has it"),
            Field("id", "line", help="vendor and product, such as 10c4:ea60"),
            Field("path", "line", help="port there, such as 1-2"),
            Field("comment", "line", help="a remark"),
        ),
    )
)
