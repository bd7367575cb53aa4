"""Cloud-init of a virtual machine: what the guest reads when it starts."""

from __future__ import annotations

from pxhelm.resource.effects import next_boot
from pxhelm.resource.field import Field

FIELDS: tuple[Field, ...] = (
    Field("dns.servers", "list", "nameserver", form="spaces", effect=next_boot),
    Field("dns.search", "line", "searchdomain", effect=next_boot),
    Field("cloudInit.type", "line", "citype", effect=next_boot, choices=("nocloud", "configdrive2", "opennebula")),
    Field("cloudInit.user", "line", "ciuser", effect=next_boot),
    Field("cloudInit.sshKeys", "set", "sshkeys", form="lines", effect=next_boot),
    Field("cloudInit.upgrade", "bool", "ciupgrade", effect=next_boot, default=True),
    Field("cloudInit.password", "secret", "cipassword", effect=next_boot, write_only=True),
    Field("cloudInit.drive.slot", "line", help="where a drive is made if the guest has none"),
    Field("cloudInit.drive.storage", "ref", refers=("Storage",)),
    Field("cloudInit.userData.snippet", "ref", "cicustom.user", form="line", effect=next_boot, refers=("Snippet",)),
    Field("cloudInit.vendorData.snippet", "ref", "cicustom.vendor", form="line", effect=next_boot, refers=("Snippet",)),
    Field(
        "cloudInit.networkData.snippet", "ref", "cicustom.network", form="line", effect=next_boot, refers=("Snippet",)
    ),
    Field("cloudInit.metaData.snippet", "ref", "cicustom.meta", form="line", effect=next_boot, refers=("Snippet",)),
)

CONTENT = ("ciuser", "cipassword", "sshkeys", "nameserver", "searchdomain", "cicustom", "citype")
"""Parameters that mean nothing without a cloud-init drive; so do all ``ipconfig``."""


def needs_drive(params: tuple[str, ...]) -> bool:
    """Whether any of the parameters is read by the guest from a cloud-init drive."""
    return any(param in CONTENT or param.startswith("ipconfig") for param in params)
